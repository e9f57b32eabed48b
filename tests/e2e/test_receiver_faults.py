"""A running receiver answers faults of disk, clock and operator with a 503 and its cause, and recovers by itself."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from ingest.receiver.readiness import MIN_FREE_BYTES
from tests.e2e.conftest import PATIENCE, Answer, Receiver, StartReceiver, is_running, wait_until
from tests.e2e.senders import Senders

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.faults.shim import Shim

MEGABYTE = 1024 * 1024


def readiness(receiver: Receiver) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(receiver.request("GET", "/readyz").body)
    return report


def is_ready(receiver: Receiver) -> bool:
    return receiver.request("GET", "/readyz").status == 200


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        pytest.param({"sync_errno": errno.EIO}, "EIO", id="sync fails"),
        pytest.param({"write_errno": errno.EIO}, "EIO", id="write fails"),
        pytest.param({"write_errno": errno.ENOSPC}, "ENOSPC", id="full"),
        pytest.param({"write_errno": errno.EDQUOT}, "EDQUOT", id="over quota"),
        pytest.param({"write_errno": errno.EROFS}, "EROFS", id="read-only"),
    ],
)
def test_a_disk_that_fails_is_503_with_its_cause_and_then_200_again(
    start_receiver: StartReceiver, shim: Shim, fault: dict[str, int], cause: str
) -> None:
    receiver = start_receiver(variables=shim.variables)
    with Senders(receiver.port, "sender", clients=3) as senders:
        wait_until(lambda: len(senders.acknowledged) >= 10)
        shim.set(**fault)
        wait_until(lambda: 503 in senders.other_statuses)
        wait_until(lambda: not is_ready(receiver))
        report = readiness(receiver)
        refused = receiver.post(b"while it fails")
        shim.set()
        wait_until(lambda: is_ready(receiver))
        before = len(senders.acknowledged)
        wait_until(lambda: len(senders.acknowledged) >= before + 10)
    assert report["failing"] == ["writable"]
    assert report["writable"]["value"].endswith(f"({cause})")
    assert (refused.status, refused.headers["retry-after"]) == (503, "5")
    assert senders.other_statuses == {503}
    assert senders.acknowledged <= set(receiver.bodies())
    [line] = receiver.log_lines("inbox.commit_failed")
    assert str(line["failure"]).endswith(f"({cause})")


@contextmanager
def small_disk(where: Path, size: int) -> Iterator[None]:
    """Mount a disk of that size; only root may, so others skip."""
    where.mkdir(parents=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(where)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"needs root, to mount a small disk: {mounted.stderr.decode().strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(where)], check=True)


def fill(path: Path) -> None:
    """Write until there is no room."""
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError as exc:
            assert exc.errno == errno.ENOSPC  # noqa: PT017 - the only way out of the loop


def test_a_full_disk_is_503_with_its_cause_and_room_makes_it_200_again(
    start_receiver: StartReceiver, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "data", MIN_FREE_BYTES + 4 * MEGABYTE):
        receiver = start_receiver()
        filler = receiver.data_dir / "filler"
        with Senders(receiver.port, "sender", clients=3) as senders:
            wait_until(lambda: len(senders.acknowledged) >= 10)
            fill(filler)
            wait_until(lambda: 503 in senders.other_statuses)
            wait_until(lambda: not readiness(receiver)["writable"]["ok"])
            report = readiness(receiver)
            filler.unlink()
            wait_until(lambda: is_ready(receiver))
            before = len(senders.acknowledged)
            wait_until(lambda: len(senders.acknowledged) >= before + 10)
        assert report["failing"] == ["writable", "free_bytes"]
        assert report["writable"]["value"].endswith("(ENOSPC)")
        assert senders.other_statuses == {503}
        assert senders.acknowledged <= set(receiver.bodies())
        receiver.kill()


def test_a_read_only_inbox_directory_is_one_clear_line(launch: StartReceiver, tmp_path: Path) -> None:
    inbox_dir = tmp_path / "data" / "inbox"
    with small_disk(inbox_dir, MEGABYTE):
        subprocess.run(["mount", "-o", "remount,ro", str(inbox_dir)], check=True)
        refused = launch()
        assert refused.process.wait(PATIENCE) == 2
    assert refused.log().splitlines() == [
        f"CBW_DATA_DIR: {inbox_dir} cannot be written: Read-only file system (make it writable for this user)"
    ]


def test_a_damaged_inbox_is_replaced_and_named_by_the_readiness_page_and_the_log(
    start_receiver: StartReceiver, tmp_path: Path
) -> None:
    receiver = start_receiver()
    assert receiver.post(b"before").status == 200
    assert receiver.stop() == 0
    inbox = receiver.data_dir / "inbox" / "inbox-00.sqlite"
    inbox.write_bytes(b"\x00" * 8192)
    again = start_receiver(data_dir=tmp_path / "data")
    assert again.post(b"after").status == 200
    report = readiness(again)
    [aside] = report["set_aside"]
    assert report["ready"]
    assert (inbox.parent / aside).read_bytes() == b"\x00" * 8192
    [line] = again.log_lines("inbox.set_aside")
    assert (line["inbox"], line["renamed_to"], line["damage"]) == (inbox.name, aside, "SQLITE_NOTADB")
    assert again.bodies() == [b"after"]


def test_a_stop_answers_every_accepted_request(start_receiver: StartReceiver, shim: Shim) -> None:
    """The disk is slow, so that many events wait for their commit as the signal comes."""
    receiver = start_receiver(variables=shim.variables)
    assert receiver.post(b"the first opens the inbox").status == 200
    bodies = [b"%d" % number for number in range(20)]
    answers: dict[bytes, Answer] = {}
    shim.set(sync_delay=0.3)

    def send(body: bytes) -> None:
        answers[body] = receiver.post(body)

    threads = [threading.Thread(target=send, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    wait_until(lambda: readiness(receiver)["queued_rows"]["value"] + len(answers) == len(bodies))
    assert receiver.stop() == 0
    for thread in threads:
        thread.join()
    assert {answer.status for answer in answers.values()} == {200}
    assert receiver.bodies()[0] == b"the first opens the inbox"
    assert set(receiver.bodies()[1:]) == set(bodies)


def test_a_worker_that_hangs_is_replaced(start_receiver: StartReceiver) -> None:
    receiver = start_receiver()
    assert receiver.post(b"before").status == 200
    [worker] = receiver.worker_pids()
    os.kill(worker, signal.SIGSTOP)
    wait_until(lambda: not is_running(worker))
    wait_until(receiver.is_serving)
    assert receiver.post(b"after").status == 200
    assert receiver.bodies() == [b"before", b"after"]
    [line] = receiver.log_lines("receiver.worker_hung")
    assert line["pid"] == worker


def test_a_stopped_worker_leaves_the_others_serving_and_loses_nothing(start_receiver: StartReceiver) -> None:
    receiver = start_receiver(workers=2)
    wait_until(lambda: len(receiver.worker_pids()) == 2)
    victim = receiver.worker_pids()[0]
    with Senders(receiver.port, "sender", clients=16) as senders:
        wait_until(lambda: len(senders.acknowledged) >= 50)
        os.kill(victim, signal.SIGSTOP)
        before = len(senders.acknowledged)
        wait_until(lambda: len(senders.acknowledged) >= before + 50)
        os.kill(victim, signal.SIGCONT)
        wait_until(lambda: len(senders.acknowledged) >= before + 200)
    assert senders.other_statuses <= {503}
    assert senders.acknowledged <= set(receiver.bodies())
