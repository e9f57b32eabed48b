"""What was answered 200 is in an inbox, whatever was killed and when.

``CBW_KILL_ROUNDS`` sets how often; a few in every run, hundreds in the full form.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Self

import pytest

from ingest.app import WEBHOOK_PATH
from ingest.signature import SIGNATURE_HEADER, sign
from tests.e2e.conftest import PATIENCE, SECRET, Receiver, StartReceiver, is_running, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROUNDS = int(os.environ.get("CBW_KILL_ROUNDS", "3"))
CLIENTS = 6


class Senders:
    """Client threads that each send unique signed events for as long as they are let."""

    def __init__(self, receiver: Receiver, name: str) -> None:
        self._receiver = receiver
        self._stopping = threading.Event()
        self.sent: set[bytes] = set()
        self.acknowledged: set[bytes] = set()
        self.other_statuses: set[int] = set()
        self._threads = [
            threading.Thread(target=self._send, args=(f"{name}-{number}",)) for number in range(CLIENTS)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(PATIENCE)

    def _send(self, name: str) -> None:
        number = 0
        connection = self._connection()
        while not self._stopping.is_set():
            number += 1
            body = f"{name}-{number}-".encode() + b"\x00\xff" * (number % 4000)
            self.sent.add(body)
            try:
                status = self._post(connection, body)
            except (OSError, HTTPException):
                connection.close()
                connection = self._connection()
                time.sleep(0.01)
                continue
            (self.acknowledged.add(body) if status == 200 else self.other_statuses.add(status))
        connection.close()

    def _connection(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self._receiver.port, timeout=PATIENCE)

    @staticmethod
    def _post(connection: HTTPConnection, body: bytes) -> int:
        connection.request("POST", WEBHOOK_PATH, body, {SIGNATURE_HEADER: sign(SECRET, body)})
        response = connection.getresponse()
        response.read()
        return response.status


def kill_a_worker(receiver: Receiver) -> None:
    victim = random.choice(receiver.worker_pids())  # noqa: S311 - no secret depends on it
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: not is_running(victim))


def kill_the_main_process(receiver: Receiver) -> None:
    receiver.kill()


def stop_it(receiver: Receiver) -> None:
    started = time.monotonic()
    assert receiver.stop() == 0
    assert time.monotonic() - started < 10  # the promise is 5 s; this machine may be busy


@pytest.mark.timeout(60 + 20 * ROUNDS)
@pytest.mark.parametrize("end", [kill_a_worker, kill_the_main_process, stop_it])
def test_every_acknowledged_event_is_in_an_inbox_with_its_exact_bytes(
    start_receiver: StartReceiver, tmp_path: Path, end: Callable[[Receiver], None]
) -> None:
    sent: set[bytes] = set()
    acknowledged: set[bytes] = set()
    for number in range(ROUNDS):
        receiver = start_receiver(workers=2, data_dir=tmp_path / "data")
        with Senders(receiver, f"round-{number}") as senders:
            wait_until(lambda senders=senders: len(senders.acknowledged) >= 20)  # type: ignore[misc]
            time.sleep(random.uniform(0, 0.3))  # noqa: S311
            end(receiver)
            time.sleep(0.1)
        receiver.kill()
        sent |= senders.sent
        acknowledged |= senders.acknowledged
        assert senders.other_statuses <= {503}
    stored = receiver.bodies()
    assert len(acknowledged) >= 20 * ROUNDS
    assert acknowledged <= set(stored)
    assert set(stored) <= sent
    assert len(stored) == len(set(stored))
