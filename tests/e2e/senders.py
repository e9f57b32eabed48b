"""Senders of unique signed events without end, and the answer to each."""

from __future__ import annotations

import threading
import time
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Self

from ingest.receiver.endpoints import COMMAND_CENTER
from ingest.secrets.signature import SIGNATURE_HEADER, sign
from tests.e2e.conftest import PATIENCE, SECRET

if TYPE_CHECKING:
    from collections.abc import Callable

CLIENTS = 6


class Senders:
    """Client threads that each send unique signed events for as long as they are let.

    Args:
        port: The receiver's.
        name: Makes the bodies of these senders differ from those of others.
        clients: How many there are.
        on_acknowledged: Called with each body that got a 200, before anything else is done with it.
    """

    def __init__(
        self,
        port: int,
        name: str,
        *,
        clients: int = CLIENTS,
        on_acknowledged: Callable[[bytes], object] = len,
    ) -> None:
        self._port = port
        self._on_acknowledged = on_acknowledged
        self._stopping = threading.Event()
        self.sent: set[bytes] = set()
        self.acknowledged: set[bytes] = set()
        self.other_statuses: set[int] = set()
        self._threads = [
            threading.Thread(target=self._send, args=(f"{name}-{number}",)) for number in range(clients)
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
            if status == 200:
                self._on_acknowledged(body)
                self.acknowledged.add(body)
            else:
                self.other_statuses.add(status)
        connection.close()

    def _connection(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)

    @staticmethod
    def _post(connection: HTTPConnection, body: bytes) -> int:
        connection.request("POST", COMMAND_CENTER.path, body, {SIGNATURE_HEADER: sign(SECRET, body)})
        response = connection.getresponse()
        response.read()
        return response.status
