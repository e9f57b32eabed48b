"""Several rows of one body may be parts of one thing: they are its lines, and their amounts add up."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.oracle.builders import deliver, only, pick, refund, sale

if TYPE_CHECKING:
    from tests.sql.golden import Build

ROW = {"receipt": "A", "date": "2026-05-01T12:00:00Z", "vendor": "shop", "currency": "USD"}
REFUND = {"receipt": "A", "refunded_at": "2026-05-03T12:00:00Z", "currency": "USD"}
SOLD = sale("A", "2026-05-01T12:00:00Z", 60)


def rows(base: dict[str, Any], *changes: dict[str, Any]) -> list[dict[str, Any]]:
    return [base | change for change in changes]


def test_a_sale_told_as_a_row_per_item_has_their_sum_and_their_lines(build: Build) -> None:
    told = rows(
        ROW,
        {"item_no": "x", "quantity": 2, "amount": 40, "tax": 3, "account_amount": 20},
        {"item_no": "y", "amount": 20, "account_amount": 10},
        {"item_no": "z", "amount": -5},
    )
    tables = build(deliver("sale.created", told))
    row = only(tables["fct_sales"])
    assert (row["gross_amount"], row["tax_amount"], row["account_amount"]) == (55, 3, 30)
    assert pick(tables["fct_sale_lines"], "line_number", "item_no", "quantity", "price_amount") == [
        (1, "x", 2, 37),
        (2, "y", 1, 20),
        (3, "z", 1, -5),
    ]
    assert only(tables["events"])["status"] == "mapped"


@pytest.mark.parametrize("key", ["totalOrderAmount", "order_total", "total_order_amount"])
def test_the_orders_own_total_counts_once(build: Build, key: str) -> None:
    told = rows(ROW, {"item_no": "x", key: 60, "totalAccountAmount": 30}, {"item_no": "y", key: 60})
    tables = build(deliver("sale.created", told))
    row = only(tables["fct_sales"])
    assert (row["gross_amount"], row["account_amount"]) == (60, 30)
    assert pick(tables["fct_sale_lines"], "item_no", "price_amount") == [("x", None), ("y", None)]


def test_two_totals_of_one_order_disagree(build: Build) -> None:
    told = rows(ROW, {"item_no": "x", "order_total": 60}, {"item_no": "y", "order_total": 70})
    tables = build(deliver("sale.created", told))
    assert tables["fct_sales"] == []
    assert pick(tables["quarantine"], "reason", "json_path") == [("parts_disagree", "$.data[1].order_total")]


def test_a_value_that_only_a_later_row_tells_is_the_things(build: Build) -> None:
    """The first row that tells a value tells it for the whole."""
    told = rows(
        {"receipt": "A", "amount": 40},
        {"item_no": "x", "tracking_id": "t1"},
        {"item_no": "y", "affiliate": "joe", "country": "DE", "tracking_id": "t2", "payments_remaining": 3},
        ROW | {"item_no": "z", "affiliate": "eve", "payment_method": "VISA", "original_receipt": "ROOT"},
    )
    tables = build(deliver("sale.created", told, created_at="2026-05-09T12:00:00Z"))
    row = only(tables["fct_sales"])
    assert (row["affiliate"], row["country"], row["tracking_id"]) == ("joe", "DE", "t1")
    assert (row["payment_method"], row["vendor"], row["root_receipt"]) == ("VISA", "shop", "ROOT")
    assert (row["sold_at"].day, row["time_source"]) == (1, "data")
    assert pick(tables["fct_sale_lines"], "line_number", "payments_remaining") == [
        (1, None),
        (2, 3),
        (3, None),
    ]


def test_a_value_that_only_a_later_row_of_a_reversal_tells_is_the_reversals(build: Build) -> None:
    later = {
        "vendor": "shop",
        "affiliate": "joe",
        "refund_type": "PARTIAL",
        "reason": "broken",
        "sale_date": "2026-04-01",
    }
    told = rows(
        {"receipt": "A", "refund_id": "R", "currency": "USD"},
        {"item_no": "x", "refund_amount": 10},
        {"item_no": "y", "refund_amount": 20, "refunded_at": "2026-05-03T12:00:00Z", **later},
    )
    disputed = rows(
        {"receipt": "B", "chargeback_id": "D", "disputed_at": "2026-05-03T12:00:00Z", "currency": "USD"},
        {"item_no": "x", "chargeback_amount": 10},
        {
            "item_no": "y",
            "chargeback_amount": 20,
            "reason_code": "10.4",
            "transaction_type": "INSF",
            "card_network": "visa",
        },
    )
    tables = build(
        deliver("refund.processed", told, created_at="2026-05-09T12:00:00Z"),
        deliver("chargeback.received", disputed),
    )
    row = only(tables["fct_refunds"])
    assert (row["refund_type"], row["refund_reason"], row["told_affiliate"]) == ("PARTIAL", "broken", "joe")
    assert (row["told_vendor"], str(row["sold_date"]), row["refunded_at"].day) == ("shop", "2026-04-01", 3)
    dispute = only(tables["fct_chargebacks"])
    assert (dispute["kind"], dispute["reason_code"], dispute["card_network"]) == ("echeck", "10.4", "visa")


def test_two_orders_of_one_body_may_have_different_totals(build: Build) -> None:
    told = [ROW | {"order_total": 60}, ROW | {"receipt": "B", "order_total": 70}]
    assert pick(build(deliver("sale.created", told))["fct_sales"], "gross_amount") == [(60,), (70,)]


def test_parts_in_two_currencies_disagree(build: Build) -> None:
    told = rows(ROW, {"item_no": "x", "amount": 60}, {"item_no": "y", "amount": 70, "currency": "EUR"})
    assert only(build(deliver("sale.created", told))["events"])["reason"] == "parts_disagree"


def test_rows_that_are_equal_are_one_row_told_twice(build: Build) -> None:
    told = rows(ROW, {"item_no": "x", "amount": 60}, {"item_no": "x", "amount": 60, "note": "again"})
    tables = build(deliver("sale.created", told))
    assert only(tables["fct_sales"])["gross_amount"] == 60
    assert len(tables["fct_sale_lines"]) == 1
    more = build(
        deliver("sale.created", rows(ROW, {"item_no": "x", "amount": 60}, {"item_no": "y", "amount": 60}))
    )
    assert only(more["fct_sales"])["gross_amount"] == 120


@pytest.mark.parametrize("id_", [{}, {"refund_id": "R"}])
def test_a_refund_told_per_line_is_one_refund(build: Build, id_: dict[str, str]) -> None:
    told = rows(REFUND | id_, {"item_no": "x", "refund_amount": 10}, {"item_no": "y", "refund_amount": 20})
    tables = build(SOLD, deliver("refund.processed", told))
    row = only(tables["fct_refunds"])
    assert (row["refund_amount"], row["refund_type"], row["item_nos"]) == (30, "PARTIAL", '["x","y"]')
    assert only(tables["fct_orders"])["net_amount"] == 30


def test_two_refunds_of_one_body_are_two(build: Build) -> None:
    told = rows(REFUND, {"refund_id": "R1", "refund_amount": 10}, {"refund_id": "R2", "refund_amount": 10})
    assert len(build(SOLD, deliver("refund.processed", told))["fct_refunds"]) == 2


def test_one_id_over_several_receipts_is_a_reversal_of_each(build: Build) -> None:
    told = [REFUND | {"refund_id": "R", "refund_amount": 10, "receipt": receipt} for receipt in "AB"]
    assert pick(build(deliver("refund.processed", told))["fct_refunds"], "receipt") == [("A",), ("B",)]
    disputed = [
        {
            "receipt": receipt,
            "disputed_at": "2026-05-03T12:00:00Z",
            "chargeback_amount": 10,
            "chargeback_id": "D",
        }
        for receipt in "AB"
    ]
    found = build(deliver("chargeback.received", disputed))["fct_chargebacks"]
    assert pick(found, "receipt", "is_counted") == [("A", True), ("B", True)]


def test_one_refund_id_in_two_events_is_two_parts_where_their_items_differ(build: Build) -> None:
    def part(item_no: str | None, amount: float, at: str) -> Any:
        data = {"refund_id": "R", "item_no": item_no, "refund_amount": amount}
        return deliver("refund.processed", REFUND | data, created_at=at)

    x, y = part("x", 10, "2026-05-03T12:00:00Z"), part("y", 20, "2026-05-03T12:00:01Z")
    assert only(build(SOLD, x, y)["fct_orders"])["refunded_amount"] == 30
    again = part("x", 11, "2026-05-03T12:00:02Z")
    assert only(build(SOLD, x, y, again)["fct_orders"])["refunded_amount"] == 31
    whole = part(None, 30, "2026-05-03T12:00:03Z")
    assert only(build(SOLD, x, y, whole)["fct_orders"])["refunded_amount"] == 30
    assert only(build(SOLD, x, whole)["fct_orders"])["refunded_amount"] == 30


def test_a_reversal_without_its_id_is_the_one_that_has_it(build: Build) -> None:
    at = "2026-05-03T12:00:00Z"
    with_id, without = refund("A", at, 10, refund_id="R1"), refund("A", at, 10)
    assert only(build(SOLD, with_id, without)["fct_refunds"])["refund_id"] in {"R1", None}
    assert len(build(SOLD, with_id, refund("A", at, 10, refund_id="R2"))["fct_refunds"]) == 2
    assert len(build(SOLD, with_id, refund("A", at, 11))["fct_refunds"]) == 2
    assert len(build(SOLD, with_id, refund("A", "2026-05-03T12:00:01Z", 10))["fct_refunds"]) == 2
    assert len(build(SOLD, with_id, refund("A", at, 10, role="AFFILIATE"))["fct_refunds"]) == 2


def test_a_sale_below_zero_is_no_sale(build: Build) -> None:
    tables = build(
        sale("A", "2026-05-01T12:00:00Z", -5),
        sale("B", "2026-05-01T12:00:00Z", 0),
        deliver("sale.created", rows(ROW | {"receipt": "C"}, {"amount": 5}, {"amount": -6})),
        deliver("sale.created", ROW | {"receipt": "D", "account_amount": -1}),
    )
    assert pick(tables["fct_sales"], "receipt") == [("B",)]
    assert pick(tables["quarantine"], "reason", "json_path") == [
        ("negative_amount", "$.data.account_amount"),
        ("negative_amount", "$.data.totalOrderAmount"),
        ("negative_amount", "$.data[1].amount"),
    ]


@pytest.mark.parametrize("status", ["failed", "DECLINED", "rejected", "canceled", "cancelled", "Pending"])
def test_a_refund_that_was_not_made_takes_nothing_back(build: Build, status: str) -> None:
    tables = build(SOLD, deliver("refund.processed", REFUND | {"refund_amount": 60, "status": status}))
    assert tables["fct_refunds"] == []
    event = only(tables["events"], event_type="refund.processed")
    assert (event["status"], event["reason"]) == ("unhandled", status.lower().replace("ll", "l"))
    assert only(tables["fct_orders"])["state"] == "sold"


def test_of_several_tellings_of_a_refund_the_latest_decides(build: Build) -> None:
    def told(status: str, at: str, **more: Any) -> Any:
        data = REFUND | {"refund_id": "R", "refund_amount": 60, "status": status}
        return deliver("refund.processed", data, created_at=at, **more)

    for ids in ({}, {"id": "e1"}):
        pending, done = (
            told("pending", "2026-05-03T12:00:00Z", **ids),
            told("completed", "2026-05-04T12:00:00Z", **ids),
        )
        undone = told("failed", "2026-05-05T12:00:00Z", **ids)
        for history, refunded in (
            ([pending, done], 60),
            ([done, pending, undone], 0),
            ([undone, pending], 0),
        ):
            tables = build(SOLD, *history)
            assert only(tables["fct_orders"])["refunded_amount"] == Decimal(refunded)
            event = only(tables["events"], event_type="refund.processed")
            assert (event["status"], event["body_count"]) == (
                "mapped" if refunded else "unhandled",
                len(history),
            )


def test_refunds_of_one_body_may_have_come_to_different_ends(build: Build) -> None:
    told = rows(
        REFUND,
        {"refund_id": "R1", "refund_amount": 10, "status": "failed"},
        {"refund_id": "R2", "refund_amount": 20},
    )
    tables = build(SOLD, deliver("refund.processed", told))
    assert pick(tables["fct_refunds"], "refund_id", "refund_amount") == [("R2", 20)]
