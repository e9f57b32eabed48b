"""The night that is owed, by the published record: since when, whichever clock its nights ran by."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from cbw.night_clock import NightClock
from transforms.reading.nights import Nights

CLOCK = NightClock(time(2), ZoneInfo("America/Los_Angeles"))
NOW = datetime(2026, 7, 10, 20, tzinfo=UTC)
TODAY, DAY = date(2026, 7, 10), timedelta(days=1)
RECEIVED = datetime(2026, 7, 1, 12, tzinfo=UTC)


def ran(*nights: date) -> Nights:
    return Nights(tuple((night, CLOCK.due_at(night)) for night in sorted(nights, reverse=True)), RECEIVED)


@pytest.mark.parametrize(
    ("nights", "hours"),
    [
        (ran(TODAY), 0),
        (ran(TODAY - DAY), 11),  # it begins at 9:00 UTC
        (ran(TODAY - 3 * DAY), 2 * 24 + 11),
        (ran(TODAY + 400 * DAY, TODAY - DAY), 11),
        (ran(TODAY + 400 * DAY), 8 * 24 + 11),
        (Nights(((TODAY, NOW + DAY), (TODAY - DAY, NOW - DAY)), RECEIVED), 11),
        (Nights((), RECEIVED), 8 * 24 + 11),
        (Nights((), NOW), 0),
        (Nights((), NOW + 400 * DAY), 0),
        (Nights(), 0),
    ],
    ids=[
        "the latest ran", "last night", "three nights ago", "one of the future", "none but one of the future",
        "stamped ahead", "none yet", "none due yet", "received ahead", "nothing received",
    ],
)  # fmt: skip
def test_a_night_is_owed_since_the_first_began_that_did_not_run(nights: Nights, hours: int) -> None:
    assert nights.owed_seconds(CLOCK, NOW) == hours * 3600
