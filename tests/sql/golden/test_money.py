"""Amounts: currencies apart, sizes of every currency, the same sum by day and by order."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.oracle.builders import chargeback, only, pick, refund, sale

if TYPE_CHECKING:
    from tests.sql.golden import Build


def test_yen_and_dollars_and_an_unknown_currency_are_never_added(build: Build) -> None:
    """12,000 yen, 5 dollars, and 7 of no currency: three groups, each with its own sums."""
    tables = build(
        sale("Y1", "2026-05-01T12:00:00Z", 12000, currency="jpy"),
        refund("Y1", "2026-05-01T13:00:00Z", 12000),
        sale("U1", "2026-05-01T12:00:00Z", 5),
        sale("N1", "2026-05-01T12:00:00Z", 7, currency="N/A"),
    )
    assert pick(tables["daily_sales"], "currency", "gross_sales", "refund_amount", "net_sales") == [
        ("JPY", 12000, 12000, 0),
        ("USD", 5, 0, 5),
        (None, 7, 0, 7),
    ]


def test_a_refund_told_to_a_role_in_dollars_is_not_subtracted_from_yen(build: Build) -> None:
    """The affiliate's sale and refund are in dollars; the sale that counts is the vendor's, in yen."""
    tables = build(
        sale("A", "2026-05-01T12:00:00Z", 9000, currency="JPY"),
        sale("A", "2026-05-01T12:00:00Z", 60, role="AFFILIATE"),
        refund("A", "2026-05-02T12:00:00Z", 9.5, role="AFFILIATE", currency="USD"),
        chargeback("A", "2026-05-03T12:00:00Z", 20, role="AFFILIATE"),
    )
    columns = ("currency", "gross_amount", "refunded_amount", "charged_back_amount", "net_amount")
    assert pick(tables["fct_orders"], *columns) == [("JPY", 9000, 0, 0, None)]
    assert pick(tables["fct_orders"], "has_other_currency_reversal", "is_over_reversed") == [(True, False)]
    assert pick(tables["sale_cohorts"], "net_sales_cohort", "unknown_net_count") == [(None, 1)]


def test_a_refund_in_euros_is_not_subtracted_from_dollars_and_a_payment_without_a_currency(
    build: Build,
) -> None:
    bill = {"transactionType": "BILL", "payment_number": 2}
    for first, second in (("USD", None), (None, "USD")):
        tables = build(
            sale("A", "2026-05-01T12:00:00Z", currency=first),
            sale("A", "2026-05-05T12:00:00Z", currency=second, **bill),
            refund("A", "2026-05-06T12:00:00Z", 70, currency="EUR"),
        )
        columns = ("gross_amount", "refunded_amount", "net_amount", "has_other_currency_reversal")
        assert pick(tables["fct_orders"], *columns) == [(200, 0, None, True)]


@pytest.mark.parametrize(("currency", "net"), [("USD", 60), (None, 60), ("EUR", None)])
def test_a_refund_that_fits_several_sellers_leaves_the_gross_of_the_sale_without_one(
    build: Build, currency: str | None, net: int | None
) -> None:
    """Three sellers have the receipt, one of them without a name: 80 stays 80, whatever the refund's currency."""
    tables = build(
        sale("A", "2026-05-01T12:00:00Z", 30),
        sale("A", "2026-05-01T12:00:00Z", 40, vendor="storeb"),
        sale("A", "2026-05-01T12:00:00Z", 80, vendor=None),
        refund("A", "2026-05-02T12:00:00Z", 20, currency=currency),
    )
    unnamed = only(tables["fct_orders"], vendor=None)
    assert (unnamed["gross_amount"], unnamed["net_amount"]) == (80, net)
    assert unnamed["has_other_currency_reversal"] == (net is None)


def test_a_refund_is_as_late_as_it_comes_after_the_sale_that_counts(build: Build) -> None:
    """20 days after the vendor's sale, 5 after the same sale as the affiliate was told of it."""
    tables = build(
        sale("A", "2026-01-01T12:00:00Z"),
        sale("A", "2026-01-16T12:00:00Z", role="AFFILIATE"),
        refund("A", "2026-01-21T12:00:00Z", 10, role="AFFILIATE"),
        sale("LATE", "2026-04-10T12:00:00Z", vendor="other"),
    )
    assert pick(tables["fct_refunds"], "days_to_refund") == [(5,)]
    cohorts = [row for row in tables["refund_cohorts"] if row["vendor"] == "shop"]
    assert sorted(pick(cohorts, "horizon_days", "refunded_sales")) == [
        (7, 0),
        (14, 0),
        (30, 1),
        (60, 1),
        (90, 1),
    ]


def test_days_and_orders_add_up_to_the_same_net(build: Build) -> None:
    """320.75 + 40 + 5 - 30 - 40 - 12 = 283.75 by order and by day; the orphan's 12 are in both."""
    tables = build(
        sale("A", "2026-05-01T12:00:00Z", 320.75),
        sale("A-B002", "2026-06-01T12:00:00Z", 40, vendor="other"),
        sale("B", "2026-06-01T12:00:00Z", 5),
        refund("A", "2026-05-09T12:00:00Z", 30),
        chargeback("A-B002", "2026-06-09T12:00:00Z", 40),
        refund("GONE", "2026-06-10T12:00:00Z", 12),
    )
    assert sum(row["net_amount"] for row in tables["fct_orders"]) == Decimal("283.75")
    assert sum(row["net_sales"] for row in tables["daily_sales"]) == Decimal("283.75")


def test_amounts_in_the_tens_of_billions_are_ordinary(build: Build) -> None:
    """A won or a yen account reaches 10^10; no sum, share or mean may overflow there."""
    lines = [
        {"itemNo": "X", "productPrice": 2e10, "accountAmount": 2e10},
        {"itemNo": "Y", "productPrice": 1e10},
    ]
    tables = build(
        sale("A", "2026-05-01T12:00:00Z", 3e10, currency="KRW", lineItems=lines),
        refund("A", "2026-05-02T12:00:00Z", 1e10),
    )
    thirty = [row for row in tables["product_performance"] if row["window_days"] == 30]
    assert pick(thirty, "item_no", "net_sales", "earnings_per_order") == [
        ("X", Decimal("13333333333.3333"), Decimal(20_000_000_000)),
        ("Y", Decimal("6666666666.6667"), Decimal(0)),
    ]
