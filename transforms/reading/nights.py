"""The night that is owed, by the published record of nights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from cbw.night_clock import EARLIEST, TOLERANCE

if TYPE_CHECKING:
    from datetime import date, datetime

    from cbw.night_clock import NightClock
    from transforms.warehouse import Warehouse

_OVER = "select night_date, started_at from nightly_runs where status in ('done', 'failed') order by night_date desc"
_FIRST = f"select min(received_at) from events where received_at >= timestamptz '{EARLIEST.isoformat()}'"


@dataclass(frozen=True, slots=True)
class Nights:
    """The nights that ran, by a published version.

    Attributes:
        over: The date of each night that ended, well or not, and the start of its run; the latest first.
        first_received_at: The first delivery by a clock that was set; None before it.
    """

    over: tuple[tuple[date, datetime], ...] = ()
    first_received_at: datetime | None = None

    @classmethod
    def read(cls, warehouse: Warehouse) -> Self:
        """Read the published record."""
        over = ((night, started_at) for night, started_at in warehouse.rows(_OVER))
        return cls(tuple(over), warehouse.rows(_FIRST)[0][0])

    def owed_seconds(self, clock: NightClock, now: datetime) -> float:
        """Return how long ago the first night began that did not run; 0 when the latest has run.

        A night in the future of our clock, or with a stamp in it, ran by a clock that was ahead, and does not count.
        """
        latest = clock.latest(now)
        for night, started_at in self.over:
            if night <= latest and started_at <= now + TOLERANCE:
                since = clock.next_after(clock.due_at(night))
                break
        else:
            if self.first_received_at is None:
                return 0.0
            since = clock.next_after(self.first_received_at)
        return max(0.0, (now - since).total_seconds())
