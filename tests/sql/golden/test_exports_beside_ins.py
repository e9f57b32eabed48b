"""A transaction that an export and INS tell is one fact, on its Pacific day; the rest of the export is added."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.exports import CART, REPORT, as_csv, as_json, bodies
from tests.oracle import RawDelivery
from tests.oracle.builders import RECEIVED, only, pick

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.sql.golden import Build

ORDERS: dict[str, Callable[[list[RawDelivery]], list[RawDelivery]]] = {
    "the export first": lambda told: told,
    "the export last": lambda told: told[::-1],
}
in_either_order = pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)


def exported(directory: Path, file: bytes) -> list[RawDelivery]:
    return [RawDelivery(RECEIVED, event.body, event.secret_id) for event in bodies(directory, file)]


def noted(type_: str, at: str, amount: float, **more: Any) -> RawDelivery:
    """Return a notification of INS."""
    body = {
        "transactionType": type_,
        "transactionTime": at,
        "totalOrderAmount": amount,
        "vendor": "brightketo",
    }
    return RawDelivery(
        RECEIVED, json.dumps(body | {"currency": "EUR", "role": "VENDOR"} | more).encode(), "ins:a"
    )


@in_either_order
def test_a_report_adds_the_rebill_and_the_fee_that_ins_did_not_tell(
    build: Build, tmp_path: Path, order: Callable[[list[RawDelivery]], list[RawDelivery]]
) -> None:
    """The report's 22:30 with +00:00 is the notification's 22:30 -0800, on 5 March; 47 went back once."""
    told = [
        *exported(tmp_path, as_json(REPORT)),
        noted("SALE", "20260305T223000-0800", 47, receipt="AAAA1111"),
        noted("RFND", "20260307T090002-0800", -47, receipt="AAAA1111"),
    ]
    tables = build(*order(told))
    assert pick(tables["fct_sales"], "receipt", "sold_date", "gross_amount", "sources") == [
        ("AAAA1111", date(2026, 3, 5), Decimal(47), "ins,report"),
        ("AAAA1111-B002", date(2026, 3, 6), Decimal(47), "report"),
    ]
    assert pick(
        tables["fct_refunds"], "refunded_date", "refund_amount", "fee_amount", "sources", "told_count"
    ) == [(date(2026, 3, 7), Decimal(47), Decimal("2.50"), "ins,report", 2)]
    assert pick(tables["fct_orders"], "receipt", "net_amount", "state") == [
        ("AAAA1111", Decimal(0), "refunded"),
        ("AAAA1111-B002", Decimal(47), "sold"),
    ]


@in_either_order
def test_a_cart_of_three_rows_and_a_notification_with_three_lines_are_one_sale(
    build: Build, tmp_path: Path, order: Callable[[list[RawDelivery]], list[RawDelivery]]
) -> None:
    """The rows add up to EUR 60.50; INS tells its USD 66, and that the customer paid in EUR."""
    lines = [{"itemNo": str(number), "productPrice": 22, "quantity": 1} for number in (1, 2, 3)]
    told = [
        *exported(tmp_path, as_csv(CART)),
        noted("SALE", "20260305T100000-0800", 66, receipt="ABCD1234", lineItems=lines),
    ]
    tables = build(*order(told))
    sale = only(tables["fct_sales"])
    assert (sale["gross_amount"], sale["currency"], sale["customer_currency"]) == (Decimal(66), "USD", "EUR")
    assert (sale["account_amount"], sale["affiliate"], sale["sources"]) == (
        Decimal("27.50"),
        "aff1",
        "ins,orders",
    )
    assert pick(tables["fct_sale_lines"], "item_no", "line_amount") == [("1", 22), ("2", 22), ("3", 22)]
