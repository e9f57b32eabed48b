"""A few events in, exact rows out, through the real SQL; every expectation was worked out by hand."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.oracle import RawDelivery
from tests.oracle.builders import RECEIVED, chargeback, deliver, only, pick, refund, sale
from tests.transforms.one_store import opened, tables_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Tables = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Tables]]:
    for store in opened(tmp_path_factory.mktemp("data")):
        yield lambda *deliveries: tables_of(store, *deliveries)  # noqa: B023 - the loop runs once


def sync(day: str, **more: Any) -> RawDelivery:
    return deliver("data.synced", {"completed_at": f"2026-05-{day}T12:00:00Z", **more})


DAYS = {
    "2026-03-01T07:59:59Z": date(2026, 2, 28),
    "2026-03-01T08:00:00Z": date(2026, 3, 1),
    "2026-06-01T06:59:59.999999Z": date(2026, 5, 31),
    "2026-06-01T07:00:00Z": date(2026, 6, 1),
    "2026-03-08T07:59:59Z": date(2026, 3, 7),
    "2026-03-08T08:00:00Z": date(2026, 3, 8),
    "2026-03-08T02:30:00": date(2026, 3, 8),
    "2026-03-09T06:59:59Z": date(2026, 3, 8),
    "2025-11-02T06:59:59Z": date(2025, 11, 1),
    "2025-11-02T07:00:00Z": date(2025, 11, 2),
    "2025-11-03T07:59:59Z": date(2025, 11, 2),
    "2025-12-31T23:59:59-0800": date(2025, 12, 31),
    "20260101T000000-0800": date(2026, 1, 1),
    "2026-01-01T07:59:59Z": date(2025, 12, 31),
    "2026-01-01": date(2026, 1, 1),
}


def test_a_day_is_a_pacific_day_all_year(build: Callable[..., Tables]) -> None:
    """ClickBank closes each day at 24:00 Pacific.

    That is UTC-8 in winter and UTC-7 from the second Sunday of March, which has 23 hours, to the first of November,
    which has 25.
    """
    tables = build(*(sale(f"R{number}", at) for number, at in enumerate(DAYS)))
    sold = {row["receipt"]: row["sold_date"] for row in tables["fct_sales"]}
    assert {at: sold[f"R{number}"] for number, at in enumerate(DAYS)} == DAYS
    assert sorted({row["report_date"] for row in tables["daily_sales"]}) == sorted(set(DAYS.values()))


def test_a_time_the_clock_shows_twice_is_the_earlier_and_one_it_skips_keeps_the_old_offset(
    build: Callable[..., Tables],
) -> None:
    tables = build(sale("A", "2025-11-02T01:30:00"), sale("B", "2026-03-08T02:30:00"))
    assert pick(tables["fct_sales"], "receipt", "sold_at", "is_time_assumed") == [
        ("A", datetime(2025, 11, 2, 8, 30, tzinfo=UTC), True),
        ("B", datetime(2026, 3, 8, 10, 30, tzinfo=UTC), True),
    ]


def test_yen_and_dollars_and_an_unknown_currency_are_never_added(build: Callable[..., Tables]) -> None:
    """12,000 yen, 5 dollars, and 7 of who knows what: three groups, each with its own sums."""
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


def test_an_immature_cohort_has_no_rate_rather_than_zero(build: Callable[..., Tables]) -> None:
    """Sold 1 May, one of two refunded after 7 days; today is 15 May: 7 and 14 days are over, 30 are not.

    The formula: distinct sale receipts of the cohort refunded with lag <= N / cohort sales; NULL while age < N.
    """
    tables = build(
        sale("A", "2026-05-01T12:00:00Z"),
        sale("B", "2026-05-01T13:00:00Z"),
        refund("A", "2026-05-08T12:00:00Z", 10),
        refund("A", "2026-05-09T12:00:00Z", 90),
        sale("C", "2026-05-15T12:00:00Z"),
    )
    cohort = [row for row in tables["refund_cohorts"] if row["sold_date"] == date(2026, 5, 1)]
    columns = ("horizon_days", "cohort_sales", "refunded_sales", "refund_rate_cohort", "is_mature")
    assert sorted(pick(cohort, *columns)) == [
        (7, 2, 1, 0.5, True),
        (14, 2, 1, 0.5, True),
        (30, 2, None, None, False),
        (60, 2, None, None, False),
        (90, 2, None, None, False),
    ]


def test_a_refund_before_its_sale_is_an_orphan_until_the_sale_comes(build: Callable[..., Tables]) -> None:
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


def test_a_receipt_refunded_and_charged_back_is_charged_back_and_may_be_below_zero(
    build: Callable[..., Tables],
) -> None:
    """Gross 100 - refunded 100 - charged back 100 = -100; the day it was charged back has -100 as well."""
    tables = build(
        sale("A", "2026-05-01T12:00:00Z"),
        refund("A", "2026-05-02T12:00:00Z", 100),
        chargeback("A", "2026-05-20T12:00:00Z"),
    )
    columns = ("state", "refunded_amount", "charged_back_amount", "net_amount", "is_over_reversed")
    assert pick(tables["fct_orders"], *columns) == [("charged_back", 100, 100, Decimal(-100), True)]
    assert pick(tables["daily_sales"], "report_date", "net_sales") == [
        (date(2026, 5, 1), 100),
        (date(2026, 5, 2), -100),
        (date(2026, 5, 20), -100),
    ]


def test_the_refund_of_a_rebill_belongs_to_the_rebill(build: Callable[..., Tables]) -> None:
    """The rebill names no affiliate and so does its refund: nothing comes from the root while it is known."""
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


def test_a_receipt_told_to_vendor_and_affiliate_counts_once_and_earns_twice(
    build: Callable[..., Tables],
) -> None:
    """One sale of 100; the account earned 50 as vendor and 40 as affiliate; the refund took both back."""
    tables = build(
        sale("A", "2026-05-01T12:00:00Z", totalAccountAmount=40, role="AFFILIATE", affiliate="joe"),
        sale("A", "2026-05-01T12:00:00Z", totalAccountAmount=50, role="VENDOR", affiliate="joe"),
        refund("A", "2026-05-01T13:00:00Z", 100, role="AFFILIATE", totalAccountAmount=-40),
        refund("A", "2026-05-01T13:00:01Z", 100, role="VENDOR", totalAccountAmount=-50),
    )
    assert pick(tables["fct_sales"], "role", "is_counted") == [("AFFILIATE", False), ("VENDOR", True)]
    day = only(tables["daily_sales"])
    assert (day["sale_count"], day["gross_sales"], day["account_amount"]) == (1, 100, 90)
    assert (day["refund_count"], day["refund_amount"], day["reversed_account_amount"]) == (1, 100, 90)
    assert only(tables["fct_orders"])["net_amount"] == 0
    thirty = only(tables["affiliate_performance"], window_days=30)
    assert (thirty["earnings_per_order"], thirty["refund_rate"]) == (90, 1.0)


def test_a_partial_refund_and_the_remainder_are_two_events_of_one_refunded_receipt(
    build: Callable[..., Tables],
) -> None:
    """30 + 69.99 reach the gross of 100 less one cent: the second is FULL, in whatever order they arrive."""
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


def test_a_refund_of_tax_never_makes_an_order_refunded(build: Callable[..., Tables]) -> None:
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


def test_later_stages_of_a_dispute_are_rows_but_not_new_chargebacks(build: Callable[..., Tables]) -> None:
    """Two disputes of one receipt, one of them with a later stage: 3 rows, 2 chargebacks, 1 receipt in the rate.

    A dispute that was won stays in the gross rate.
    """
    tables = build(
        sale("A", "2026-05-01T12:00:00Z"),
        chargeback("A", "2026-05-20T12:00:00Z", dispute_id="D1"),
        chargeback("A", "2026-06-20T12:00:00Z", dispute_id="D1", status="WON"),
        chargeback("A", "2026-06-25T12:00:00Z", 20, transactionType="INSF"),
    )
    columns = ("charged_back_date", "status", "kind", "stage", "days_to_chargeback", "is_counted")
    assert pick(tables["fct_chargebacks"], *columns) == [
        (date(2026, 5, 20), "received", "card", 1, 19, True),
        (date(2026, 6, 20), "won", "card", 2, 50, False),
        (date(2026, 6, 25), "received", "echeck", 1, 55, True),
    ]
    assert pick(tables["fct_orders"], "chargeback_count", "charged_back_amount", "state") == [
        (2, 120, "charged_back")
    ]
    ninety = only(tables["chargeback_rates"], report_date=date(2026, 6, 25), window_days=90)
    assert (ninety["chargeback_count"], ninety["chargeback_rate"], ninety["is_small_sample"]) == (
        1,
        1.0,
        True,
    )
    june = only(tables["chargeback_months"], month=date(2026, 6, 1))
    assert (june["chargeback_count"], june["chargeback_rate"], june["chargeback_rate_previous_month"]) == (
        1,
        None,
        1.0,
    )


def test_a_refund_of_a_receipt_twice_on_one_day_leaves_the_window_once(build: Callable[..., Tables]) -> None:
    """Sold on the 1st, refunded twice on the 2nd: 1 receipt in every 7-day window to the 8th, none on the 9th."""
    tables = build(
        sale("A", "2026-05-01T12:00:00Z"),
        refund("A", "2026-05-02T12:00:00Z", 10),
        refund("A", "2026-05-02T13:00:00Z", 20),
        sale("B", "2026-05-09T12:00:00Z"),
    )
    seven = sorted((row["report_date"].day, row) for row in tables["refund_rates"] if row["window_days"] == 7)
    assert [row["refund_count"] for _, row in seven] == [0, 1, 1, 1, 1, 1, 1, 1, 0]
    assert [row["refund_amount"] for _, row in seven] == [0, *[30] * 7, 0]
    assert [row["sale_count"] for _, row in seven] == [1, 1, 1, 1, 1, 1, 1, 0, 1]
    assert seven[7][1]["refund_rate"] is None
    assert seven[6][1]["refund_rate_value"] == 0.3


def test_a_sync_is_set_against_what_we_hold(build: Callable[..., Tables]) -> None:
    """4 claimed (3 sales + 1 refund), 3 held (2 roles + 1 refund): 1 is missing here.

    Syncs on the 1st, 2nd and 5th: gaps of 1 and 3 days, median 2; the latest sale is 4.5 days after the last: late,
    since it is above 1.5 x 2 and not above 3 x 2.
    """
    counts = {
        "sales_count": 3,
        "refunds_count": "1",
        "start_date": "2026-05-01",
        "end_date": "2026-05-02T20:00:00Z",
    }
    tables = build(
        sale("A", "2026-05-01T12:00:00Z"),
        sale("A", "2026-05-01T12:00:00Z", role="AFFILIATE"),
        refund("A", "2026-05-02T12:00:00Z", 30),
        sync("01"),
        sync("02"),
        sync("05", failed_job_count=2, **counts),
        sale("B", "2026-05-10T00:00:00Z"),
    )
    columns = ("range_start", "range_end", "records_claimed", "records_held", "gap")
    partial = [row for row in tables["fct_data_syncs"] if row["status"] == "partial"]
    assert pick(partial, *columns) == [(date(2026, 5, 1), date(2026, 5, 2), 4, 3, 1)]
    fresh = only(tables["sync_freshness"])
    assert (fresh["source"], fresh["expected_interval"]) == ("clickbank", timedelta(days=2))
    assert (fresh["lag"], fresh["status"]) == (timedelta(days=4.5), "late")


def test_a_sync_alone_has_no_freshness(build: Callable[..., Tables]) -> None:
    tables = build(sync("01"), sync("02"), sync("03"))
    assert pick(tables["sync_freshness"], "expected_interval", "lag", "status") == [
        (timedelta(days=1), None, "unknown")
    ]


ALERTS: list[tuple[dict[str, Any], float | None, str]] = [
    ({"metric": "REFUND_RATE", "value": 0.5009}, 0.5, "match"),
    ({"metric": "refundRate", "value": 50.2, "unit": "percent"}, 0.5, "mismatch"),
    ({"metric": "GROSS_SALE_AMOUNT", "value": 148.51}, 150.0, "match"),
    ({"metric": "Gross Sale Amount", "value": 148.4}, 150.0, "mismatch"),
    ({"metric": "net_sales", "value": 119, "vendor": "SHOP"}, 120.0, "match"),
    ({"metric": "sale_count", "value": 2, "vendor": "other"}, 0.0, "mismatch"),
    ({"metric": "sale_count", "value": 2}, 2.0, "match"),
    ({"metric": "sale_count", "value": 3, "window_end": "2026-05-03"}, 3.0, "match"),
    ({"metric": "sale_count", "threshold": 2}, 2.0, "not_computable"),
    ({"metric": "epc", "value": 2}, None, "not_computable"),
    ({"metric": "SALE_AMOUNT", "value": 150}, None, "not_computable"),
    ({"metric": "sale_count", "value": 2, "tid": "t"}, None, "not_computable"),
    ({"metric": "sale_count", "value": 2, "scope_type": "vendor"}, None, "not_computable"),
    ({"metric": "sale_count", "value": 2, "window_start": None}, None, "not_computable"),
    ({"metric": "sale_count", "value": 0, "window_end": "2026-04-01"}, None, "not_computable"),
]


def test_an_alert_is_set_beside_our_own_value(build: Callable[..., Tables]) -> None:
    """On 1 and 2 May: sales of 100 and 50, a refund of 30.

    A window that ends at the instant of midnight excludes the 3rd, one that ends on the bare date includes it.
    Rates match within 0.001, amounts within 1 % of ours, counts exactly.
    """
    window = {"window_start": "2026-05-01", "window_end": "2026-05-03T00:00:00-07:00"}
    tables = build(
        sale("A", "2026-05-01T12:00:00Z", 100),
        sale("B", "2026-05-02T12:00:00Z", 50),
        refund("A", "2026-05-02T12:00:00Z", 30),
        sale("C", "2026-05-03T12:00:00Z", 1),
        *(
            deliver("threshold.reached", window | data | {"rule_id": str(number)})
            for number, (data, _, _) in enumerate(ALERTS)
        ),
    )
    found = {
        row["rule_id"]: (row["computed_value"], row["verdict"]) for row in tables["fct_threshold_alerts"]
    }
    for number, (data, computed, verdict) in enumerate(ALERTS):
        assert found[str(number)] == (computed, verdict), data


def test_days_and_orders_add_up_to_the_same_net(build: Callable[..., Tables]) -> None:
    """320.75 + 40 + (-5) - 30 - 40 - 12 = 273.75, whether it is summed by order or by day; the orphan is in both."""
    tables = build(
        sale("A", "2026-05-01T12:00:00Z", 320.75),
        sale("A-B002", "2026-06-01T12:00:00Z", 40, vendor="other"),
        sale("B", "2026-06-01T12:00:00Z", -5),
        refund("A", "2026-05-09T12:00:00Z", 30),
        chargeback("A-B002", "2026-06-09T12:00:00Z", 40),
        refund("GONE", "2026-06-10T12:00:00Z", 12),
    )
    assert sum(row["net_amount"] for row in tables["fct_orders"]) == Decimal("273.75")
    assert sum(row["net_sales"] for row in tables["daily_sales"]) == Decimal("273.75")


def test_repeats_are_counted_and_change_nothing_else(build: Callable[..., Tables]) -> None:
    history = [sale("A", "2026-05-01T12:00:00Z"), refund("A", "2026-05-03T12:00:00Z", 30)]
    once, thrice = build(*history), build(*history, *history[::-1], *history)
    assert [row["delivery_count"] for row in thrice["events"]] == [3, 3]
    for table in once.keys() - {"events"}:
        assert sorted(map(str, thrice[table])) == sorted(map(str, once[table])), table
    late = RawDelivery(RECEIVED + timedelta(days=365), history[0].body)
    event = only(build(history[0], late)["events"])
    assert (event["received_at"], event["last_received_at"]) == (RECEIVED, RECEIVED + timedelta(days=365))


def test_one_id_with_two_bodies_is_one_event_that_is_flagged(build: Callable[..., Tables]) -> None:
    """The latest created_at counts, whichever came first; the flag says that the amounts disagree."""
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


def test_an_array_maps_as_a_whole_or_not_at_all(build: Callable[..., Tables]) -> None:
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


def test_alerts_of_one_array_are_as_many_as_it_holds(build: Callable[..., Tables]) -> None:
    alerts = [{"metric": "sale_count", "value": 1}, {"metric": "refund_count", "value": 2}]
    tables = build(deliver("threshold.reached", alerts, id="e1"))
    assert pick(tables["fct_threshold_alerts"], "item_index", "metric") == [
        (0, "sale_count"),
        (1, "refund_count"),
    ]


def test_test_traffic_is_an_event_and_nothing_else(build: Callable[..., Tables]) -> None:
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


def test_a_sale_without_lines_has_one_that_reconciles_with_its_gross(build: Callable[..., Tables]) -> None:
    """320.75 - 26.75 tax - 4 shipping = 290; a sale with only an account amount has a line without a price."""
    amounts = {"totalTaxAmount": 26.75, "totalShippingAmount": 4, "totalAccountAmount": 28.94}
    account_only = {"receipt": "B", "transactionTime": "2026-05-01T12:00:00Z", "totalAccountAmount": 9}
    tables = build(
        sale("A", "2026-05-01T12:00:00Z", 320.75, lineItems=[], sku="P-1", quantity=2, **amounts),
        deliver("sale.created", account_only),
    )
    columns = ("line_number", "item_no", "quantity", "price_amount", "account_amount")
    assert pick(tables["fct_sale_lines"], *columns) == [
        (1, "P-1", 2, Decimal(290), Decimal("28.94")),
        (1, None, 1, None, Decimal(9)),
    ]


def test_a_refund_is_shared_by_the_prices_of_the_lines_it_touches(build: Callable[..., Tables]) -> None:
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


def test_ranks_have_no_ties(build: Callable[..., Tables]) -> None:
    """Equal net sales rank by name, no name last."""
    tables = build(
        sale("A", "2026-05-01T12:00:00Z", affiliate="zoe"),
        sale("B", "2026-05-01T12:00:00Z", affiliate="ann"),
        sale("C", "2026-05-01T12:00:00Z"),
    )
    thirty = [row for row in tables["affiliate_performance"] if row["window_days"] == 30]
    assert pick(thirty, "rank", "affiliate") == [(1, "ann"), (2, "zoe"), (3, None)]


def test_amounts_in_the_tens_of_billions_are_ordinary(build: Callable[..., Tables]) -> None:
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


def test_a_title_that_starts_with_a_bracket_is_a_title(build: Callable[..., Tables]) -> None:
    """It is not taken for an array; nor is N/A a name, whether its slash is escaped or it stands first in a list."""
    body = (
        b'{"type":"sale.created","data":{"receipt":"A","date":"2026-05-01","amount":1,"affiliate":"N\\/A",'
        b'"trackingCodes":["N/A"],"vendor":{"@nil" : "true"},"product_title":"[Bundle] {x}"}}'
    )
    tables = build(RawDelivery(RECEIVED, body))
    assert pick(tables["fct_sales"], "affiliate", "tracking_id", "vendor") == [(None, None, None)]
    assert only(tables["fct_sale_lines"])["title"] == "[Bundle] {x}"
