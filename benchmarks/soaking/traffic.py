"""Post deliveries at a steady rate, and count the receiver's answers."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.send.sender import Sender

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ingest.send.sender import SendResult

CONNECTIONS = 4
OK = 200


@dataclass
class Sent:
    """Counts of the deliveries sent so far, by the SHA-256 of their body.

    Attributes:
        acknowledged: The 200s for each body: the warehouse must hold at least so many of its deliveries.
        posted: The posts of each body, retries included: the warehouse may hold at most so many of its deliveries.
        refused: Posts without a 200, most of them sent again.
        failed: Bodies that the sender gave up on.
        slowest: The longest time from a body's first post to its 200, in seconds.
    """

    acknowledged: Counter[str] = field(default_factory=Counter)
    posted: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    failed: int = 0
    slowest: float = 0.0

    def add(self, digest: str, result: SendResult) -> None:
        """Count the result of one body."""
        is_accepted = result.status == OK
        self.acknowledged[digest] += is_accepted
        self.posted[digest] += result.attempts
        self.refused += result.attempts - is_accepted
        self.failed += not is_accepted
        self.slowest = max(self.slowest, result.seconds)

    @property
    def deliveries(self) -> int:
        """The number of posts answered with 200."""
        return self.acknowledged.total()


class Traffic:
    """A sender in a thread of its own.

    Args:
        url: The webhook's address.
        secret: The secret to sign with.
    """

    def __init__(self, url: str, secret: bytes) -> None:
        self.sent = Sent()
        self._sender = Sender(url, secret, CONNECTIONS)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def send(self, bodies: Iterable[bytes], rate: float | None = None) -> None:
        """Send bodies, and return once the receiver answered each or the sender gave up on it."""
        digests: list[str] = []
        self._sender.send(
            self._noted(bodies, digests),
            rate,
            lambda result: self.sent.add(digests[result.number - 1], result),
        )

    def start(self, bodies: Iterable[bytes], rate: float) -> None:
        """Send ``rate`` bodies per second until `stop`."""
        self._thread = threading.Thread(target=self.send, args=(bodies, rate), name="traffic")
        self._thread.start()

    def stop(self) -> None:
        """Send no more bodies, and wait for the answers to those sent."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _noted(self, bodies: Iterable[bytes], digests: list[str]) -> Iterator[bytes]:
        for body in bodies:
            if self._stopping.is_set():
                return
            digests.append(hashlib.sha256(body).hexdigest())
            yield body
