"""Days in the report zone: every date has its midnight, on leap days and where the clock skips or repeats an hour."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import duckdb
import pytest

from cbw.duck import literal
from transforms.definitions.sql_file import SQL_DIR

if TYPE_CHECKING:
    from collections.abc import Iterator

# Santiago, Beirut and Havana skip or repeat midnight itself; Apia left out 30 December 2011.
ZONES = [
    "America/Los_Angeles", "Europe/Berlin", "America/Santiago", "Asia/Beirut", "America/Havana", "Pacific/Apia", "UTC",
]  # fmt: skip
START, END = date(2024, 1, 1), date(2028, 12, 31)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as opened:
        opened.execute("set timezone = 'UTC'")
        opened.execute((SQL_DIR / "macros" / "time.sql").read_text(encoding="utf-8"))
        yield opened


def days(connection: duckdb.DuckDBPyConnection, zone: str, expression: str) -> list[tuple[date, object]]:
    """Return an expression of each day as text (``day``), from 2024 to 2028."""
    connection.execute(f"set variable report_zone = {literal(zone)}")
    return connection.execute(
        f"select d, {expression} from (select cast(d as date) as d, strftime(d, '%Y-%m-%d') as day "
        f"from range(date '{START}', date '{END + timedelta(days=1)}', interval '1' day) as r(d)) order by d"
    ).fetchall()


def first_instant(day: date, zone: ZoneInfo) -> datetime:
    """Return the first instant that a zone's clock shows on a date, by looking at it every half hour."""
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=15)
    while at.astimezone(zone).date() < day:
        at += timedelta(minutes=30)
    return at


@pytest.mark.parametrize("zone", ZONES)
def test_a_bare_date_is_that_day(connection: duckdb.DuckDBPyConnection, zone: str) -> None:
    found = days(connection, zone, "report_date(instant(day))")
    assert len(found) == (END - START).days + 1
    assert date(2024, 2, 29) in dict(found)
    assert [day for day, report_date in found if day != report_date] == []


@pytest.mark.parametrize("zone", ZONES)
def test_a_day_begins_at_its_first_instant(connection: duckdb.DuckDBPyConnection, zone: str) -> None:
    """At noon UTC every zone here shows the same date or the next, and no jump is near."""
    expression = (
        "[report_midnight(timezone(getvariable('report_zone'), d + interval '12' hour), n) for n in [0, 1]]"
    )
    found = days(connection, zone, f"epoch_us(({expression})[1]), epoch_us(({expression})[2])")
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    for day, begin, end in found:  # type: ignore[misc]
        assert epoch + timedelta(microseconds=begin) == first_instant(day, ZoneInfo(zone)), day
        assert epoch + timedelta(microseconds=end) == first_instant(
            day + timedelta(days=1), ZoneInfo(zone)
        ), day
