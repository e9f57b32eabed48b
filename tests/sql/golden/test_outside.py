"""A report counts everything outside the figures by its reason, with the amounts that it names."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.oracle import RawDelivery
from tests.oracle.builders import RECEIVED, deliver, pick, refund, sale

if TYPE_CHECKING:
    from tests.sql.golden import Build, Tables

AT = "2026-05-01T12:00:00Z"
LATER = "2026-05-02T12:00:00Z"


def outside(tables: Tables) -> set[tuple[Any, ...]]:
    columns = (
        "kind",
        "reason",
        "event_type",
        "currency",
        "event_count",
        "known_amount",
        "unknown_amount_count",
    )
    return {tuple(row[column] for column in columns) for row in tables["outside_the_figures"]}


def test_quarantined_and_unhandled_events_are_summed_by_reason_type_and_currency(build: Build) -> None:
    """Two sales without a receipt: 100 + 20.5 USD. A negative sale counts with 30 EUR, without its sign."""
    tables = build(
        sale("GOOD", AT, 999),
        deliver("sale.created", {"transactionTime": AT, "totalOrderAmount": 100, "currency": "USD"}),
        deliver("sale.created", {"transactionTime": AT, "totalOrderAmount": "20.50", "currency": "usd"}),
        deliver("sale.created", {"transactionTime": AT, "totalOrderAmount": "1,5", "currency": "USD"}),
        sale("NEG", AT, -30, currency="EUR"),
        sale("FEE1", AT, 7, transactionType="FEE"),
        refund("GOOD", LATER, 12, currency="USD", status="failed"),
        deliver("subscription.paused", {"receipt": "GOOD", "amount": 5}),
        RawDelivery(RECEIVED, b"<html>"),
        sale("TEST", AT, 50, is_test=True),
    )
    assert outside(tables) == {
        ("quarantined", "missing_receipt", "sale.created", "USD", 3, Decimal("120.5"), 1),
        ("quarantined", "negative_amount", "sale.created", "EUR", 1, Decimal(30), 0),
        ("quarantined", "bad_json", None, None, 1, None, 1),
        ("unhandled", "transaction_type FEE", "sale.created", "USD", 1, Decimal(7), 0),
        ("unhandled", "failed", "refund.processed", "USD", 1, Decimal(12), 0),
        ("unhandled", "event type", "subscription.paused", None, 1, None, 1),
    }
    assert pick(tables["events"], "status", "amount", "currency") == sorted(
        [
            ("mapped", None, None),
            ("quarantined", Decimal("-30.0000"), "EUR"),
            ("quarantined", Decimal("20.5000"), "USD"),
            ("quarantined", Decimal("100.0000"), "USD"),
            ("quarantined", None, "USD"),
            ("quarantined", None, None),
            ("test", None, None),
            ("unhandled", Decimal("12.0000"), "USD"),
            ("unhandled", Decimal("7.0000"), "USD"),
            ("unhandled", None, None),
        ],
        key=str,
    )


def test_the_rows_of_one_body_are_added_up_where_that_is_their_money(build: Build) -> None:
    """40 + 2.5 of two receipts, one without a time; two totals of one order are no sum, nor are two currencies."""
    rows: list[dict[str, Any]] = [
        {"receipt": "A", "transactionTime": AT, "amount": 40, "currency": "USD"},
        {"receipt": "B", "amount": 2.5, "currency": "USD"},
    ]
    totals = [
        {"receipt": "C", "transactionTime": AT, "totalOrderAmount": amount, "currency": "USD"}
        for amount in (5, 6)
    ]
    currencies = [rows[0], rows[1] | {"currency": "EUR"}]
    tables = build(*(deliver("sale.created", body) for body in (rows, totals, currencies)))
    assert outside(tables) == {
        ("quarantined", "no_time", "sale.created", "USD", 1, Decimal("42.5"), 0),
        ("quarantined", "parts_disagree", "sale.created", "USD", 1, None, 1),
        ("quarantined", "no_time", "sale.created", None, 1, None, 1),
    }


def test_an_order_with_a_refund_in_another_currency_and_a_refund_of_one_of_two_sellers(build: Build) -> None:
    tables = build(
        sale("EURO", AT, 57),
        refund("EURO", LATER, 50, currency="EUR"),
        sale("TWICE", AT, 97, vendor="one"),
        sale("TWICE", AT, 97, vendor="two"),
        refund("TWICE", LATER, 97, currency="USD"),
    )
    assert outside(tables) == {
        ("unknown_net", "reversal_in_other_currency", "sale.created", "USD", 1, Decimal(57), 0),
        ("ambiguous_receipt", "several_sellers", "refund.processed", "USD", 1, Decimal(97), 0),
    }


def test_nothing_is_outside_when_all_is_mapped(build: Build) -> None:
    tables = build(
        sale("A", AT, 10),
        refund("A", LATER, 10),
        RawDelivery(RECEIVED, json.dumps({"type": "ping"}).encode()),
    )
    assert outside(tables) == set()
