"""Every number of an example is that of the published columns, on a history in which no two related ones are equal."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.transforms.report.differing import differing
from transforms.reading.examples import Example, example_names
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator

TODAY = "date '2026-06-30'"
DAYS = f"from daily_sales where currency = 'USD' and report_date > {TODAY} - 10"
ALL_DAYS = "from daily_sales"
RATES = f"from refund_rates where currency = 'USD' and window_days = 30 and report_date = {TODAY}"
WINDOWS = f"from chargeback_rates where currency = 'USD' and report_date = {TODAY}"
MONTHS = "from chargeback_months"
PRODUCTS = "from product_performance where window_days = 90 and sale_count > 0"
AFFILIATES = "from affiliate_performance where window_days = 90"
WEEKS = (
    "from (select date_trunc('week', report_date) as week, affiliate, currency, sum(chargeback_count) as chargebacks, "
    "sum(sale_count + rebill_count) as sales from daily_sales group by all having sum(chargeback_count) > 0) "
    f"where week > date_trunc('week', {TODAY}) - interval 56 day"
)
FORMS = (
    "from (select date_trunc('month', report_date) as month, currency, sum(sale_count) as sales, "
    "sum(rebill_count) as rebills from daily_sales group by all)"
)
# Each receipt is in three of the example's parts: by country, payment method and tracking id.
ORIGINS = (
    "from fct_sales inner join fct_orders using (vendor, receipt) "
    f"where is_counted and fct_sales.sold_date > {TODAY} - 90"
)
CHURN = (
    "from (select sum(churned_count - new_and_churned_count) as gone, sum(start_count) as began "
    "from subscription_months group by month, currency)"
)
ALERTS = "from fct_threshold_alerts"


def rate(part: str, whole: str) -> str:
    """Return the sum over rows of a rate in percent, each rounded down to two digits in whole numbers."""
    return f"sum(10000 * cast({part} as bigint) // nullif(cast({whole} as bigint), 0)) / 100"


# The sum over an example's rows of each of its numbers.
NUMBERS: dict[str, dict[str, str]] = {
    "sales_by_day": {
        "sales": f"sum(sale_count) {DAYS}", "rebills": f"sum(rebill_count) {DAYS}",
        "gross sales": f"sum(gross_sales) {DAYS}", "refunds": f"sum(refund_amount) {DAYS}",
        "chargebacks": f"sum(chargeback_amount) {DAYS}", "net sales": f"sum(net_sales) {DAYS}",
    },
    "monthly_statement": {
        "gross_sales": f"sum(gross_sales) {ALL_DAYS}",
        "tax_in_it": f"sum(gross_sales) - sum(gross_sales_ex_tax) {ALL_DAYS}",
        "refunds": f"sum(refund_amount) {ALL_DAYS}", "chargebacks": f"sum(chargeback_amount) {ALL_DAYS}",
        "net_sales": f"sum(net_sales) {ALL_DAYS}", "earned": f"sum(account_amount) {ALL_DAYS}",
        "taken_back": f"sum(reversed_account_amount) + sum(estimated_reversed_account_amount) {ALL_DAYS}",
        "fees": f"sum(chargeback_fee_amount) + sum(refund_fee_amount) {ALL_DAYS}",
        "earnings": f"sum(earnings_net) {ALL_DAYS}",
    },
    "refund_rate_30_days": {
        "sales": f"sum(sale_count) {RATES}", "refunded": f"sum(refund_count) {RATES}",
        "refund rate %": f"{rate('refund_count', 'sale_count')} {RATES}",
        "by value %": f"{rate('refund_amount * 10000', 'gross_sales * 10000')} {RATES}",
    },
    "chargeback_rate_by_window": {
        "days": f"sum(window_days) {WINDOWS}", "sales": f"sum(sale_count) {WINDOWS}",
        "chargebacks": f"sum(chargeback_count) {WINDOWS}",
        "rate %": f"{rate('chargeback_count', 'sale_count')} {WINDOWS}",
    },
    "chargeback_months_for_networks": {
        "sales": f"sum(sale_count) {MONTHS}", "chargebacks": f"sum(chargeback_count) {MONTHS}",
        "of this month's sales %": f"{rate('chargeback_count', 'sale_count')} {MONTHS}",
        "of last month's sales %": f"{rate('chargeback_count', 'previous_month_sale_count')} {MONTHS}",
    },
    "product_refund_rates": {
        "sales": f"sum(sale_count) {PRODUCTS}", "refunded": f"sum(refund_count) {PRODUCTS}",
        "refund rate %": f"{rate('refund_count', 'sale_count')} {PRODUCTS}",
        "charged back": f"sum(chargeback_count) {PRODUCTS}", "gross sales": f"sum(gross_sales) {PRODUCTS}",
        "net sales": f"sum(net_sales) {PRODUCTS}",
    },
    "top_affiliates": {
        "rank": f"sum(rank) {AFFILIATES}",
        "sales": f"sum(sale_count) {AFFILIATES}", "gross sales": f"sum(gross_sales) {AFFILIATES}",
        "net sales": f"sum(net_sales) {AFFILIATES}",
        "refund rate %": f"{rate('refund_count', 'sale_count')} {AFFILIATES}",
        "chargeback rate %": f"{rate('chargeback_count', 'sale_count')} {AFFILIATES}",
        "earnings per order": f"sum(earnings_per_order) {AFFILIATES}",
    },
    "sales_by_origin": {
        "sales": f"3 * count(*) {ORIGINS}", "gross sales": f"3 * sum(fct_sales.gross_amount) {ORIGINS}",
        "left of them": f"3 * sum(net_amount) {ORIGINS}",
        "in two currencies": f"3 * count(*) filter (where net_amount is null) {ORIGINS}",
    },
    "rebills_beside_initial_sales": {
        "initial sales": f"sum(sale_count) {ALL_DAYS}", "rebills": f"sum(rebill_count) {ALL_DAYS}",
        "orders on the form": f"sum(order_count) {ALL_DAYS}",
        "gross of initial sales": "sum(gross_amount) from fct_sales where is_counted and not is_rebill",
        "gross of rebills": "sum(gross_amount) from fct_sales where is_counted and is_rebill",
        "rebills %": f"sum(cast(1000 * rebills as bigint) // cast(sales + rebills as bigint)) / 10 {FORMS}",
    },
    "chargebacks_by_affiliate_weekly": {
        "chargebacks": f"sum(chargebacks) {WEEKS}", "sales of the week": f"sum(sales) {WEEKS}",
        "rate %": f"{rate('chargebacks', 'sales')} {WEEKS}",
        "amount": "sum(chargeback_amount) from daily_sales where chargeback_amount > 0 "
        f"and report_date >= date_trunc('week', {TODAY}) - interval 49 day",
    },
    "days_to_refund": {"receipts": "count(*) from fct_orders where refund_count > 0 and state != 'orphan'"},
    "events_received": {
        "events": "count(*) from events", "deliveries": "sum(delivery_count) from events",
        "repeats": "sum(delivery_count) - count(*) from events",
    },
    "events_behind_a_day": {"amount": f"sum(net_sales) from daily_sales where report_date = {TODAY}"},
    "latest_alerts": {
        "claimed": f"sum(claimed_value) {ALERTS}", "computed": f"sum(floor(10000 * computed_value)) / 10000 {ALERTS}",
    },
    "alert_mismatches": {
        "claimed": f"sum(claimed_value) {ALERTS}", "computed": f"sum(floor(10000 * computed_value)) / 10000 {ALERTS}",
    },
    "quarantined_events": {"events": "count(*) from quarantine"},
    "sync_freshness_by_source": {
        "usual gap, hours": "round(sum(expected_interval_seconds) / 3600, 1) from sync_freshness",
        "claimed": "sum(records_claimed) from sync_freshness", "held": "sum(records_held) from sync_freshness",
    },
    "churn_by_month": {
        "active": "sum(active_count) from subscription_months", "trials": "sum(trial_count) from subscription_months",
        "new": "sum(new_count) from subscription_months", "back": "sum(reactivated_count) from subscription_months",
        "left": "sum(churned_count) from subscription_months",
        "completed": "sum(completed_count) from subscription_months",
        "churn %": f"{rate('gone', 'began')} {CHURN}", "mrr": "sum(mrr) from subscription_months",
    },
    "days_to_cancellation": {
        "cancelled": "sum(cancellation_count) from cancellations_by_age",
        "trials": "sum(trial_count) from cancellations_by_age",
        "installment plans": "sum(installment_count) from cancellations_by_age",
        "by the customer": "sum(voluntary_count) from cancellations_by_age",
    },
    "sync_gaps": {
        "claimed": "sum(records_claimed) from fct_data_syncs where gap > 0",
        "held": "sum(records_held) from fct_data_syncs where gap > 0",
        "gap": "sum(gap) from fct_data_syncs where gap > 0",
    },
}  # fmt: skip
# Numbers that `test_examples` counts by hand, or holds against each other; one example needs two nights.
BY_HAND = {
    "days_to_refund": {"share %", "so far %"},
    "events_behind_a_day": {"net of the day"},
    "sales_by_origin": {"refunded %", "charged back %"},
    "top_affiliates": {"rank by gross"},
    "pacific_beside_utc": {"by report day", "by UTC day", "difference"},
    "receipt_history": {"amount", "deliveries"},
    "refund_rate_trend": {"sales of the week", "rate by event date %", "rate of the cohort %"},
}
# Amounts are shown to the cent.
CENT = 0.005


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    settings = differing(tmp_path_factory.mktemp("differing") / "data")
    with Warehouse(settings.warehouse_path) as opened:
        yield opened


def shown(warehouse: Warehouse, name: str) -> dict[str, list[Any]]:
    """Return the numbers of an example by their columns, NULL left out."""
    cursor = warehouse.execute(Example.named(name).sql)
    names = [column[0] for column in cursor.description or []]
    columns = dict(zip(names, zip(*cursor.fetchall(), strict=True), strict=False))
    return {
        column: [value for value in values if value is not None]
        for column, values in columns.items()
        if any(isinstance(value, int | float | Decimal) for value in values)
    }


@pytest.mark.parametrize("name", [name for name in example_names() if name != "why_net_sales_changed"])
def test_each_number_of_an_example_is_its_published_column(warehouse: Warehouse, name: str) -> None:
    numbers = shown(warehouse, name)
    expected = NUMBERS.get(name, {})
    assert numbers.keys() == expected.keys() | BY_HAND.get(name, set())
    for column, query in expected.items():
        [[total]] = warehouse.rows(f"select {query}")
        values = [float(value) for value in numbers[column]]
        is_amount = any(isinstance(value, Decimal) for value in numbers[column])
        allowed = CENT * len(values) if is_amount else 1e-6
        assert sum(values) == pytest.approx(float(total), abs=allowed), column


def test_the_sales_of_a_report_day_are_those_of_daily_sales(warehouse: Warehouse) -> None:
    rows = warehouse.rows(Example.named("pacific_beside_utc").sql)
    published = {
        (day, currency): gross
        for day, currency, gross in warehouse.rows(
            "select report_date, currency, sum(gross_sales) from daily_sales group by all"
        )
    }
    assert {row[:2]: row[2] for row in rows} == {row[:2]: published.get(row[:2], 0) for row in rows}
    assert all(
        by_report_day - by_utc_day == difference for _, _, by_report_day, by_utc_day, difference in rows
    )
