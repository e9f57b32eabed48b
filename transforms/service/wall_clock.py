"""Notices that the wall clock was set back: timers that wait for a time of day would wait for it a second time."""

from __future__ import annotations

import time

# Less is the slow correction of a clock that runs well.
TOLERANCE_SECONDS = 1.0


class WallClock:
    """The wall clock, watched by one that nobody sets."""

    def __init__(self) -> None:
        self._ahead = time.time() - time.monotonic()

    def was_set_back(self) -> bool:
        """Tell whether it was set back since the last time this was asked."""
        before, self._ahead = self._ahead, time.time() - time.monotonic()
        return self._ahead < before - TOLERANCE_SECONDS
