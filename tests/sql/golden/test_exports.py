"""Rows of ClickBank's exports become the facts that the same transactions have over HTTP."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.exports import BILLED, CART, DETAILS, ORDER, REPORT, as_csv, as_json, bodies, keep
from tests.oracle import RawDelivery
from tests.oracle.builders import RECEIVED, only, pick

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sql.golden import Build


def told(directory: Path, *files: bytes) -> list[RawDelivery]:
    return [RawDelivery(RECEIVED, event.body, event.secret_id) for event in bodies(directory, *files)]


def test_a_cart_is_one_sale_with_three_lines_in_every_format(build: Build, tmp_path: Path) -> None:
    """20.00 + 20.00 + 20.50 = 60.50, of which the account gets 9 + 9 + 9.50 = 27.50."""
    for files in ([as_csv(CART)], [as_json(CART)], [as_json([ORDER])], [as_csv(CART), as_json([ORDER])]):
        tables = build(*told(tmp_path, *files))
        sale = only(tables["fct_sales"])
        assert (sale["receipt"], sale["vendor"], sale["gross_amount"], sale["account_amount"], sale["currency"]) == (
            "ABCD1234", "brightketo", Decimal("60.50"), Decimal("27.50"), "EUR",
        )  # fmt: skip
        assert pick(tables["fct_sale_lines"], "item_no", "line_amount") == [
            ("1", Decimal(20)), ("2", Decimal(20)), ("3", Decimal("20.50")),
        ]  # fmt: skip
        assert pick(tables["events"], "event_type", "status", "delivery_count") == [
            ("sale.created", "mapped", 1)
        ]


def test_a_report_tells_sales_rebills_refunds_and_fees_in_usd_and_pacific_time(
    build: Build, tmp_path: Path
) -> None:
    """22:30 with +00:00 is 22:30 in Pacific time: 5 March there, 06:30 UTC on the 6th."""
    tables = build(*told(tmp_path, as_json(REPORT)))
    assert pick(
        tables["fct_sales"],
        "receipt",
        "payment",
        "role",
        "sold_date",
        "gross_amount",
        "account_amount",
        "currency",
    ) == [
        ("AAAA1111", "SALE", "VENDOR", date(2026, 3, 5), Decimal("47.00"), Decimal("30.00"), "USD"),
        ("AAAA1111-B002", "BILL", "VENDOR", date(2026, 3, 6), Decimal("47.00"), Decimal("30.00"), "USD"),
    ]
    assert pick(
        tables["fct_refunds"], "receipt", "refund_amount", "account_amount", "fee_amount", "refunded_date"
    ) == [("AAAA1111", Decimal("47.00"), Decimal("30.00"), Decimal("2.50"), date(2026, 3, 7))]
    assert pick(tables["fct_orders"], "receipt", "net_amount") == [
        ("AAAA1111", Decimal(0)), ("AAAA1111-B002", Decimal("47.00")),
    ]  # fmt: skip
    assert pick(tables["events"], "event_type", "status") == [
        ("refund.processed", "mapped"), ("sale.created", "mapped"), ("sale.created", "mapped"),
    ]  # fmt: skip


def test_the_state_of_a_subscription_is_neither_a_refund_s_nor_a_payment_s(
    build: Build, tmp_path: Path
) -> None:
    """A refund of a CANCELED subscription is a refund; the 9 payments were made until the export, not before a row."""
    rows: list[dict[str, Any]] = [
        BILLED | {"txnType": "SALE"},
        BILLED | {"txnType": "BILL", "date": "2026-04-05T10:00:00-07:00"},
        BILLED | {"txnType": "RFND", "date": "2026-04-06T10:00:00-07:00", "amount": "-20.00"},
    ]
    tables = build(*told(tmp_path, as_csv(rows)))
    assert pick(tables["fct_sales"], "payment") == [("BILL 2026-04-05T17:00:00Z",), ("SALE",)]
    assert pick(tables["fct_refunds"], "refund_amount") == [(Decimal("20.00"),)]


def test_a_second_import_that_tells_more_corrects_the_first(build: Build, tmp_path: Path) -> None:
    """Two of three rows, and then the third: 60.50 sold and 60.50 refunded, in any order of arrival."""
    refunded = [row | {"txnType": "RFND", "date": "2026-03-09T10:00:00-07:00"} for row in CART]
    first = bodies(tmp_path, as_csv([*CART[:2], *refunded[:2]]))
    fee = refunded[0] | {"txnType": "FEE", "item": "rfnd-1", "amount": "-2.50"}
    second = bodies(tmp_path, as_csv([CART[2], refunded[2]]), held=keep(tmp_path, first))
    third = bodies(tmp_path, as_csv([fee]), held=keep(tmp_path, second))
    at_once = bodies(tmp_path, as_csv([CART[2], refunded[2], fee]), held=keep(tmp_path, first))
    for events in (
        [*first, *second, *third],
        [*third, *second, *first],
        [*first, *at_once],
        [*at_once, *first],
    ):
        tables = build(*(RawDelivery(RECEIVED, event.body, event.secret_id) for event in events))
        assert only(tables["fct_sales"])["gross_amount"] == Decimal("60.50")
        assert pick(tables["fct_refunds"], "refund_amount", "fee_amount") == [
            (Decimal("60.50"), Decimal("2.50"))
        ]
        assert pick(tables["fct_orders"], "net_amount") == [(Decimal(0),)]


def test_rows_of_one_sale_may_differ_by_a_second(build: Build, tmp_path: Path) -> None:
    later = CART[2] | {"date": "2026-03-05T10:00:01-08:00"}
    tables = build(*told(tmp_path, as_csv([*CART[:2], later])))
    assert pick(tables["fct_sales"], "gross_amount") == [(Decimal("60.50"),)]


def test_details_of_subscriptions_are_listed_and_count_for_nothing(build: Build, tmp_path: Path) -> None:
    tables = build(*told(tmp_path, as_csv(DETAILS)))
    assert pick(tables["events"], "event_type", "status") == [("subscription.observed", "unhandled")] * 2


@pytest.mark.parametrize(
    ("fields", "event_type", "status"),
    [
        ({"txnType": "TEST_SALE"}, "test", "test"),
        ({"pmtType": "TEST"}, "sale.created", "test"),
        ({"txnType": "FEE", "item": "rfnd-1"}, "FEE", "unhandled"),
        ({"txnType": "SOMETHING"}, "SOMETHING", "unhandled"),
        ({"amount": "-20.00"}, "sale.created", "quarantined"),
        ({"receipt": ""}, "sale.created", "quarantined"),
        ({"date": ""}, "sale.created", "quarantined"),
    ],
)
def test_a_row_that_is_no_sale_makes_none(
    build: Build, tmp_path: Path, fields: dict[str, str], event_type: str, status: str
) -> None:
    tables = build(*told(tmp_path, as_csv([CART[0] | fields])))
    event = only(tables["events"])
    assert (event["event_type"], event["status"]) == (event_type, status)
    assert not tables["fct_sales"]
