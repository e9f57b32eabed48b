"""Chargebacks: stages of a dispute, and receipts that were refunded as well."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from tests.oracle.builders import chargeback, only, pick, refund, sale

if TYPE_CHECKING:
    from tests.sql.golden import Build


def test_a_receipt_refunded_and_charged_back_is_charged_back_and_may_be_below_zero(
    build: Build,
) -> None:
    """Gross 100 - refunded 100 - charged back 100 = -100; the day it was charged back has -100 as well."""
    tables = build(
        sale("A", "2026-05-01T12:00:00Z"),
        refund("A", "2026-05-02T12:00:00Z", 100),
        chargeback("A", "2026-05-20T12:00:00Z"),
    )
    columns = ("state", "refunded_amount", "charged_back_amount", "net_amount", "is_over_reversed")
    assert pick(tables["fct_orders"], *columns) == [("charged_back", 100, 100, Decimal(-100), True)]
    assert pick(tables["daily_sales"], "report_date", "net_sales") == [
        (date(2026, 5, 1), 100),
        (date(2026, 5, 2), -100),
        (date(2026, 5, 20), -100),
    ]


def test_later_stages_of_a_dispute_are_rows_but_not_new_chargebacks(build: Build) -> None:
    """Two disputes of one receipt, one of them with a later stage: 3 rows, 2 chargebacks, 1 receipt in the rate.

    A dispute that was won stays in the gross rate.
    """
    tables = build(
        sale("A", "2026-05-01T12:00:00Z"),
        chargeback("A", "2026-05-20T12:00:00Z", dispute_id="D1"),
        chargeback("A", "2026-06-20T12:00:00Z", dispute_id="D1", status="WON"),
        chargeback("A", "2026-06-25T12:00:00Z", 20, transactionType="INSF"),
    )
    columns = ("charged_back_date", "status", "kind", "stage", "days_to_chargeback", "is_counted")
    assert pick(tables["fct_chargebacks"], *columns) == [
        (date(2026, 5, 20), "received", "card", 1, 19, True),
        (date(2026, 6, 20), "won", "card", 2, 50, False),
        (date(2026, 6, 25), "received", "echeck", 1, 55, True),
    ]
    assert pick(tables["fct_orders"], "chargeback_count", "charged_back_amount", "state") == [
        (2, 120, "charged_back")
    ]
    ninety = only(tables["chargeback_rates"], report_date=date(2026, 6, 25), window_days=90)
    assert (ninety["chargeback_count"], ninety["chargeback_rate"], ninety["is_small_sample"]) == (
        1,
        1.0,
        True,
    )
    june = only(tables["chargeback_months"], month=date(2026, 6, 1))
    assert (june["chargeback_count"], june["chargeback_rate"], june["chargeback_rate_previous_month"]) == (
        1,
        None,
        1.0,
    )


def test_a_dispute_that_was_won_leaves_the_net_rate_and_stays_in_the_gross_one(build: Build) -> None:
    """cbr_net = receipts with a dispute that stands / sales, over the trailing window by event date.

    4 sales; A and B disputed on 20 May, A's won in June, A disputed again on 25 June: in the 90 days to then A and B
    stand once each; in the 7 days to 20 May only B does, because A's dispute is now known to be reversed.
    """
    tables = build(
        *(sale(receipt, "2026-05-18T12:00:00Z") for receipt in "ABCD"),
        chargeback("A", "2026-05-20T12:00:00Z", dispute_id="D1"),
        chargeback("B", "2026-05-20T12:00:00Z", dispute_id="D2"),
        chargeback("A", "2026-06-10T12:00:00Z", dispute_id="D1", status="reversed"),
        chargeback("A", "2026-06-25T12:00:00Z", dispute_id="D3"),
    )
    columns = ("chargeback_count", "chargeback_rate", "standing_chargeback_count", "cbr_net")
    rates = {(row["report_date"], row["window_days"]): row for row in tables["chargeback_rates"]}
    may, june = rates[date(2026, 5, 20), 7], rates[date(2026, 6, 25), 90]
    assert [may[column] for column in columns] == [2, 0.5, 1, 0.25]
    assert [june[column] for column in columns] == [2, 0.5, 2, 0.5]
    assert rates[date(2026, 6, 25), 7]["cbr_net"] is None
