"""Ends what takes too long, with one timer for all of a kind: one for each request costs more than what it guards."""

from __future__ import annotations

import asyncio
import time
from itertools import takewhile
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

# It may end this part of the deadline late.
LOOKS_PER_DEADLINE = 20

T = TypeVar("T")


class Deadlines(Generic[T]):
    """What one event loop waits for, each for the same time at most.

    Args:
        seconds: After which a wait is ended, or up to a twentieth later.
        end: Called with what was waited for in vain.
    """

    def __init__(self, seconds: float, end: Callable[[T], object]) -> None:
        self.seconds = seconds
        self._end = end
        self._due: dict[T, float] = {}  # in order of time, since all wait equally long
        self._is_looking = False

    def begin(self, item: T) -> None:
        """Begin to wait for it."""
        self._due[item] = time.monotonic() + self.seconds
        if not self._is_looking:
            self._look_later(asyncio.get_running_loop())

    def finish(self, item: T) -> bool:
        """Wait no longer for it, and tell whether it was in time."""
        return self._due.pop(item, None) is not None

    def _look_later(self, loop: asyncio.AbstractEventLoop) -> None:
        self._is_looking = True
        loop.call_later(self.seconds / LOOKS_PER_DEADLINE, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._is_looking = False
        now = time.monotonic()
        for item, _ in list(takewhile(lambda entry: entry[1] <= now, self._due.items())):
            del self._due[item]
            self._end(item)
        if self._due:
            self._look_later(loop)
