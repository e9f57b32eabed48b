"""One event stays one event, for any number of deliveries and of bodies that tell it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.oracle import RawDelivery
from tests.oracle.builders import RECEIVED, deliver, only, pick, refund, sale

if TYPE_CHECKING:
    from tests.sql.golden import Build


def test_repeats_are_counted_and_change_nothing_else(build: Build) -> None:
    history = [sale("A", "2026-05-01T12:00:00Z"), refund("A", "2026-05-03T12:00:00Z", 30)]
    once, thrice = dict(build(*history)), dict(build(*history, *history[::-1], *history))
    assert [row["delivery_count"] for row in thrice["events"]] == [3, 3]
    for table in once.keys() - {"events"}:
        assert sorted(map(str, thrice[table])) == sorted(map(str, once[table])), table
    late = RawDelivery(RECEIVED + timedelta(days=365), history[0].body)
    event = only(build(history[0], late)["events"])
    assert (event["received_at"], event["last_received_at"]) == (RECEIVED, RECEIVED + timedelta(days=365))


def test_one_id_with_two_bodies_is_one_event_that_is_flagged(build: Build) -> None:
    """The body with the latest created_at counts, in either order; the flag reports that the amounts disagree."""
    data = {"receipt": "A", "transactionTime": "2026-05-01T00:00:00Z", "totalOrderAmount": 10}
    old = deliver("sale.created", data, id="e1", created_at="2026-05-01T00:00:01Z")
    new = deliver("sale.created", data | {"totalOrderAmount": 11}, id="e1", created_at="2026-05-01T04:00:00Z")
    same = deliver("sale.created", data, id="e1", created_at="2026-05-01T00:00:02Z", attemptCount=2)
    for order in ([old, new], [new, old]):
        tables = build(*order)
        event = only(tables["events"])
        assert (event["delivery_count"], event["body_count"], event["is_id_conflict"]) == (2, 2, True)
        assert only(tables["fct_sales"])["gross_amount"] == 11
    assert only(build(old, same)["events"])["is_id_conflict"] is False


def test_an_array_maps_as_a_whole_or_not_at_all(build: Build) -> None:
    item = {"receipt": "A", "transactionTime": "2026-05-01T00:00:00Z", "totalOrderAmount": 10}
    tables = build(deliver("sale.created", [item, item | {"receipt": "B"}, item]))
    assert pick(tables["fct_sales"], "receipt", "item_index") == [("A", 0), ("B", 1)]
    assert only(tables["events"])["status"] == "mapped"
    broken = build(deliver("sale.created", [item, {"amount": "x", "currency": "$"}, 7]))
    assert broken["fct_sales"] == broken["daily_sales"] == []
    assert only(broken["events"])["reason"] == "missing_receipt"
    assert pick(broken["quarantine"], "reason", "json_path") == [
        ("bad_currency", "$.data[1].currency"),
        ("bad_money", "$.data[1].amount"),
        ("data_not_object", "$.data[2]"),
        ("missing_receipt", "$.data[1].receipt"),
        ("no_time", "$.data[1].transaction_time"),
    ]


def test_alerts_of_one_array_are_as_many_as_it_holds(build: Build) -> None:
    alerts = [{"metric": "sale_count", "value": 1}, {"metric": "refund_count", "value": 2}]
    tables = build(deliver("threshold.reached", alerts, id="e1"))
    assert pick(tables["fct_threshold_alerts"], "item_index", "metric") == [
        (0, "sale_count"),
        (1, "refund_count"),
    ]


def test_test_traffic_is_an_event_and_nothing_else(build: Build) -> None:
    data = {"receipt": "A", "transactionTime": "2026-05-01T00:00:00Z", "totalOrderAmount": 10}
    marks: list[dict[str, Any]] = [
        {"test": True},
        {"livemode": "false"},
        {"type": "webhook.test"},
        {"data": data | {"paymentMethod": "test"}},
        {"data": data | {"transactionType": "TEST_SALE"}},
        {"data": data | {"receipt": "********"}},
    ]
    bodies = [{"type": "sale.created", "data": data} | mark for mark in marks]
    tables = build(*(RawDelivery(RECEIVED, json.dumps(body).encode()) for body in bodies))
    assert pick(tables["events"], "status", "is_test") == [("test", True)] * len(marks)
    assert not any(rows for table, rows in tables.items() if table not in {"events", "metric_definitions"})


def test_without_data_the_body_itself_is_read_and_an_object_inside_data_wins(build: Build) -> None:
    at = {"transactionTime": "2026-05-01T00:00:00Z", "totalOrderAmount": 10}
    inner = {"object": {"receipt": "INNER"} | at, "receipt": "OUTER"} | at
    bodies: list[dict[str, Any]] = [
        {"receipt": "FLAT"} | at,
        {"data": inner},
        {"id": "e1", "vendor": "shop"} | at,
    ]
    tables = build(
        *(RawDelivery(RECEIVED, json.dumps({"type": "sale.created"} | body).encode()) for body in bodies)
    )
    assert pick(tables["fct_sales"], "receipt") == [("FLAT",), ("INNER",)]
    assert pick(tables["quarantine"], "reason", "json_path") == [("missing_receipt", "$.receipt")]


REFUSED = {
    "no_time": {"receipt": "A", "amount": 1},
    "implausible_time": {"receipt": "A", "amount": 1, "date": "1997-12-31"},
}


@pytest.mark.parametrize("reason", REFUSED)
def test_what_has_no_place_in_time_is_kept_in_quarantine(build: Build, reason: str) -> None:
    tables = build(deliver("sale.created", REFUSED[reason]))
    assert pick(tables["events"], "status", "reason") == [("quarantined", reason)]
    assert tables["fct_sales"] == []
    if reason == "no_time":
        assert only(tables["events"])["occurred_at"] is None


def test_a_time_may_be_two_days_after_its_receipt_and_no_more_and_a_nul_is_a_character(build: Build) -> None:
    """Clocks differ; the pipeline accepts a time 48 h ahead and refuses one a microsecond later."""
    tables = build(
        sale("A", "2026-07-03T12:00:00Z", product_title="a\u0000b"),
        sale("B", "2026-07-03T12:00:00.000001Z"),
    )
    assert pick(tables["fct_sales"], "receipt") == [("A",)]
    assert only(tables["fct_sale_lines"])["title"] == "a\u0000b"
    assert pick(tables["quarantine"], "reason", "json_path") == [
        ("implausible_time", "$.data.transactionTime")
    ]


def test_a_time_is_judged_by_the_latest_delivery_of_the_same_bytes(build: Build) -> None:
    """Our clock was 30 days slow at the first delivery of A and of B, and right at the second one of A."""
    slow = RECEIVED - timedelta(days=30)
    believed, refused = sale("A", "2026-07-01T12:00:00Z"), sale("B", "2026-07-01T12:00:00Z")
    tables = build(
        RawDelivery(slow, believed.body),
        RawDelivery(RECEIVED, believed.body),
        RawDelivery(slow, refused.body),
    )
    assert pick(tables["fct_sales"], "receipt") == [("A",)]
    assert pick(tables["quarantine"], "reason", "json_path") == [
        ("implausible_time", "$.data.transactionTime")
    ]


def test_a_clock_that_was_never_set_judges_nothing(build: Build) -> None:
    at_boot = datetime(1970, 1, 1, 0, 1, tzinfo=UTC)
    tables = build(
        RawDelivery(at_boot, sale("A", "2026-07-01T12:00:00Z").body),
        RawDelivery(at_boot, sale("B", "1997-07-01T12:00:00Z").body),
    )
    assert pick(tables["fct_sales"], "receipt") == [("A",)]
    assert pick(tables["quarantine"], "reason") == [("implausible_time",)]
    assert pick(tables["daily_sales"], "report_date", "sale_count") == [(date(2026, 7, 1), 1)]
