"""Rates by event date and by cohort, and ranks."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from tests.oracle.builders import pick, refund, sale

if TYPE_CHECKING:
    from tests.transforms.golden import Build


def test_an_immature_cohort_has_no_rate_rather_than_zero(build: Build) -> None:
    """Sold 1 May, one of two refunded after 7 days; today is 15 May: 7 and 14 days are over, 30 are not.

    The formula: distinct sale receipts of the cohort refunded with lag <= N / cohort sales; NULL while age < N.
    """
    tables = build(
        sale("A", "2026-05-01T12:00:00Z"),
        sale("B", "2026-05-01T13:00:00Z"),
        refund("A", "2026-05-08T12:00:00Z", 10),
        refund("A", "2026-05-09T12:00:00Z", 90),
        sale("C", "2026-05-15T12:00:00Z"),
    )
    cohort = [row for row in tables["refund_cohorts"] if row["sold_date"] == date(2026, 5, 1)]
    columns = ("horizon_days", "cohort_sales", "refunded_sales", "refund_rate_cohort", "is_mature")
    assert sorted(pick(cohort, *columns)) == [
        (7, 2, 1, 0.5, True),
        (14, 2, 1, 0.5, True),
        (30, 2, None, None, False),
        (60, 2, None, None, False),
        (90, 2, None, None, False),
    ]


def test_a_refund_of_a_receipt_twice_on_one_day_leaves_the_window_once(build: Build) -> None:
    """Sold on the 1st, refunded twice on the 2nd: 1 receipt in every 7-day window to the 8th, none on the 9th."""
    tables = build(
        sale("A", "2026-05-01T12:00:00Z"),
        refund("A", "2026-05-02T12:00:00Z", 10),
        refund("A", "2026-05-02T13:00:00Z", 20),
        sale("B", "2026-05-09T12:00:00Z"),
    )
    seven = sorted((row["report_date"].day, row) for row in tables["refund_rates"] if row["window_days"] == 7)
    assert [row["refund_count"] for _, row in seven] == [0, 1, 1, 1, 1, 1, 1, 1, 0]
    assert [row["refund_amount"] for _, row in seven] == [0, *[30] * 7, 0]
    assert [row["sale_count"] for _, row in seven] == [1, 1, 1, 1, 1, 1, 1, 0, 1]
    assert seven[7][1]["refund_rate"] is None
    assert seven[6][1]["refund_rate_value"] == 0.3


def test_ranks_have_no_ties(build: Build) -> None:
    """Equal net sales rank by name, no name last."""
    tables = build(
        sale("A", "2026-05-01T12:00:00Z", affiliate="zoe"),
        sale("B", "2026-05-01T12:00:00Z", affiliate="ann"),
        sale("C", "2026-05-01T12:00:00Z"),
    )
    thirty = [row for row in tables["affiliate_performance"] if row["window_days"] == 30]
    assert pick(thirty, "rank", "affiliate") == [(1, "ann"), (2, "zoe"), (3, None)]
