"""Refunds: the sale that each belongs to, and the state of its order."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from tests.oracle.builders import deliver, only, pick, refund, sale

if TYPE_CHECKING:
    from tests.sql.golden import Build


def test_a_refund_before_its_sale_is_an_orphan_until_the_sale_comes(build: Build) -> None:
    early = refund("A", "2026-05-03T12:00:00Z", 40)
    alone = build(early)
    assert pick(alone["fct_refunds"], "is_orphan", "sold_date", "currency", "vendor") == [
        (True, None, None, None)
    ]
    assert pick(alone["fct_orders"], "state", "gross_amount", "net_amount") == [
        ("orphan", None, Decimal(-40))
    ]
    healed = build(early, sale("A", "2026-05-01T12:00:00Z", affiliate="joe"))
    columns = ("is_orphan", "sold_date", "days_to_refund", "currency", "vendor", "affiliate")
    assert pick(healed["fct_refunds"], *columns) == [(False, date(2026, 5, 1), 2, "USD", "shop", "joe")]
    assert pick(healed["fct_orders"], "state", "net_amount") == [("partially_refunded", Decimal(60))]


def test_the_refund_of_a_rebill_belongs_to_the_rebill(build: Build) -> None:
    """Neither the rebill nor its refund names an affiliate: SQL takes none from the root while the rebill is known."""
    root = sale("AAA1", "2026-04-01T12:00:00Z", affiliate="Joe")
    rebill = sale("AAA1-B002", "2026-05-01T12:00:00Z", 40)
    returned = refund("aaa1-b002", "2026-05-03T12:00:00Z", 40)
    tables = build(root, rebill, returned)
    columns = ("receipt", "sold_date", "days_to_refund", "affiliate", "is_orphan")
    assert pick(tables["fct_refunds"], *columns) == [("AAA1-B002", date(2026, 5, 1), 2, None, False)]
    assert pick(
        tables["fct_sales"], "receipt", "order_key", "is_rebill", "rebill_number", "transaction_type"
    ) == [
        ("AAA1", "AAA1", False, None, "SALE"),
        ("AAA1-B002", "AAA1", True, 2, "BILL"),
    ]
    orphan = build(root, returned)
    assert pick(orphan["fct_refunds"], "sold_date", "affiliate", "vendor", "is_orphan") == [
        (None, "joe", "shop", True)
    ]
    assert only(orphan["fct_orders"], state="orphan")["order_key"] == "AAA1"


def test_a_partial_refund_and_the_remainder_are_two_events_of_one_refunded_receipt(
    build: Build,
) -> None:
    """30 + 69.99 reach the gross of 100 less one cent: the second is FULL in either order of arrival."""
    history = [
        sale("A", "2026-05-01T12:00:00-07:00", 100),
        refund("A", "2026-05-10T12:00:00-07:00", -30),
        refund("A", "2026-05-10T18:00:00-07:00", 69.99),
    ]
    for order in (history, history[::-1]):
        tables = build(*order)
        assert pick(tables["fct_refunds"], "refund_amount", "refund_type", "days_to_refund") == [
            (Decimal(30), "PARTIAL", 9),
            (Decimal("69.99"), "FULL", 9),
        ]
        assert pick(tables["fct_orders"], "state", "refund_count", "net_amount") == [
            ("refunded", 2, Decimal("0.01"))
        ]
        assert only(tables["daily_sales"], report_date=date(2026, 5, 10))["refund_count"] == 1
        assert only(tables["refund_rates"], window_days=1, report_date=date(2026, 5, 10))["refund_count"] == 1


def test_a_refund_of_tax_never_makes_an_order_refunded(build: Build) -> None:
    tables = build(
        sale("A", "2026-05-01T12:00:00Z", 10),
        refund("A", "2026-05-02T12:00:00Z", 10, refundType="tax", is_partial=True),
        sale("B", "2026-05-01T12:00:00Z", 10),
        refund("B", "2026-05-02T12:00:00Z", 10, refundType="PARTIAL_AMOUNT"),
        sale("FREE", "2026-05-01T12:00:00Z", 0),
        sale("FREE2", "2026-05-01T12:00:00Z", 0),
        refund("FREE2", "2026-05-02T12:00:00Z", 0),
    )
    assert pick(tables["fct_orders"], "receipt", "state") == [
        ("A", "partially_refunded"),
        ("B", "refunded"),
        ("FREE", "sold"),
        ("FREE2", "refunded"),
    ]
    assert pick(tables["fct_refunds"], "receipt", "refund_type") == [
        ("A", "TAX"),
        ("B", "PARTIAL"),
        ("FREE2", "FULL"),
    ]


def test_a_refund_is_shared_by_the_prices_of_the_lines_it_touches(build: Build) -> None:
    """X 75 and Y 25: a refund of 20 that names no item takes 15 and 5; one of 8 that names Y takes 8 of Y.

    Net of X = 2 x 75 - 15 = 135, of Y = 2 x 25 - 5 - 8 = 37: X is first.
    """
    lines = [{"itemNo": "X", "productPrice": 75}, {"itemNo": "Y", "productPrice": 25, "quantity": 2}]
    tables = build(
        sale("A", "2026-05-01T12:00:00Z", lineItems=lines),
        sale("B", "2026-05-01T12:00:00Z", lineItems=lines),
        refund("A", "2026-05-02T12:00:00Z", 20),
        refund("B", "2026-05-02T12:00:00Z", 8, lineItems=[{"itemNo": "Y"}]),
    )
    columns = ("report_date", "item_no", "quantity", "line_sales", "refund_count")
    assert pick(tables["daily_product_sales"], *columns) == [
        (date(2026, 5, 1), "X", 2, 150, 0),
        (date(2026, 5, 1), "Y", 4, 50, 0),
        (date(2026, 5, 2), "X", 0, 0, 1),
        (date(2026, 5, 2), "Y", 0, 0, 2),
    ]
    thirty = [row for row in tables["product_performance"] if row["window_days"] == 30]
    assert pick(thirty, "item_no", "refund_count", "net_sales", "rank") == [
        ("X", 1, Decimal(135), 1),
        ("Y", 2, Decimal(37), 2),
    ]


def test_of_two_amounts_a_refund_is_the_one_that_says_refund_then_the_one_that_says_amount(
    build: Build,
) -> None:
    """The order's total is the amount paid; without any other amount it is the refund."""
    at = {"receipt": "A", "transactionTime": "2026-05-02T12:00:00Z", "totalOrderAmount": 100}
    for given, amount in (({"amount": 30}, 30), ({"amount": 30, "refundAmount": 20}, 20), ({}, 100)):
        tables = build(deliver("refund.processed", at | given))
        assert pick(tables["fct_refunds"], "refund_amount") == [(amount,)]


def test_an_orphan_may_say_when_its_sale_was_and_no_refund_comes_before_its_sale(build: Build) -> None:
    """Sold on 1 May by its own words: 2 days, outside every cohort. A refund dated before the sale: 0 days."""
    orphan = build(refund("A", "2026-05-03T12:00:00Z", 5, purchaseDate="2026-05-01"))
    columns = ("sold_date", "days_to_refund", "is_orphan")
    assert pick(orphan["fct_refunds"], *columns) == [(date(2026, 5, 1), 2, True)]
    assert orphan["refund_cohorts"] == []
    early = build(sale("A", "2026-05-03T12:00:00Z"), refund("A", "2026-05-01T12:00:00Z", 5))
    assert pick(early["fct_refunds"], *columns) == [(date(2026, 5, 3), 0, False)]
    assert only(early["refund_rates"], report_date=date(2026, 5, 1), window_days=1)["refund_rate"] is None
