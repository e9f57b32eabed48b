"""Syncs compared with the records we hold, and the freshness of their source."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from tests.oracle.builders import chargeback, deliver, only, pick, refund, sale

if TYPE_CHECKING:
    from tests.oracle import RawDelivery
    from tests.sql.golden import Build


DAY = 86400


def sync(day: str, **more: Any) -> RawDelivery:
    return deliver("data.synced", {"completed_at": f"2026-05-{day}T12:00:00Z", **more})


def test_a_sync_is_set_against_what_we_hold(build: Build) -> None:
    """4 claimed (3 sales + 1 refund), 2 held (1 sale, told to two roles, + 1 refund): 2 are missing here.

    Syncs on the 1st, 2nd and 5th: gaps of 1 and 3 days, median 2; the latest sale is 4.5 days after the last: late,
    since it is above 1.5 x 2 and not above 3 x 2.
    """
    counts = {
        "sales_count": 3,
        "refunds_count": "1",
        "start_date": "2026-05-01",
        "end_date": "2026-05-02T20:00:00Z",
    }
    tables = build(
        sale("A", "2026-05-01T12:00:00Z"),
        sale("A", "2026-05-01T12:00:00Z", role="AFFILIATE"),
        refund("A", "2026-05-02T12:00:00Z", 30),
        sync("01"),
        sync("02"),
        sync("05", failed_job_count=2, **counts),
        sale("B", "2026-05-10T00:00:00Z"),
    )
    columns = ("range_start", "range_end", "records_claimed", "records_held", "gap")
    partial = [row for row in tables["fct_data_syncs"] if row["status"] == "partial"]
    assert pick(partial, *columns) == [(date(2026, 5, 1), date(2026, 5, 2), 4, 2, 2)]
    fresh = only(tables["sync_freshness"])
    assert (fresh["source"], fresh["expected_interval_seconds"]) == ("clickbank", 2 * DAY)
    assert (fresh["lag_seconds"], fresh["status"]) == (4.5 * DAY, "late")


def test_a_sync_alone_has_no_freshness(build: Build) -> None:
    tables = build(sync("01"), sync("02"), sync("03"))
    assert pick(tables["sync_freshness"], "expected_interval_seconds", "lag_seconds", "status") == [
        (DAY, None, "unknown")
    ]


@pytest.mark.parametrize(
    ("latest", "status"),
    [
        ("2026-05-08T12:00:00Z", "on_time"),
        ("2026-05-08T12:00:01Z", "late"),
        ("2026-05-11T12:00:01Z", "missing"),
    ],
)
def test_a_source_is_late_after_one_and_a_half_of_its_intervals_and_missing_after_three(
    build: Build, latest: str, status: str
) -> None:
    """Synced on the 1st, 3rd and 5th, every 2 days: late after 3, missing after 6. Two syncs are no rhythm."""
    two = build(sync("01"), sync("03"), sale("A", latest))
    assert pick(two["sync_freshness"], "expected_interval_seconds", "status") == [(None, "unknown")]
    tables = build(sync("01"), sync("03"), sync("05"), sale("A", latest))
    assert pick(tables["sync_freshness"], "expected_interval_seconds", "status") == [(2 * DAY, status)]


def test_a_sync_that_says_nothing_of_its_success_succeeded(build: Build) -> None:
    assert pick(build(sync("01"))["fct_data_syncs"], "status", "source") == [("success", "clickbank")]


CLAIMS: list[tuple[dict[str, Any], int | None, int | None]] = [
    ({"sales_count": 2}, 2, 0),
    ({"refunds_count": 3}, 1, 2),
    ({"refunds_count": 1, "chargebacks_count": 1}, 2, 0),
    ({"records": 4}, 4, 0),
    ({"records": 5, "sales_count": 2}, 4, 1),
    ({"inserted": 3, "updated": 1}, 4, 0),
    ({}, 4, None),
]


@pytest.mark.parametrize(("claim", "held", "gap"), CLAIMS)
def test_a_claim_by_type_is_held_against_that_type(
    build: Build, claim: dict[str, Any], held: int | None, gap: int | None
) -> None:
    """Two sales, one of them in two roles, a refund, and a dispute in two stages."""
    tables = build(
        sale("A", "2026-05-01T12:00:00Z"),
        sale("A", "2026-05-01T12:00:00Z", role="AFFILIATE"),
        sale("B", "2026-05-02T12:00:00Z"),
        refund("A", "2026-05-02T13:00:00Z", 30),
        chargeback("B", "2026-05-03T12:00:00Z", chargeback_id="D"),
        chargeback("B", "2026-05-03T13:00:00Z", chargeback_id="D", status="lost"),
        sync("05", range_start="2026-05-01", range_end="2026-05-03", **claim),
    )
    assert pick(tables["fct_data_syncs"], "records_held", "gap") == [(held, gap)]
    assert pick(tables["fct_data_syncs"], "sales_held", "refunds_held", "chargebacks_held") == [(2, 1, 1)]


@pytest.mark.parametrize(
    ("end", "last"),
    [
        ("2026-05-03T00:00:00-07:00", date(2026, 5, 2)),
        ("2026-05-03T07:00:00Z", date(2026, 5, 2)),
        ("2026-05-03T00:00:00Z", date(2026, 5, 2)),
        ("2026-05-03T00:00:01-07:00", date(2026, 5, 3)),
        ("2026-05-03", date(2026, 5, 3)),
    ],
)
def test_a_range_that_ends_at_midnight_in_the_report_zone_ends_with_the_day_before(
    build: Build, end: str, last: date
) -> None:
    tables = build(sync("05", range_start="2026-05-01", range_end=end, records=1))
    assert pick(tables["fct_data_syncs"], "range_start", "range_end") == [(date(2026, 5, 1), last)]


def test_syncs_at_one_instant_make_one_habit_whatever_their_ids(build: Build) -> None:
    """Days 4, 4, 5, 6, 7, 8, 10, 12, 14 and 16 are the last ten: gaps of 0, four of 1 and four of 2 days, median 1."""
    days = ["01", "05", "06", "07", "08", "10", "12", "14", "16"]
    syncs = [
        sync(day, source=source, sync_id=f"{source}{number}")
        for source in ("a", "b", "c", "d", "e", "f")
        for number, day in enumerate(["04", "04", *days])
    ]
    assert set(pick(build(*syncs)["sync_freshness"], "expected_interval_seconds")) == {(DAY,)}
