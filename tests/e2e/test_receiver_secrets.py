"""Secrets come and go while the receiver serves, and no request is lost over it."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING, Self

from ingest.secrets.signature import sign
from tests.e2e.conftest import Receiver, StartReceiver, wait_until
from tests.processes import running

if TYPE_CHECKING:
    from pathlib import Path

OLD, NEW = b"the-secret-until-now", b"the-secret-from-now-on"


def rotate(path: Path, *lines: bytes) -> None:
    """Replace the file as careful programs do."""
    path.with_name("new").write_bytes(b"\n".join(lines))
    path.with_name("new").rename(path)


def statuses(receiver: Receiver, secret: bytes, count: int = 30) -> set[int]:
    return {
        receiver.post(b"%d" % number, signature=sign(secret, b"%d" % number)).status
        for number in range(count)
    }


class Stream:
    """A sender that uses one secret until `stop`."""

    def __init__(self, receiver: Receiver, secret: bytes) -> None:
        self.statuses: list[int] = []
        self._receiver, self._secret = receiver, secret
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._send)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _send(self) -> None:
        while not self._stop.is_set():
            body = b"event %d" % len(self.statuses)
            self.statuses.append(self._receiver.post(body, signature=sign(self._secret, body)).status)


def test_a_rotation_reaches_every_worker_without_a_request_lost(
    start_receiver: StartReceiver, tmp_path: Path
) -> None:
    path = tmp_path / "secrets"
    rotate(path, b"old " + OLD)
    receiver = start_receiver(webhook_secret=None, webhook_secrets_file=path, workers=2)
    workers = receiver.worker_pids()
    wait_until(lambda: len(receiver.log_lines("receiver.secrets_loaded")) == 2)
    assert statuses(receiver, NEW) == {401}
    with Stream(receiver, OLD) as stream:
        rotate(path, b"old " + OLD, b"new " + NEW)
        wait_until(lambda: len(receiver.log_lines("receiver.secrets_loaded")) == 4)
        assert statuses(receiver, NEW) == {200}
    assert set(stream.statuses) == {200}
    rotate(path, b"new " + NEW)
    wait_until(lambda: len(receiver.log_lines("receiver.secrets_loaded")) == 6)
    assert (statuses(receiver, OLD), statuses(receiver, NEW)) == ({401}, {200})
    assert receiver.worker_pids() == workers
    assert {delivery.secret_id for delivery in receiver.deliveries()} == {"old", "new"}
    assert all(secret.decode() not in receiver.log() for secret in (OLD, NEW))


def test_a_wrong_file_is_refused_and_the_old_secrets_stay(
    start_receiver: StartReceiver, tmp_path: Path
) -> None:
    path = tmp_path / "secrets"
    rotate(path, b"old " + OLD)
    receiver = start_receiver(webhook_secret=None, webhook_secrets_file=path)
    rotate(path, b"new short")
    wait_until(lambda: bool(receiver.log_lines("receiver.secrets_refused")))
    [line] = receiver.log_lines("receiver.secrets_refused")
    assert (line["kept"], "line 1 has a secret of 5 bytes" in str(line["error"])) == (["old"], True)
    assert statuses(receiver, OLD, 3) == {200}
    [worker] = receiver.worker_pids()
    os.kill(worker, signal.SIGKILL)  # its successor starts with the receiver's first secrets
    wait_until(lambda: receiver.worker_pids() not in ([], [worker]))
    wait_until(receiver.is_serving)
    assert statuses(receiver, OLD, 3) == {200}


def test_a_hangup_reloads_the_single_secret_of_a_supervised_receiver(tmp_path: Path) -> None:
    """SIGHUP goes to `cbw serve`, which sends it on; a second file of secrets is not needed for it."""
    path = tmp_path / "secret"
    path.write_bytes(OLD)
    with running("serve", tmp_path / "data", webhook_secret=None, webhook_secret_file=path) as service:
        halves = service.worker_pids()
        status = path.stat()
        path.write_bytes(NEW[: len(OLD)])
        os.utime(
            path, ns=(status.st_atime_ns, status.st_mtime_ns)
        )  # a change that cannot be seen from outside
        service.process.send_signal(signal.SIGHUP)
        wait_until(lambda: statuses(service, NEW[: len(OLD)], 1) == {200})
        assert statuses(service, OLD, 1) == {401}
        assert service.worker_pids() == halves


def test_a_prefixed_signature_is_accepted_where_the_operator_allows_it(start_receiver: StartReceiver) -> None:
    receiver = start_receiver(webhook_secret=OLD.decode(), allow_signature_prefix="true")
    assert receiver.post(b"body", signature=f"sha256={sign(OLD, b'body')}").status == 200
    assert receiver.post(b"body", signature=sign(OLD, b"body")).status == 200
    assert receiver.post(b"body", signature=f"sha256={sign(NEW, b'body')}").status == 401
