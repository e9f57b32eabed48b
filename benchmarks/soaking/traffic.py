"""Deliveries that arrive steadily, and what the receiver said to each."""

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
    """What was sent so far, by the SHA-256 of its body.

    Attributes:
        acknowledged: How often each body was answered 200: so often it must be held.
        posted: How often each body was posted, tries again included: more often it must not be held.
        refused: Posts that were not answered 200, most of them sent again.
        failed: Bodies that were given up.
        slowest: The longest time from a body's first post to its 200, in seconds.
    """

    acknowledged: Counter[str] = field(default_factory=Counter)
    posted: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    failed: int = 0
    slowest: float = 0.0

    def add(self, digest: str, result: SendResult) -> None:
        """Count what became of one body."""
        is_accepted = result.status == OK
        self.acknowledged[digest] += is_accepted
        self.posted[digest] += result.attempts
        self.refused += result.attempts - is_accepted
        self.failed += not is_accepted
        self.slowest = max(self.slowest, result.seconds)

    @property
    def deliveries(self) -> int:
        """How many posts were answered 200."""
        return self.acknowledged.total()


class Traffic:
    """A sender in a thread of its own.

    Args:
        url: Where to post.
        secret: What to sign with.
    """

    def __init__(self, url: str, secret: bytes) -> None:
        self.sent = Sent()
        self._sender = Sender(url, secret, CONNECTIONS)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def send(self, bodies: Iterable[bytes], rate: float | None = None) -> None:
        """Send bodies, and return when each was answered or given up."""
        digests: list[str] = []
        self._sender.send(
            self._noted(bodies, digests),
            rate,
            lambda result: self.sent.add(digests[result.number - 1], result),
        )

    def start(self, bodies: Iterable[bytes], rate: float) -> None:
        """Send so many bodies a second until `stop`."""
        self._thread = threading.Thread(target=self.send, args=(bodies, rate), name="traffic")
        self._thread.start()

    def stop(self) -> None:
        """Send no more, and wait for the answers that are due."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _noted(self, bodies: Iterable[bytes], digests: list[str]) -> Iterator[bytes]:
        for body in bodies:
            if self._stopping.is_set():
                return
            digests.append(hashlib.sha256(body).hexdigest())
            yield body
