"""An import reads a time as the models do, or refuses it."""

from __future__ import annotations

import duckdb
import pytest

from ingest.exports.moment import moment_of, report_time
from tests.exports import is_refused
from transforms.definitions.sql_file import SQL_DIR

TIMES = (
    "2019-02-18T15:11:38-08:00", "20220810T162015-0700", "2026-03-05T22:30:00.125Z", "2026-03-05 22:30:00",
    "2026-03-05T22:30", "1767323045", "1767323045000", "2026-03-05",
    "2026-11-01T01:30:00",  # twice on that day: the earlier
    "2026-03-08T02:30:00",  # never on that day: with the offset before the jump
)  # fmt: skip


def test_an_import_reads_a_time_as_the_models_do() -> None:
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'; set variable report_zone = 'America/Los_Angeles'")
        connection.execute((SQL_DIR / "macros" / "time.sql").read_text("utf-8"))
        for text in TIMES:
            found = connection.execute("select epoch_us(instant($1))", [text]).fetchone()
            assert found == (round(moment_of(text).instant.timestamp() * 1_000_000),), text


@pytest.mark.parametrize(
    "text", ["3/5/26", "05.03.2026", "2026-02-30", "2026-3-5", "yesterday", "10:00", "2026-03-05T25:00:00"]
)
def test_another_text_is_no_time(text: str) -> None:
    assert is_refused(moment_of, text)


@pytest.mark.parametrize(
    ("day", "time", "read"),
    [
        ("2026-03-05", "22:30:00", "2026-03-05T22:30:00"),
        ("2026-03-05", "9:30", "2026-03-05T09:30:00"),
        ("2026-03-05", "10:05 PM", "2026-03-05T22:05:00"),
        ("2026-03-05", "12:05 am", "2026-03-05T00:05:00"),
        ("2026-03-05", "2026-03-05T22:30:00.000+00:00", "2026-03-05T22:30:00"),
        ("2026-03-05T00:00:00.000-08:00", "22:30:00", "2026-03-05T22:30:00"),
        (None, "2026-03-05T22:30:00.000+00:00", "2026-03-05T22:30:00"),
        # the date says that this offset is a true one
        ("2026-03-05", "2026-03-06T06:30:00+00:00", "2026-03-05T22:30:00"),
        ("2026-03-05", None, None),
    ],
)
def test_a_report_s_digits_are_pacific(day: str | None, time: str | None, read: str | None) -> None:
    assert report_time(day, time) == read


@pytest.mark.parametrize(
    ("day", "time"),
    [
        ("2026-03-05", "2026-03-09T06:30:00+00:00"),
        ("3/5/26", "10:00"),
        ("2026-03-05", "25:00"),
        ("2026-03-05", "13:00 PM"),
    ],
)
def test_a_date_and_a_time_that_contradict_each_other_are_refused(day: str, time: str) -> None:
    assert is_refused(report_time, day, time)
