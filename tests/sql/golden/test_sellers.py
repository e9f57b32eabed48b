"""A receipt is unique per seller; an event without a vendor gets its seller from the others of its receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.oracle.builders import chargeback, deliver, only, pick, refund, sale

if TYPE_CHECKING:
    from tests.oracle import RawDelivery
    from tests.sql.golden import Build

A, B = sale("1", "2026-05-01T12:00:00Z", vendor="a"), sale("1", "2026-05-02T12:00:00Z", 30, vendor="b")


def test_one_number_in_two_stores_is_two_orders_with_their_own_reversals(build: Build) -> None:
    tables = build(
        A,
        B,
        refund("1", "2026-05-03T12:00:00Z", 10, vendor="a"),
        chargeback("1", "2026-05-03T12:00:00Z", 30, vendor="b"),
    )
    assert pick(tables["fct_orders"], "vendor", "gross_amount", "net_amount", "state") == [
        ("a", 100, 90, "partially_refunded"),
        ("b", 30, 0, "charged_back"),
    ]
    assert pick(tables["sale_cohorts"], "vendor", "net_sales_cohort", "order_count") == [
        ("a", 90, 1),
        ("b", 0, 1),
    ]
    assert all(row["is_counted"] for row in tables["fct_sales"])


def test_one_refund_number_in_two_stores_is_two_refunds(build: Build) -> None:
    told = [refund("1", "2026-05-03T12:00:00Z", 10, vendor=vendor, refund_id="R1") for vendor in "ab"]
    assert pick(build(A, B, *told)["fct_refunds"], "vendor", "is_orphan") == [("a", False), ("b", False)]


def test_upsells_of_one_number_belong_to_the_session_of_their_own_store(build: Build) -> None:
    upsells = [
        sale("2", "2026-05-01T12:00:00Z", 5, vendor=vendor, upsell_original_receipt="1", affiliate="joe")
        for vendor in "ab"
    ]
    tables = build(A, B, *upsells)
    worth = [row for row in tables["sale_cohorts"] if row["order_count"]]
    assert pick(worth, "vendor", "average_order_value") == [("a", 105), ("b", 35)]
    assert sum(row["order_count"] for row in worth) == 2


@pytest.mark.parametrize("first", [True, False])
def test_an_account_stands_in_until_somebody_names_the_vendor(build: Build, *, first: bool) -> None:
    data = {"receipt": "1", "date": "2026-05-01T12:00:00Z", "amount": 100, "currency": "USD"}
    by_account = deliver("sale.created", data, account="Desk")
    assert only(build(by_account)["fct_sales"])["vendor"] == "desk"
    told = [by_account, A] if first else [A, by_account]
    assert pick(build(*told)["fct_orders"], "vendor", "gross_amount") == [("a", 100)]


def test_two_accounts_are_two_sellers_where_nobody_names_a_vendor(build: Build) -> None:
    data = {"receipt": "1", "date": "2026-05-01T12:00:00Z", "amount": 100, "currency": "USD"}
    told = [deliver("sale.created", data, account=account) for account in ("desk", "shelf")]
    assert pick(build(*told)["daily_sales"], "vendor", "sale_count") == [("desk", 1), ("shelf", 1)]


WHOSE: dict[str, tuple[dict[str, Any], str | None]] = {
    "of the only amount": ({"refund_amount": 30}, "b"),
    "of the only sale that is large enough": ({"refund_amount": 80}, "a"),
    "of either": ({"refund_amount": 20}, None),
    "of none": ({"refund_amount": 500}, None),
    "in another currency": ({"refund_amount": 30, "currency": "EUR"}, None),
}


@pytest.mark.parametrize("case", WHOSE)
def test_a_reversal_without_a_seller_belongs_to_the_one_sale_that_fits(build: Build, case: str) -> None:
    data, seller = WHOSE[case]
    base = {"receipt": "1", "refunded_at": "2026-05-03T12:00:00Z", "currency": "USD"}
    row = only(build(A, B, deliver("refund.processed", base | data))["fct_refunds"])
    assert (row["vendor"], row["is_orphan"]) == (seller, seller is None)
    assert row["orphan_reason"] == (None if seller else "ambiguous_receipt")
    assert row["told_vendor"] is None


def test_a_reversal_without_a_seller_belongs_to_the_only_one(build: Build) -> None:
    row = only(build(B, refund("1", "2026-05-03T12:00:00Z", 500))["fct_refunds"])
    assert (row["vendor"], row["is_orphan"], row["orphan_reason"]) == ("b", False, None)


def test_a_reversal_of_a_third_store_is_its_own(build: Build) -> None:
    """Its sale has not arrived; the same receipt of another seller does not stand in for it."""
    row = only(build(A, refund("1", "2026-05-03T12:00:00Z", 100, vendor="c"))["fct_refunds"])
    assert (row["vendor"], row["is_orphan"], row["orphan_reason"]) == ("c", True, "unknown_sale")


def test_reversals_count_for_the_affiliate_who_made_the_sale(build: Build) -> None:
    history: list[RawDelivery] = [
        sale("1", "2026-05-01T12:00:00Z", affiliate="ann"),
        refund("1", "2026-05-03T12:00:00Z", 10, affiliate="joe"),
        chargeback("1", "2026-05-04T12:00:00Z", 20),
        sale("2", "2026-05-01T12:00:00Z"),
        refund("2", "2026-05-03T12:00:00Z", 10, affiliate="joe"),
        refund("3", "2026-05-03T12:00:00Z", 10, affiliate="joe"),
    ]
    tables = build(*history)
    assert pick(tables["fct_refunds"], "receipt", "affiliate", "told_affiliate") == [
        ("1", "ann", "joe"),
        ("2", None, "joe"),
        ("3", "joe", "joe"),
    ]
    month = [row for row in tables["affiliate_performance"] if row["window_days"] == 30]
    assert pick(month, "affiliate", "sale_count", "refund_count", "chargeback_count") == [
        ("ann", 1, 1, 1),
        ("joe", 0, 1, 0),
        (None, 1, 1, 0),
    ]


def test_a_quarantined_body_names_no_seller(build: Build) -> None:
    told = {"receipt": "A", "date": "2026-05-01T12:00:00Z", "amount": 80}
    tables = build(
        deliver("sale.created", told | {"amount": -20, "vendor": "other"}),
        deliver("sale.created", told, account="storea"),
    )
    assert pick(tables["fct_sales"], "vendor") == [("storea",)]
