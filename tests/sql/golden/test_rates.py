"""Rates by event date and by cohort, and ranks."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from tests.oracle.builders import chargeback, pick, refund, sale

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.oracle import RawDelivery
    from tests.sql.golden import Build, Tables


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


def reversed_counts(tables: Tables, window_days: int) -> dict[int, tuple[Any, ...]]:
    """Return refunded and reversed receipts and the reversal rate of a window by day of the month, where any is."""
    return {
        row["report_date"].day: (row["refund_count"], row["reversed_count"], row["reversal_rate"])
        for row in tables["refund_rates"]
        if row["window_days"] == window_days and row["reversed_count"]
    }


@pytest.mark.parametrize(("first", "then"), [(refund, chargeback), (chargeback, refund)])
def test_a_receipt_refunded_and_charged_back_is_one_reversed_receipt_of_a_window(
    build: Build, first: Callable[..., RawDelivery], then: Callable[..., RawDelivery]
) -> None:
    """The formula: distinct receipts refunded OR charged back in the window / sales made in it.

    4 sales on the 1st; A reversed on the 2nd and, in the other way, on the 5th; B refunded on the 5th. 7 days to the
    5th: A and B of 4. To the 8th: A and B of no sales. To the 9th: A by the 5th alone. To the 12th: none.
    """
    tables = build(
        *(sale(receipt, "2026-05-01T12:00:00Z") for receipt in "ABCD"),
        first("A", "2026-05-02T12:00:00Z", 100),
        then("A", "2026-05-05T12:00:00Z", 100),
        refund("B", "2026-05-05T12:00:00Z", 100),
        sale("LAST", "2026-05-20T12:00:00Z"),
    )
    seven = {day: counts[1:] for day, counts in reversed_counts(tables, 7).items()}
    assert seven == {
        **dict.fromkeys((2, 3, 4), (1, 0.25)),
        **dict.fromkeys((5, 6, 7), (2, 0.5)),
        **dict.fromkeys((8, 9, 10, 11), (2, None)),
    }
    assert {day: counts[1] for day, counts in reversed_counts(tables, 1).items()} == {2: 1, 5: 2}
    assert reversed_counts(tables, 30)[20][1:] == (2, 0.4)


def test_both_reversals_on_one_day_are_one_reversed_receipt(build: Build) -> None:
    tables = build(
        *(sale(receipt, "2026-05-01T12:00:00Z") for receipt in "AB"),
        refund("A", "2026-05-01T13:00:00Z", 40),
        refund("A", "2026-05-01T14:00:00Z", 60),
        chargeback("A", "2026-05-01T15:00:00Z"),
    )
    assert reversed_counts(tables, 1) == {1: (1, 1, 0.5)}


def test_a_window_holds_a_receipt_from_its_first_reversal_to_its_last_without_a_gap(build: Build) -> None:
    """7 days: a refund on the 10th fills 10 to 16; a chargeback of the 5th adds 5 to 9, one of the 14th 17 to 20."""
    told = [
        sale("A", "2026-05-01T12:00:00Z"),
        refund("A", "2026-05-10T12:00:00Z", 100),
        sale("LAST", "2026-05-31T12:00:00Z"),
    ]
    early = chargeback("A", "2026-05-05T12:00:00Z")
    late = chargeback("A", "2026-05-14T12:00:00Z")
    assert list(reversed_counts(build(*told), 7)) == [*range(10, 17)]
    assert list(reversed_counts(build(*told, early), 7)) == [*range(5, 17)]
    tables = build(*told, early, late)
    assert list(reversed_counts(tables, 7)) == [*range(5, 21)]
    assert {counts[1] for counts in reversed_counts(tables, 7).values()} == {1}
    assert list(reversed_counts(tables, 1)) == [5, 10, 14]


def test_the_days_begin_with_the_first_reversal_of_any_kind(build: Build) -> None:
    """A chargeback whose sale is unknown: reversed receipts over no sales, before the first sale of the group."""
    tables = build(
        chargeback("GONE", "2026-05-01T12:00:00Z", currency="USD", vendor="shop"),
        sale("A", "2026-05-03T12:00:00Z"),
    )
    three = sorted((row["report_date"].day, row) for row in tables["refund_rates"] if row["window_days"] == 7)
    columns = ("sale_count", "refund_count", "reversed_count", "reversal_rate")
    assert [tuple(row[column] for column in columns) for _, row in three] == [
        (0, 0, 1, None),
        (0, 0, 1, None),
        (1, 0, 1, 1.0),
    ]


def test_a_later_stage_and_another_roles_view_are_no_further_reversals(build: Build) -> None:
    """News of a dispute on a later day does not put its receipt into that day's window."""
    tables = build(
        sale("A", "2026-05-01T12:00:00Z"),
        sale("A", "2026-05-01T12:00:00Z", role="AFFILIATE"),
        chargeback("A", "2026-05-02T12:00:00Z", dispute_id="D"),
        chargeback("A", "2026-05-04T12:00:00Z", dispute_id="D", role="AFFILIATE"),
        chargeback("A", "2026-05-06T12:00:00Z", dispute_id="D", status="won"),
        sale("B", "2026-05-08T12:00:00Z"),
    )
    assert reversed_counts(tables, 1) == {2: (0, 1, None)}
