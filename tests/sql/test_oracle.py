"""The oracle itself must give the facts and reports of small histories, worked out by hand."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from ingest.simulation.simulator import simulate
from tests.oracle import RawDelivery, build_warehouse
from tests.oracle.builders import build, chargeback, deliver, only, pick, refund, sale


def test_a_day_ends_at_pacific_midnight_in_winter_and_summer() -> None:
    tables = build(
        sale("W1", "2026-03-01T07:59:59Z"),
        sale("W2", "2026-03-01T08:00:00Z"),
        sale("S1", "2026-06-01T06:59:59Z"),
        sale("S2", "2026-06-01T07:00:00Z"),
    )
    assert pick(tables["fct_sales"], "receipt", "sold_date") == [
        ("S1", date(2026, 5, 31)),
        ("S2", date(2026, 6, 1)),
        ("W1", date(2026, 2, 28)),
        ("W2", date(2026, 3, 1)),
    ]
    assert len(tables["daily_sales"]) == 4


def test_a_partial_refund_and_the_remainder_are_two_events_of_one_refunded_receipt() -> None:
    history = [
        sale("AAA1", "2026-05-01T12:00:00-07:00", 100),
        refund("AAA1", "2026-05-10T12:00:00-07:00", -30, currency="USD"),
        refund("AAA1", "2026-05-10T18:00:00-07:00", 69.99),
    ]
    for order in itertools.permutations(history):
        tables = build(*order)
        assert pick(tables["fct_refunds"], "refund_amount", "refund_type", "days_to_refund", "vendor") == [
            (Decimal(30), "PARTIAL", 9, "shop"),
            (Decimal("69.99"), "FULL", 9, "shop"),
        ]
        order_row = only(tables["fct_orders"])
        assert (order_row["net_amount"], order_row["refund_count"]) == (Decimal("0.01"), 2)
        assert (order_row["state"], order_row["refunded_amount"]) == ("refunded", Decimal("99.99"))
        day = only(tables["daily_sales"], report_date=date(2026, 5, 10))
        assert (day["sale_count"], day["refund_count"], day["net_sales"]) == (0, 1, Decimal("-99.99"))


def test_a_refund_of_tax_never_makes_an_order_refunded() -> None:
    tables = build(
        sale("AAA1", "2026-05-01T12:00:00Z", 10),
        refund("AAA1", "2026-05-02T12:00:00Z", 10, refundType="tax"),
        sale("BBB1", "2026-05-01T12:00:00Z", 10),
        refund("BBB1", "2026-05-02T12:00:00Z", 10, refundType="PARTIAL_AMOUNT"),
    )
    assert pick(tables["fct_orders"], "receipt", "state") == [
        ("AAA1", "partially_refunded"),
        ("BBB1", "refunded"),
    ]
    assert pick(tables["fct_refunds"], "refund_type") == [("PARTIAL",), ("TAX",)]


def test_the_refund_of_a_rebill_belongs_to_the_rebill_and_not_to_its_root() -> None:
    root = sale("AAA1", "2026-04-01T12:00:00Z", affiliate="Joe")
    rebill = sale("AAA1-B002", "2026-05-01T12:00:00Z", 40)
    returned = refund("aaa1-b002", "2026-05-03T12:00:00Z", 40)
    tables = build(root, rebill, returned)
    linked = only(tables["fct_refunds"])
    assert (linked["sold_date"], linked["days_to_refund"], linked["is_orphan"]) == (
        date(2026, 5, 1),
        2,
        False,
    )
    assert linked["affiliate"] is None
    assert pick(tables["fct_sales"], "receipt", "order_key", "is_rebill", "transaction_type") == [
        ("AAA1", "AAA1", False, "SALE"),
        ("AAA1-B002", "AAA1", True, "BILL"),
    ]
    orphan = only(build(root, returned)["fct_refunds"])
    assert (orphan["vendor"], orphan["affiliate"], orphan["currency"]) == ("shop", "joe", "USD")
    assert (orphan["is_orphan"], orphan["sold_date"], orphan["days_to_refund"]) == (True, None, None)


def test_a_rebilled_upsell_belongs_to_the_session_of_its_upsell() -> None:
    tables = build(
        sale("FRONT", "2026-04-01T12:00:00Z", upsell={"upsellOriginalReceipt": "FRONT"}),
        sale("UP", "2026-04-01T12:01:00Z", upsell={"upsellOriginalReceipt": "FRONT"}),
        sale("UP-B002", "2026-05-01T12:01:00Z"),
        refund("UP-B003", "2026-06-01T12:01:00Z", 5),
    )
    assert {row["order_key"] for row in tables["fct_sales"] + tables["fct_orders"]} == {"FRONT"}


def test_a_receipt_told_to_two_roles_counts_once_and_earns_twice() -> None:
    tables = build(
        sale("AAA1", "2026-05-01T12:00:00Z", totalAccountAmount=40, role="AFFILIATE", affiliate="joe"),
        sale("AAA1", "2026-05-01T12:00:00Z", totalAccountAmount=50, affiliate="joe"),
        refund("AAA1", "2026-05-01T13:00:00Z", 100, role="AFFILIATE", totalAccountAmount=-40),
        refund("AAA1", "2026-05-01T13:00:01Z", 100, role="VENDOR", totalAccountAmount=-50),
    )
    assert len(tables["fct_sales"]) == len(tables["fct_refunds"]) == 2
    day = only(tables["daily_sales"])
    assert (day["sale_count"], day["gross_sales"], day["account_amount"]) == (1, Decimal(100), Decimal(90))
    assert (day["refund_count"], day["refund_amount"], day["reversed_account_amount"]) == (1, 100, 90)
    assert only(tables["fct_orders"])["net_amount"] == 0
    thirty = only(tables["affiliate_performance"], window_days=30)
    assert (thirty["affiliate"], thirty["earnings_per_order"], thirty["refund_rate"]) == (
        "joe",
        Decimal(90),
        1.0,
    )


def test_later_stages_of_a_chargeback_are_rows_but_not_new_chargebacks() -> None:
    tables = build(
        sale("AAA1", "2026-05-01T12:00:00Z"),
        chargeback("AAA1", "2026-05-20T12:00:00Z", dispute_id="D1"),
        chargeback("AAA1", "2026-06-20T12:00:00Z", dispute_id="D1", status="won"),
        chargeback("AAA1", "2026-06-25T12:00:00Z", 20, transactionType="INSF"),
    )
    assert pick(tables["fct_chargebacks"], "charged_back_date", "status", "kind", "days_to_chargeback") == [
        (date(2026, 5, 20), "received", "card", 19),
        (date(2026, 6, 20), "won", "card", 50),
        (date(2026, 6, 25), "received", "echeck", 55),
    ]
    order = only(tables["fct_orders"])
    assert (order["chargeback_count"], order["charged_back_amount"], order["state"]) == (
        2,
        120,
        "charged_back",
    )
    assert order["net_amount"] == Decimal(-20)
    ninety = only(tables["chargeback_rates"], report_date=date(2026, 6, 25), window_days=90)
    assert (ninety["chargeback_count"], ninety["chargeback_rate"], ninety["is_small_sample"]) == (
        1,
        1.0,
        True,
    )
    june = only(tables["chargeback_months"], month=date(2026, 6, 1))
    assert (june["sale_count"], june["previous_month_sale_count"], june["chargeback_count"]) == (0, 1, 1)
    assert (june["chargeback_rate"], june["chargeback_rate_previous_month"]) == (None, 1.0)


def test_yen_and_an_unknown_currency_are_groups_of_their_own() -> None:
    tables = build(
        sale("Y1", "2026-05-01T12:00:00Z", 1200, currency="JPY"),
        sale("N1", "2026-05-01T12:00:00Z", 5, currency=None),
    )
    assert pick(tables["daily_sales"], "currency", "gross_sales") == [("JPY", 1200), (None, 5)]


def test_an_orphan_has_no_gross_and_only_reversals() -> None:
    tables = build(refund("GONE", "2026-05-10T12:00:00Z", 30, sale_date="2026-05-01"))
    order = only(tables["fct_orders"])
    assert (order["state"], order["gross_amount"], order["net_amount"]) == ("orphan", None, -30)
    row = only(tables["fct_refunds"])
    assert (row["is_orphan"], row["sold_date"], row["days_to_refund"]) == (True, date(2026, 5, 1), 9)
    assert row["refund_type"] == "FULL"
    assert tables["refund_cohorts"] == []
    rate = only(tables["refund_rates"], window_days=1)
    assert (rate["refund_count"], rate["refund_rate"], rate["refund_rate_value"]) == (1, None, None)


def test_an_immature_cohort_is_null_and_a_mature_one_counts_receipts() -> None:
    tables = build(
        sale("A", "2026-05-01T12:00:00Z"),
        sale("B", "2026-05-01T13:00:00Z"),
        refund("A", "2026-05-08T12:00:00Z", 10),
        refund("A", "2026-05-09T12:00:00Z", 90),
        sale("C", "2026-05-15T12:00:00Z"),
    )
    cohort = [row for row in tables["refund_cohorts"] if row["sold_date"] == date(2026, 5, 1)]
    assert pick(cohort, "horizon_days", "refunded_sales", "refund_rate_cohort", "is_mature")[:2] == [
        (14, 1, 0.5, True),
        (30, None, None, False),
    ]
    assert only(cohort, horizon_days=7)["refunded_sales"] == 1


def test_a_window_covers_its_days_and_every_day_to_today_has_a_row() -> None:
    tables = build(
        sale("A", "2026-05-01T12:00:00Z", 100),
        sale("A-B002", "2026-05-02T12:00:00Z", 50),
        refund("A", "2026-05-08T12:00:00Z", 30),
    )
    seven = sorted((r["report_date"].day, r) for r in tables["refund_rates"] if r["window_days"] == 7)
    assert [number for number, _ in seven] == list(range(1, 9))
    counts = [(row["sale_count"], row["refund_count"], row["refund_rate"]) for _, row in seven]
    assert counts[0] == (1, 0, 0.0)
    assert counts[1:7] == [(2, 0, 0.0)] * 6
    assert counts[7] == (1, 1, 1.0)
    assert seven[7][1]["refund_rate_value"] == 0.6


def test_a_refund_counts_for_the_items_it_names_else_for_all_of_its_sale() -> None:
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
    assert pick(thirty, "item_no", "sale_count", "refund_count", "net_sales", "rank") == [
        ("X", 2, 1, Decimal(135), 1),
        ("Y", 2, 2, Decimal(37), 2),
    ]


@pytest.mark.parametrize(
    ("data", "computed", "verdict"),
    [
        ({"metric": "REFUND_RATE", "value": 0.5009}, 0.5, "match"),
        ({"metric": "refundRate", "value": 50.2, "unit": "percent"}, 0.5, "mismatch"),
        ({"metric": "GROSS_SALE_AMOUNT", "value": 148.51}, 150.0, "match"),
        ({"metric": "net_sales", "value": 100, "vendor": "SHOP"}, 120.0, "mismatch"),
        ({"metric": "sale_count", "value": 2, "vendor": "other"}, 0.0, "mismatch"),
        ({"metric": "sale_count", "value": 2}, 2.0, "match"),
        ({"metric": "sale_count", "threshold": 2}, 2.0, "not_computable"),
        ({"metric": "epc", "value": 2}, None, "not_computable"),
        ({"metric": "sale_count", "value": 2, "tid": "t"}, None, "not_computable"),
    ],
)
def test_an_alert_is_set_beside_our_own_value(
    data: dict[str, Any], computed: float | None, verdict: str
) -> None:
    """A window that ends at the instant of midnight excludes the day that starts there."""
    window = {"window_start": "2026-05-01", "window_end": "2026-05-03T00:00:00-07:00"}
    tables = build(
        sale("A", "2026-05-01T12:00:00Z", 100),
        sale("B", "2026-05-02T12:00:00Z", 50),
        refund("A", "2026-05-02T12:00:00Z", 30),
        sale("C", "2026-05-03T12:00:00Z", 1),
        deliver("threshold.reached", window | data),
    )
    alert = only(tables["fct_threshold_alerts"])
    assert (alert["computed_value"], alert["verdict"]) == (computed, verdict)


def test_a_sync_is_audited_and_a_source_grows_stale() -> None:
    def sync(day: str, **more: Any) -> RawDelivery:
        return deliver("data.synced", {"completed_at": f"2026-05-{day}T12:00:00Z", **more})

    counts = {"sales_count": 3, "refunds_count": 1, "start_date": "2026-05-01", "end_date": "2026-05-02"}
    tables = build(
        sale("A", "2026-05-01T12:00:00Z"),
        sale("A", "2026-05-01T12:00:00Z", role="AFFILIATE"),
        refund("A", "2026-05-02T12:00:00Z", 30),
        sync("01"),
        sync("02"),
        sync("05", failed_job_count=2, **counts),
        sale("B", "2026-05-10T00:00:00Z"),
    )
    claim = only(tables["fct_data_syncs"], status="partial")
    assert (claim["records_claimed"], claim["records_held"], claim["gap"]) == (4, 2, 2)
    fresh = only(tables["sync_freshness"])
    assert (fresh["source"], fresh["expected_interval_seconds"]) == ("clickbank", 172_800)
    assert (fresh["lag_seconds"], fresh["status"]) == (388_800, "late")


def test_a_simulated_history_conserves_deliveries_and_money() -> None:
    """Every delivery is in one event; orders and days agree to the cent; no broken body reaches a fact."""
    history = simulate(1500, days=120, end=datetime(2026, 6, 30, tzinfo=UTC))
    tables = build_warehouse([RawDelivery(each.occurred_at, each.body) for each in history])
    assert sum(row["delivery_count"] for row in tables["events"]) == len(history)
    orders = sum(row["net_amount"] for row in tables["fct_orders"])
    assert orders == sum(row["net_sales"] for row in tables["daily_sales"])
    broken = {each.body for each in history if each.kind == "broken"}
    statuses = [row["status"] for row in tables["events"]]
    assert statuses.count("quarantined") == len(broken)
