"""A receiver process when its storage fails, its log lines, its start and its stop."""

from __future__ import annotations

import json
import os
import resource
import signal
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.conftest import (
    PATIENCE,
    SECRET,
    Receiver,
    StartReceiver,
    free_port,
    is_running,
    wait_until,
)
from tests.e2e.wire import BODY, SIGNATURE, post

if TYPE_CHECKING:
    from pathlib import Path


class TestStorageFaults:
    def test_a_disk_that_takes_no_writes_is_503_and_heals_by_itself(
        self, start_receiver: StartReceiver
    ) -> None:
        receiver = start_receiver()
        [worker] = receiver.worker_pids()
        assert receiver.post(b"before").status == 200
        unlimited = resource.prlimit(worker, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
        answer = receiver.post(b"during")
        assert answer.status == 503
        assert int(answer.headers["retry-after"]) > 0
        ready = receiver.request("GET", "/readyz")
        assert (ready.status, json.loads(ready.body)["failing"]) == (503, ["writable"])
        resource.prlimit(worker, resource.RLIMIT_FSIZE, unlimited)
        wait_until(lambda: receiver.request("GET", "/readyz").status == 200)
        assert receiver.post(b"after").status == 200
        assert {b"before", b"after"} <= set(receiver.bodies())

    def test_a_locked_inbox_is_503_and_heals_by_itself(self, start_receiver: StartReceiver) -> None:
        receiver = start_receiver()
        assert receiver.post(b"before").status == 200
        connection = sqlite3.connect(receiver.data_dir / "inbox" / "inbox-00.sqlite", isolation_level=None)
        connection.execute("begin immediate")
        assert receiver.post(b"during").status == 503
        connection.execute("rollback")
        connection.close()
        wait_until(lambda: receiver.post(b"after").status == 200)

    def test_a_ready_receiver_says_so_and_names_each_cause(self, receiver: Receiver) -> None:
        ready = receiver.request("GET", "/readyz")
        report = json.loads(ready.body)
        assert (ready.status, report["ready"], report["failing"]) == (200, True, [])
        assert {"writable", "free_bytes", "queued_rows", "seconds_committing", "draining"} <= set(report)


class TestLogging:
    def test_no_body_signature_or_secret_reaches_the_log(self, start_receiver: StartReceiver) -> None:
        receiver = start_receiver(options={"log_level": "debug"})
        receiver.post(BODY)
        receiver.post(b"private words", signature="ab" * 32)
        receiver.stop()
        log = receiver.log()
        assert [line["code"] for line in receiver.log_lines("webhook.request")][-2:] == [200, 401]
        for private in (SECRET.decode(), SIGNATURE.decode(), "ABCD1234", "private words", "ab" * 32):
            assert private not in log

    def test_a_flood_of_refusals_is_logged_at_a_bounded_rate(self, receiver: Receiver) -> None:
        requests = post(signature=b"", close=False) * 499 + post(signature=b"")
        assert len(receiver.raw(requests)) == 500
        assert len(receiver.log_lines("webhook.request")) < 250


class TestStarting:
    def test_a_second_receiver_on_the_same_data_refuses_with_one_line(
        self, receiver: Receiver, launch: StartReceiver
    ) -> None:
        second = launch(data_dir=receiver.data_dir)
        assert second.process.wait(PATIENCE) == 2
        assert second.log().splitlines() == [
            (
                f"another receiver already works on {receiver.data_dir} "
                "(stop it, or give this one a CBW_DATA_DIR of its own)"
            )
        ]
        assert receiver.post(BODY).status == 200

    @pytest.mark.parametrize(
        ("settings", "line"),
        [
            pytest.param({"webhook_secret": None}, "CBW_WEBHOOK_SECRET is not set", id="no secret"),
            pytest.param({"webhook_secret": ""}, "CBW_WEBHOOK_SECRET: is 0 bytes long", id="empty secret"),
            pytest.param(
                {"webhook_secret": "short"}, "CBW_WEBHOOK_SECRET: is 5 bytes long", id="short secret"
            ),
            pytest.param(
                {"host": "192.0.2.1"}, "CBW_HOST, CBW_PORT: cannot listen on 192.0.2.1", id="not our address"
            ),
        ],
    )
    def test_a_wrong_setting_is_one_clear_line(
        self, launch: StartReceiver, settings: dict[str, Any], line: str
    ) -> None:
        refused = launch(**settings)
        assert refused.process.wait(PATIENCE) == 2
        [written] = refused.log().splitlines()
        assert written.startswith(line)

    def test_a_port_in_use_is_one_clear_line(
        self, receiver: Receiver, launch: StartReceiver, tmp_path: Path
    ) -> None:
        refused = launch(data_dir=tmp_path / "other", port=receiver.port)
        assert refused.process.wait(PATIENCE) == 2
        [written] = refused.log().splitlines()
        assert f"cannot listen on 127.0.0.1 port {receiver.port}: Address already in use" in written

    def test_a_data_directory_that_cannot_be_written_is_one_clear_line(
        self, launch: StartReceiver, tmp_path: Path
    ) -> None:
        (tmp_path / "a-file").touch()
        refused = launch(data_dir=tmp_path / "a-file" / "data")
        assert refused.process.wait(PATIENCE) == 2
        [written] = refused.log().splitlines()
        assert written.startswith(f"CBW_DATA_DIR: {tmp_path}/a-file/data cannot be written")

    def test_an_inbox_of_a_newer_release_is_one_clear_line(
        self, launch: StartReceiver, tmp_path: Path
    ) -> None:
        inbox = tmp_path / "data" / "inbox" / "inbox-00.sqlite"
        inbox.parent.mkdir(parents=True)
        with closing(sqlite3.connect(inbox)) as connection:
            connection.execute("pragma user_version = 99")
        refused = launch()
        assert refused.process.wait(PATIENCE) == 2
        [written] = refused.log().splitlines()
        assert written.startswith(f"{inbox}: the inbox has schema version 99, and this release knows")

    def test_a_public_address_without_tls_warns_unless_a_proxy_is_in_front(
        self, start_receiver: StartReceiver, tmp_path: Path
    ) -> None:
        exposed = start_receiver(host="0.0.0.0")  # noqa: S104 - the danger under test
        assert len(exposed.log_lines("receiver.exposed_without_tls")) == 1
        behind = start_receiver(
            host="0.0.0.0",  # noqa: S104
            data_dir=tmp_path / "behind",
            options={"behind_proxy": True},
        )
        assert behind.log_lines("receiver.exposed_without_tls") == []

    def test_each_worker_owns_an_inbox_of_its_own(self, start_receiver: StartReceiver) -> None:
        receiver = start_receiver(workers=2, port=free_port())
        inboxes = receiver.data_dir / "inbox"
        wait_until(lambda: len(list(inboxes.glob("*.sqlite"))) == 2)
        assert sorted(path.name for path in inboxes.glob("*.sqlite")) == [
            "inbox-00.sqlite",
            "inbox-01.sqlite",
        ]


class TestStopping:
    def test_sigterm_exits_0_and_leaves_no_process(self, start_receiver: StartReceiver) -> None:
        receiver = start_receiver(workers=2)
        workers = receiver.worker_pids()
        idle = receiver.connect()
        assert receiver.stop() == 0
        idle.close()
        assert not any(is_running(pid) for pid in workers)

    def test_workers_do_not_outlive_a_killed_main_process(self, start_receiver: StartReceiver) -> None:
        receiver = start_receiver(workers=2)
        wait_until(lambda: len(receiver.worker_pids()) == 2)  # one is enough to be ready
        workers = receiver.worker_pids()
        receiver.process.kill()
        wait_until(lambda: not any(is_running(pid) for pid in workers))

    def test_a_dead_worker_is_replaced_and_its_inbox_goes_on(self, start_receiver: StartReceiver) -> None:
        receiver = start_receiver()
        assert receiver.post(b"before").status == 200
        [worker] = receiver.worker_pids()
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: receiver.worker_pids() not in ([], [worker]))
        wait_until(receiver.is_serving)
        assert receiver.post(b"after").status == 200
        assert receiver.bodies() == [b"before", b"after"]
