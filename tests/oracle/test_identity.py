"""The oracle's identity: which deliveries are one event, its status, and the aliases that lead to the same row."""

from __future__ import annotations

import itertools
import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.oracle import RawDelivery
from tests.oracle.builders import RECEIVED, build, chargeback, deliver, key_of, only, pick, refund, sale


def test_a_redelivery_with_another_creation_time_is_the_same_event() -> None:
    data = {"receipt": "A", "transactionTime": "2026-05-01T00:00:00Z", "totalOrderAmount": 10}
    old = deliver("sale.created", data, created_at="2026-05-01T00:00:01Z")
    new = deliver("sale.created", data | {"totalOrderAmount": 11}, created_at="2026-05-01T04:00:00Z")
    late = RawDelivery(RECEIVED - timedelta(days=1), old.body)
    for order in itertools.permutations([old, new, late]):
        tables = build(*order)
        event = only(tables["events"])
        assert (event["event_key"], event["delivery_count"]) == (key_of(new), 3)
        assert event["received_at"] == RECEIVED - timedelta(days=1)
        assert only(tables["fct_sales"])["gross_amount"] == 11


def test_a_body_that_maps_wins_over_a_later_one_with_its_id_that_does_not() -> None:
    good = {"receipt": "A", "transactionTime": "2026-05-01T00:00:00Z", "totalOrderAmount": 10}
    mapped = deliver("sale.created", good, id="e1", created_at="2026-05-01T00:00:00Z")
    broken = deliver("sale.created", {"receipt": "A"}, id="e1", created_at="2026-05-02T00:00:00Z")
    tables = build(broken, mapped)
    assert pick(tables["events"], "event_key", "delivery_count", "status") == [(key_of(mapped), 2, "mapped")]
    assert tables["quarantine"] == []


def test_an_array_is_one_event_and_maps_only_as_a_whole() -> None:
    item = {"receipt": "A", "transactionTime": "2026-05-01T00:00:00Z", "totalOrderAmount": 10}
    tables = build(deliver("sale.created", [item, item | {"receipt": "B"}, item]))
    assert pick(tables["fct_sales"], "receipt", "item_index") == [("A", 0), ("B", 1)]
    assert len(tables["events"]) == 1
    broken = build(deliver("sale.created", [item, {"amount": "x", "currency": "$"}, 7]))
    assert broken["fct_sales"] == []
    assert only(broken["events"])["reason"] == "missing_receipt"
    assert pick(broken["quarantine"], "reason", "json_path") == [
        ("bad_currency", "$.data[1].currency"),
        ("bad_money", "$.data[1].amount"),
        ("data_not_object", "$.data[2]"),
        ("missing_receipt", "$.data[1].receipt"),
        ("no_time", "$.data[1].transaction_time"),
    ]


def test_a_body_that_loses_all_its_items_merges_into_the_winner_of_its_first() -> None:
    item = {"receipt": "A", "transactionTime": "2026-05-01T00:00:00Z", "totalOrderAmount": 10}
    pair = deliver("sale.created", [item, item | {"receipt": "B"}], created_at="2026-05-02T00:00:00Z")
    single = deliver("sale.created", item | {"receipt": "B"}, created_at="2026-05-01T00:00:00Z")
    partly = deliver("sale.created", item | {"receipt": "A"}, created_at="2026-05-03T00:00:00Z")
    tables = build(pair, single, partly)
    assert pick(tables["events"], "event_key", "delivery_count") == sorted(
        [(key_of(pair), 2), (key_of(partly), 1)], key=str
    )
    assert pick(tables["fct_sales"], "receipt", "event_key") == [("A", key_of(partly)), ("B", key_of(pair))]


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ({}, "unhandled", None),
        ({"type": 7}, "unhandled", None),
        ({"type": "Sale.Created"}, "unhandled", None),
        ({"type": "ping"}, "test", None),
        ({"type": "sale.created", "livemode": False}, "test", None),
        ({"type": "sale.created", "data": {"receipt": "********"}}, "test", None),
        ({"type": "sale.created", "data": {"transactionType": "TEST_SALE"}}, "test", None),
        ({"type": "sale.created", "data": "text"}, "quarantined", "data_not_object"),
        ({"type": "sale.created", "data": []}, "quarantined", "data_empty"),
        ({"type": "sale.created", "data": {"amount": 1}}, "quarantined", "missing_receipt"),
        (
            {"type": "refund.processed", "receipt": "A", "created": 1767225600},
            "quarantined",
            "missing_amount",
        ),
        ({"type": "sale.created", "receipt": "A", "amount": 1}, "quarantined", "no_time"),
        ({"type": "sale.created", "receipt": "A", "amount": 1, "date": "x"}, "quarantined", "bad_time"),
        (
            {"type": "sale.created", "receipt": "A", "amount": 1, "date": "1997-12-31"},
            *("quarantined", "implausible_time"),
        ),
        (
            {"type": "sale.created", "receipt": "A", "amount": 1, "date": "2026-07-04"},
            *("quarantined", "implausible_time"),
        ),
        ({"type": "sale.created", "receipt": "A", "amount": 1, "date": "2026-07-03"}, "mapped", None),
        ({"type": "threshold.reached", "data": {"metric": "x"}}, "quarantined", "missing_value"),
        ({"type": "threshold.reached", "data": {"value": 1}}, "quarantined", "missing_metric"),
        ({"type": "threshold.reached", "data": {"metric": "x", "value": "1%%"}}, "quarantined", "bad_money"),
        ({"type": "data.synced"}, "mapped", None),
    ],
)
def test_every_event_has_one_status(body: dict[str, Any], status: str, reason: str | None) -> None:
    event = only(build(RawDelivery(RECEIVED, json.dumps(body).encode()))["events"])
    assert (event["status"], event["reason"]) == (status, reason)


def test_a_first_alias_that_is_bad_is_not_skipped_but_one_that_is_absent_is() -> None:
    data = {"receipt": "N/A", "orderId": " ab1 ", "date": "2026-05-01", "totalOrderAmount": {"@nil": "true"}}
    assert only(build(deliver("sale.created", data | {"amount": "$1,000"}))["fct_sales"])["receipt"] == "AB1"
    tables = build(deliver("sale.created", data | {"gross": "free", "amount": 5}))
    assert pick(tables["quarantine"], "reason", "json_path") == [("bad_money", "$.data.gross")]


def test_the_three_shapes_of_a_sale_become_the_same_rows() -> None:
    line = {
        "itemNo": "P1",
        "productTitle": "Book",
        "productPrice": 294,
        "quantity": 1,
        "accountAmount": 28.94,
    }
    ins = {
        "receipt": "T1",
        "transactionTime": "20260423T175704-0700",
        "vendor": "Shop",
        "affiliate": "None",
        "role": "VENDOR",
        "currency": "USD",
        "totalOrderAmount": 320.75,
        "totalAccountAmount": 28.94,
        "totalTaxAmount": 26.75,
        "paymentMethod": "visa",
        "trackingCodes": ["t9"],
        "lineItems": [line],
        "customer": {"billing": {"address": {"country": "us"}}},
    }
    orders = {
        "receipt": "T1",
        "transactionTime": "2026-04-23T17:57:04-07:00",
        "vendor": "shop",
        "role": "VENDOR",
        "currency": "usd",
        "totalOrderAmount": "320.75",
        "totalTaxAmount": "26.75",
        "paytmentMethod": "VISA",
        "affiliate": {"@nil": "true"},
        "country": "US",
        "trackingId": "t9",
        "lineItemData": line,
    }
    flat = {
        "order_id": "t1",
        "sold_at": 1776992224,
        "seller": "shop",
        "gross_amount": "$320.75",
        "tax": 26.75,
        "earnings": "28.94",
        "currency_code": "USD",
        "payment_method": "VISA",
        "country": "US",
        "tid": "t9",
        "items": [
            {"item_no": "P1", "title": "Book", "price": "294", "quantity": "1", "account_amount": 28.94}
        ],
    }
    built = [build(deliver("sale.created", shape)) for shape in (ins, orders, flat)]
    for table in ("fct_sales", "fct_sale_lines"):
        rows = [only(tables[table]) | {"event_key": None} for tables in built]
        assert rows[0] == rows[1] == rows[2]
    assert only(built[0]["fct_sales"])["sold_date"] == date(2026, 4, 23)


def test_legacy_cents_are_money_and_a_body_without_data_is_its_own_data() -> None:
    body = {"type": "sale.created", "ctransreceipt": "L1", "ctranstime": "1776992224", "corderamount": "4995"}
    row = only(build(RawDelivery(RECEIVED, json.dumps(body).encode()))["fct_sales"])
    assert (row["gross_amount"], row["receipt"], row["role"]) == (Decimal("49.95"), "L1", "VENDOR")


def test_the_order_of_arrival_and_repeats_change_only_delivery_counts() -> None:
    history = [
        sale("A", "2026-05-01T12:00:00Z", role="AFFILIATE"),
        refund("A", "2026-05-03T12:00:00Z", 30),
        chargeback("A", "2026-05-04T12:00:00Z", 30),
        sale("A", "2026-05-01T12:00:00Z"),
    ]

    def tables_of(deliveries: list[RawDelivery]) -> dict[str, list[str]]:
        return {table: sorted(map(str, rows)) for table, rows in build(*deliveries).items()}

    assert tables_of(history) == tables_of(history[::-1])
    twice = tables_of(history * 2)
    del twice["events"]
    assert twice.items() <= tables_of(history).items()
