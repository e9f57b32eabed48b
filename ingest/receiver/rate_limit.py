"""A rate limit of log lines and ledger rows, per kind."""

from __future__ import annotations

import time


class RateLimit:
    """Admits a number of lines of each kind per second, so that a flood of one kind cannot fill a disk.

    Args:
        per_second: The most lines of one kind.
    """

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._windows: dict[str, tuple[int, int, int]] = {}

    def admit(self, kind: str) -> int | None:
        """Return None for a line over the rate; otherwise the number of lines of its kind suppressed before it."""
        second = int(time.monotonic())
        window, admitted, suppressed = self._windows.get(kind, (second, 0, 0))
        if window != second:
            window, admitted = second, 0
        if admitted >= self._per_second:
            self._windows[kind] = (window, admitted, suppressed + 1)
            return None
        self._windows[kind] = (window, admitted + 1, 0)
        return suppressed
