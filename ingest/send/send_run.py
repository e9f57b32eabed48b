"""One run of the sender: the bodies still to send, and the results of the others."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cbw.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

OK = 200
_MOST_FAILURES_KEPT = 100


@dataclass(frozen=True, slots=True)
class SendResult:
    """The result of one body.

    Args:
        number: Its place among the bodies, from 1.
        status: The last answer; None when there was none.
        attempts: The number of posts.
        reason: Of a failure; empty when the body was accepted.
    """

    number: int
    status: int | None
    attempts: int
    seconds: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SendSummary:
    """The results of all bodies.

    Args:
        statuses: The number of bodies by their last status; 0 stands for no answer.
        retried: The number of repeated posts.
        failed: The first hundred bodies that were not accepted, in order of their numbers.
        stopped: The reason for ending before the last body; empty when the run completed.
    """

    statuses: dict[int, int]
    retried: int
    failed: tuple[SendResult, ...]
    seconds: float
    stopped: str = ""

    @property
    def accepted(self) -> int:
        """The number of bodies answered with 200."""
        return self.statuses.get(OK, 0)

    @property
    def failures(self) -> int:
        """The number of the other bodies; ``failed`` has the first of them."""
        return sum(self.statuses.values()) - self.accepted


class SendRun:
    """The shared state of the workers of one ``Sender.send``.

    Args:
        bodies: Taken one by one, when a worker is free.
        rate: The most bodies a second; None for no limit.
        on_sent: Called with each result, never twice at the same time.

    Raises:
        ConfigurationError: ``rate`` is not positive.
    """

    def __init__(
        self, bodies: Iterable[bytes], rate: float | None, on_sent: Callable[[SendResult], None] | None
    ) -> None:
        if rate is not None and rate <= 0:
            raise ConfigurationError(f"cannot send {rate} bodies a second")
        self.stopping = threading.Event()
        self.has_answer = False
        self._bodies = enumerate(bodies, start=1)
        self._pause = 0.0 if rate is None else 1 / rate
        self._on_sent = on_sent
        self._started = self._next_turn = time.monotonic()
        self._taking, self._recording = threading.Lock(), threading.Lock()
        self._statuses: Counter[int] = Counter()
        self._retried = 0
        self._failed: list[SendResult] = []
        self._stopped = ""

    def next_body(self) -> tuple[int, bytes] | None:
        """Return the next body and its number once it is due; None when there is none or the run stops."""
        with self._taking:
            if self.stopping.is_set():
                return None
            turn = next(self._bodies, None)
            due = max(self._next_turn, time.monotonic())
            self._next_turn = due + self._pause
        if turn is None or self.stopping.wait(max(0.0, due - time.monotonic())):
            return None
        return turn

    def record(self, result: SendResult) -> None:
        """Count a result and show it to the caller."""
        with self._recording:
            self.has_answer = self.has_answer or result.status is not None
            self._statuses[result.status or 0] += 1
            self._retried += result.attempts - 1
            if result.reason and len(self._failed) < _MOST_FAILURES_KEPT:
                self._failed.append(result)
            if self._on_sent is not None:
                self._on_sent(result)

    def stop(self, reason: str) -> None:
        """Let every worker end after its current body."""
        with self._recording:
            self._stopped = self._stopped or reason
        self.stopping.set()

    def summary(self) -> SendSummary:
        """Return the results so far."""
        failed = tuple(sorted(self._failed, key=lambda result: result.number))
        seconds = time.monotonic() - self._started
        return SendSummary(
            dict(sorted(self._statuses.items())), self._retried, failed, seconds, self._stopped
        )
