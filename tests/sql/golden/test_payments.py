"""A rebill is a payment of its own, whether or not it has a receipt of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.oracle.builders import only, pick, refund, sale

if TYPE_CHECKING:
    from tests.oracle import RawDelivery
    from tests.sql.golden import Build

FIRST = sale("A", "2026-02-10T12:00:00Z", 40)


def rebill(at: str, gross: float = 40, **more: object) -> RawDelivery:
    return sale("A", at, gross, transaction_type="BILL", **more)


def test_sale_and_rebills_of_one_receipt_all_count_in_gross_and_earnings(build: Build) -> None:
    tables = build(
        FIRST, rebill("2026-03-10T12:00:00Z"), rebill("2026-04-10T12:00:00Z", totalAccountAmount=9)
    )
    assert pick(tables["daily_sales"], "sale_count", "rebill_count", "gross_sales", "account_amount") == [
        (0, 1, 40, 0),
        (0, 1, 40, 9),
        (1, 0, 40, 0),
    ]
    order = only(tables["fct_orders"])
    assert (order["gross_amount"], order["payment_count"], order["is_rebill"]) == (120, 3, False)
    assert pick(tables["fct_sales"], "payment", "rebill_number") == [
        ("BILL 2026-03-10T12:00:00Z", None),
        ("BILL 2026-04-10T12:00:00Z", None),
        ("SALE", None),
    ]
    assert sum(row["sale_count"] for row in tables["sale_cohorts"]) == 3


def test_a_payment_is_named_by_its_number_and_told_again_is_the_same(build: Build) -> None:
    """The sender repeats the second payment with another instant, and reports it to the affiliate without a number."""
    tables = build(
        FIRST,
        rebill("2026-03-10T12:00:00Z", payment_number=2),
        rebill("2026-03-10T13:00:00Z", payment_number=2, attemptCount=2),
        rebill("2026-03-10T12:00:00Z", role="AFFILIATE"),
        rebill("2026-04-10T12:00:00Z", lineItems=[{"itemNo": "1", "paymentsProcessed": 3}]),
    )
    assert pick(tables["fct_sales"], "payment", "role", "is_counted", "rebill_number") == [
        ("BILL 2", "AFFILIATE", False, 2),
        ("BILL 2", "VENDOR", True, 2),
        ("BILL 3", "VENDOR", True, 3),
        ("SALE", "VENDOR", True, None),
    ]


def test_a_sale_told_with_another_instant_is_no_payment_of_its_own(build: Build) -> None:
    tables = build(FIRST, sale("A", "2026-03-10T12:00:00Z", 40, attemptCount=2))
    assert only(tables["fct_orders"])["payment_count"] == 1


def test_a_receipt_of_its_own_names_a_rebill_whatever_its_type_says(build: Build) -> None:
    told = [sale("A-B002", "2026-03-10T12:00:00Z", 40, transaction_type=type_) for type_ in ("SALE", "BILL")]
    assert only(build(*told)["fct_sales"])["payment"] == "BILL"


def test_a_reversal_belongs_to_the_latest_payment_before_it_else_to_the_earliest(build: Build) -> None:
    history = [FIRST, rebill("2026-03-10T12:00:00Z", 20), rebill("2026-04-10T12:00:00Z", 20)]
    for at, sold, days in (
        ("2026-03-25T12:00:00Z", 10, 15),
        ("2026-03-10T12:00:00Z", 10, 0),
        ("2026-03-10", 10, 0),
        ("2026-03-10T11:59:59Z", 10, 28),
        ("2026-01-01T12:00:00Z", 10, 0),
        ("2026-06-01T12:00:00Z", 10, 52),
    ):
        row = only(build(*history, refund("A", at, sold))["fct_refunds"])
        assert (row["days_to_refund"], row["is_orphan"]) == (days, False), at
    tables = build(*history, refund("A", "2026-03-25T12:00:00Z", 20))
    assert pick(tables["sale_cohorts"], "sold_date", "refunded_sales", "net_sales_cohort")[1][1:] == (1, 0)
    order = only(tables["fct_orders"])
    assert (order["net_amount"], order["state"]) == (60, "partially_refunded")


def test_an_order_whose_payments_were_all_refunded_is_refunded(build: Build) -> None:
    tables = build(
        FIRST,
        refund("A", "2026-02-11T12:00:00Z", 40),
        rebill("2026-03-10T12:00:00Z", 20),
        refund("A", "2026-03-11T12:00:00Z", 20),
    )
    order = only(tables["fct_orders"])
    assert (order["net_amount"], order["state"], order["refund_count"]) == (0, "refunded", 2)
    assert [row["refund_type"] for row in tables["fct_refunds"]] == ["FULL", "FULL"]


def test_payments_in_two_currencies_are_not_added(build: Build) -> None:
    order = only(build(FIRST, rebill("2026-03-10T12:00:00Z", 20, currency="EUR"))["fct_orders"])
    assert (order["gross_amount"], order["net_amount"], order["payment_count"]) == (None, None, 2)
