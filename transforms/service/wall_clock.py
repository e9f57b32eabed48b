"""Detection of a wall clock that was set back: timers that wait for a time of day would wait for it a second time."""

from __future__ import annotations

import time

# A smaller step back is the usual correction by a time service.
TOLERANCE_SECONDS = 1.0


class WallClock:
    """The wall clock, compared with the monotonic one."""

    def __init__(self) -> None:
        self._ahead = time.time() - time.monotonic()

    def was_set_back(self) -> bool:
        """Tell whether it was set back since the last call."""
        before, self._ahead = self._ahead, time.time() - time.monotonic()
        return self._ahead < before - TOLERANCE_SECONDS
