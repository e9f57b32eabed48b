"""Deadlines of equal length with one shared timer: a timer for each request would cost more than reading it."""

from __future__ import annotations

import asyncio
import time
from itertools import takewhile
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

# A wait may end late by one of this many parts of its deadline.
POLLS_PER_DEADLINE = 20

T = TypeVar("T")


class Deadlines(Generic[T]):
    """The waits of one event loop, each of the same length at most.

    Args:
        seconds: The length; a wait may end up to a twentieth later.
        end: Called with an item whose deadline has passed.
    """

    def __init__(self, seconds: float, end: Callable[[T], object]) -> None:
        self.seconds = seconds
        self._end = end
        self._due: dict[T, float] = {}  # in order of time, since all wait equally long
        self._is_polling = False

    def begin(self, item: T) -> None:
        """Start an item's deadline."""
        self._due[item] = time.monotonic() + self.seconds
        if not self._is_polling:
            self._poll_later(asyncio.get_running_loop())

    def finish(self, item: T) -> bool:
        """Cancel an item's deadline, and return whether it was still running."""
        return self._due.pop(item, None) is not None

    def _poll_later(self, loop: asyncio.AbstractEventLoop) -> None:
        self._is_polling = True
        loop.call_later(self.seconds / POLLS_PER_DEADLINE, self._poll, loop)

    def _poll(self, loop: asyncio.AbstractEventLoop) -> None:
        self._is_polling = False
        now = time.monotonic()
        for item, _ in list(takewhile(lambda entry: entry[1] <= now, self._due.items())):
            del self._due[item]
            self._end(item)
        if self._due:
            self._poll_later(loop)
