"""The start of nights: each date of the report zone has exactly one, even where its clock jumps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from cbw.settings import Settings

# A clock that shows an earlier time was never set: this program did not exist.
EARLIEST = datetime(2025, 1, 1, tzinfo=UTC)
# Time services step a clock back by less.
TOLERANCE = timedelta(minutes=1)


def latest_stamp() -> datetime:
    """Return the latest instant that our clock can have shown so far; a later stamp is of a clock that was ahead."""
    return datetime.now(tz=UTC) + TOLERANCE


@dataclass(frozen=True, slots=True)
class NightClock:
    """The clock by which nights begin.

    Attributes:
        at: The time of day in the zone.
        zone: The report zone.
    """

    at: time
    zone: ZoneInfo

    @classmethod
    def from_settings(cls, settings: Settings) -> NightClock:
        """Return the clock of CBW_NIGHTLY_AT in CBW_TIMEZONE."""
        return cls(time.fromisoformat(settings.nightly_at), ZoneInfo(settings.timezone))

    def due_at(self, night: date) -> datetime:
        """Return the instant at which a date's night begins.

        Of two instants that the clock shows twice, it is the earlier; a time that the clock skips begins when the clock
        would have shown it without the jump, which is never before the jump.
        """
        return datetime.combine(night, self.at, self.zone).astimezone(UTC)

    def latest(self, now: datetime) -> date:
        """Return the last night that has begun by ``now``."""
        today = now.astimezone(self.zone).date()
        return today if self.due_at(today) <= now else today - timedelta(days=1)

    def next_after(self, now: datetime) -> datetime:
        """Return the instant at which the next night begins."""
        return self.due_at(self.latest(now) + timedelta(days=1))
