"""A day is a Pacific day, and a time without an offset is Pacific."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from tests.oracle.builders import pick, sale

if TYPE_CHECKING:
    from tests.sql.golden import Build


DAYS = {
    "2026-03-01T07:59:59Z": date(2026, 2, 28),
    "2026-03-01T08:00:00Z": date(2026, 3, 1),
    "2026-06-01T06:59:59.999999Z": date(2026, 5, 31),
    "2026-06-01T07:00:00Z": date(2026, 6, 1),
    "2026-03-08T07:59:59Z": date(2026, 3, 7),
    "2026-03-08T08:00:00Z": date(2026, 3, 8),
    "2026-03-08T02:30:00": date(2026, 3, 8),
    "2026-03-09T06:59:59Z": date(2026, 3, 8),
    "2025-11-02T06:59:59Z": date(2025, 11, 1),
    "2025-11-02T07:00:00Z": date(2025, 11, 2),
    "2025-11-03T07:59:59Z": date(2025, 11, 2),
    "2025-12-31T23:59:59-0800": date(2025, 12, 31),
    "20260101T000000-0800": date(2026, 1, 1),
    "2026-01-01T07:59:59Z": date(2025, 12, 31),
    "2026-01-01": date(2026, 1, 1),
}


def test_a_day_is_a_pacific_day_all_year(build: Build) -> None:
    """ClickBank closes each day at 24:00 Pacific.

    That is UTC-8 in winter and UTC-7 from the second Sunday of March, which has 23 hours, to the first of November,
    which has 25.
    """
    tables = build(*(sale(f"R{number}", at) for number, at in enumerate(DAYS)))
    sold = {row["receipt"]: row["sold_date"] for row in tables["fct_sales"]}
    assert {at: sold[f"R{number}"] for number, at in enumerate(DAYS)} == DAYS
    assert sorted({row["report_date"] for row in tables["daily_sales"]}) == sorted(set(DAYS.values()))


def test_a_time_the_clock_shows_twice_is_the_earlier_and_one_it_skips_keeps_the_old_offset(
    build: Build,
) -> None:
    tables = build(sale("A", "2025-11-02T01:30:00"), sale("B", "2026-03-08T02:30:00"))
    assert pick(tables["fct_sales"], "receipt", "sold_at", "is_time_assumed") == [
        ("A", datetime(2025, 11, 2, 8, 30, tzinfo=UTC), True),
        ("B", datetime(2026, 3, 8, 10, 30, tzinfo=UTC), True),
    ]
