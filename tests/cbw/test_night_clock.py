"""Every date of the report zone has exactly one night, also those on which its clock jumps."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from cbw.night_clock import NightClock

TICK = timedelta(minutes=10)
# zone: the date on which an hour (half an hour on Lord Howe) does not exist, and the date on which it is twice
ZONES = {
    "America/Los_Angeles": (date(2026, 3, 8), date(2026, 11, 1)),
    "Europe/Berlin": (date(2026, 3, 29), date(2026, 10, 25)),
    "Australia/Lord_Howe": (date(2026, 10, 4), date(2026, 4, 5)),
    "America/Santiago": (date(2026, 9, 6), date(2026, 4, 5)),
    "Asia/Kolkata": (date(2026, 3, 8), date(2026, 11, 1)),
}
TIMES = ["00:00", "00:30", "01:30", "02:00", "02:30", "23:30"]


def clock(zone: str, at: str = "02:00") -> NightClock:
    return NightClock(time.fromisoformat(at), ZoneInfo(zone))


def nights_run(clock: NightClock, start: datetime, end: datetime) -> list[date]:
    """Return the nights that a pipeline runs which looks at its clock at every step."""
    last, ran, now = clock.latest(start), [], start
    while now <= end:
        if (night := clock.latest(now)) > last:
            ran.append(night)
            last = night
        now += TICK
    return ran


@pytest.mark.parametrize(
    ("zone", "at", "night", "due"),
    [
        ("America/Los_Angeles", "02:00", "2026-03-07", "2026-03-07T10:00Z"),
        ("America/Los_Angeles", "02:00", "2026-03-08", "2026-03-08T10:00Z"),  # shown as 03:00
        ("America/Los_Angeles", "02:30", "2026-03-08", "2026-03-08T10:30Z"),  # shown as 03:30
        ("America/Los_Angeles", "02:00", "2026-03-09", "2026-03-09T09:00Z"),
        ("America/Los_Angeles", "01:00", "2026-11-01", "2026-11-01T08:00Z"),  # the first of two
        ("America/Los_Angeles", "02:00", "2026-11-01", "2026-11-01T10:00Z"),
        ("Europe/Berlin", "02:00", "2026-03-29", "2026-03-29T01:00Z"),  # shown as 03:00
        ("Europe/Berlin", "02:00", "2026-10-25", "2026-10-25T00:00Z"),  # the first of two
        ("Europe/Berlin", "02:00", "2026-10-26", "2026-10-26T01:00Z"),
        ("Australia/Lord_Howe", "02:00", "2026-10-04", "2026-10-03T15:30Z"),  # shown as 02:30
        ("America/Santiago", "00:00", "2026-09-06", "2026-09-06T04:00Z"),  # the date begins at 01:00
    ],
)
def test_a_night_begins_at_one_instant(zone: str, at: str, night: str, due: str) -> None:
    assert clock(zone, at).due_at(date.fromisoformat(night)) == datetime.fromisoformat(due)


@pytest.mark.parametrize("at", TIMES)
@pytest.mark.parametrize("zone", ZONES)
def test_each_date_runs_once_and_in_order_over_both_jumps(zone: str, at: str) -> None:
    nightly = clock(zone, at)
    for jump in ZONES[zone]:
        start = datetime(jump.year, jump.month, jump.day, tzinfo=UTC) - timedelta(days=3)
        end = start + timedelta(days=6)
        around = [jump + timedelta(days=day) for day in range(-5, 6)]
        begun = [night for night in around if start < nightly.due_at(night) <= end]
        assert jump in begun
        assert nights_run(nightly, start, end) == begun


@pytest.mark.parametrize("zone", ZONES)
def test_a_night_is_the_latest_from_the_instant_it_begins(zone: str) -> None:
    nightly = clock(zone)
    for day in range(2 * 366):  # 29 February 2028 is among them
        night = date(2027, 1, 1) + timedelta(days=day)
        due = nightly.due_at(night)
        assert nightly.latest(due) == night
        assert nightly.latest(due - timedelta(microseconds=1)) == night - timedelta(days=1)
        assert nightly.next_after(due) == nightly.due_at(night + timedelta(days=1))


def test_a_date_that_a_zone_left_out_begins_with_the_one_after_it() -> None:
    """Samoa had no 30 December 2011: its night is missed, and caught up with that of the 31st."""
    apia = clock("Pacific/Apia")
    assert apia.due_at(date(2011, 12, 30)) == apia.due_at(date(2011, 12, 31))
    assert apia.latest(apia.due_at(date(2011, 12, 30))) == date(2011, 12, 31)
