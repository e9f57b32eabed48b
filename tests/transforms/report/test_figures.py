"""The report shows the figures that SQL returns from the published tables."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from math import floor
from typing import TYPE_CHECKING, Any

import pytest

from tests.transforms.report.reading import Page
from tests.transforms.report.warehouses import hostile, published
from transforms.report.formats import DASH
from transforms.report.gather import gather
from transforms.report.limits import Limits
from transforms.report.page import render
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cbw.settings import Settings

NOW = datetime(2026, 7, 1, 3, tzinfo=UTC)
CURRENCIES = ("USD", "EUR", "JPY")
TODAY = "(select max(report_date) from daily_sales)"


def page_of(warehouse: Warehouse, days: int = 30) -> str:
    limits = Limits.for_data_dir(warehouse.path.parent)
    return render(gather(warehouse, limits, days=days, zone="America/Los_Angeles", now=NOW))


@pytest.fixture(scope="module")
def warehouse(realistic_settings: Settings) -> Iterator[Warehouse]:
    with Warehouse(realistic_settings.warehouse_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def page(warehouse: Warehouse) -> Page:
    return Page(page_of(warehouse))


def one(warehouse: Warehouse, query: str) -> Any:
    [[value]] = warehouse.rows(query)
    return value


@pytest.mark.parametrize("currency", CURRENCIES)
@pytest.mark.parametrize(
    ("tile", "expression"),
    [
        ("Net sales", "sum(net_sales)"),
        ("Gross sales", "sum(gross_sales)"),
        ("Earnings", "sum(earnings_net)"),
        ("Sales", "sum(sale_count)"),
        ("Rebills", "sum(rebill_count)"),
    ],
)
def test_a_headline_is_the_sum_over_its_days(
    warehouse: Warehouse, page: Page, currency: str, tile: str, expression: str
) -> None:
    days = f"currency = '{currency}' and report_date > {TODAY} - interval 30 day"
    expected = one(warehouse, f"select {expression} from daily_sales where {days}")
    assert Decimal(page.tiles[currency.lower(), tile]) == expected


@pytest.mark.parametrize("currency", CURRENCIES)
@pytest.mark.parametrize(
    ("tile", "table", "part"),
    [
        ("Refund rate", "refund_rates", "refund_count"),
        ("Chargeback rate", "chargeback_rates", "chargeback_count"),
    ],
)
def test_a_headline_rate_is_of_all_vendors_over_the_window(
    warehouse: Warehouse, page: Page, currency: str, tile: str, table: str, part: str
) -> None:
    expected = one(
        warehouse,
        f"select sum({part}) / sum(sale_count) from {table} "
        f"where currency = '{currency}' and window_days = 30 and report_date = {TODAY}",
    )
    assert float(page.tiles[currency.lower(), tile]) == pytest.approx(expected, abs=1e-12)


def test_the_average_order_is_the_revenue_per_session(warehouse: Warehouse, page: Page) -> None:
    expected = one(
        warehouse,
        "select sum(average_order_value * order_count) / sum(order_count) from sale_cohorts "
        f"where currency = 'USD' and sold_date > {TODAY} - interval 30 day",
    )
    assert Decimal(page.tiles["usd", "Average order"]) == pytest.approx(
        Decimal(str(expected)), abs=Decimal("0.0001")
    )


def test_a_change_is_against_the_period_of_equal_length_before(warehouse: Warehouse) -> None:
    this, before = (
        one(
            warehouse,
            "select sum(gross_sales) from daily_sales where currency = 'USD' and report_date between "
            f"{TODAY} - interval {first} day and {TODAY} - interval {last} day",
        )
        for first, last in ((29, 0), (59, 30))
    )
    report = gather(warehouse, Limits.for_data_dir(warehouse.path.parent), days=30, zone="UTC", now=NOW)
    [gross] = [tile for tile in report.sections[0].tiles if tile.name == "Gross sales"]
    change = float(this / before - 1) * 100
    assert gross.change.replace("\N{MINUS SIGN}", "-") == f"{change:+.1f}\N{NO-BREAK SPACE}%"
    assert gross.tone == ("good" if change > 0 else "bad")


def test_nothing_is_compared_with_a_period_that_the_history_does_not_cover(warehouse: Warehouse) -> None:
    report = gather(warehouse, Limits.for_data_dir(warehouse.path.parent), days=90, zone="UTC", now=NOW)
    assert {tile.change for section in report.sections for tile in section.tiles} == {""}


@pytest.mark.parametrize("currency", CURRENCIES)
def test_the_vendors_rates_are_those_of_their_latest_windows(
    warehouse: Warehouse, page: Page, currency: str
) -> None:
    rows = warehouse.rows(
        "select refunds.sale_count, refund_count, refund_rate, reversal_rate, chargeback_count, chargeback_rate "
        "from refund_rates as refunds left join chargeback_rates as chargebacks "
        "on refunds.report_date = chargebacks.report_date and refunds.currency = chargebacks.currency "
        "and refunds.vendor = chargebacks.vendor and chargebacks.window_days = 14 "
        f"where refunds.currency = '{currency}' and refunds.window_days = 60 and refunds.report_date = {TODAY} "
        "order by refunds.sale_count desc, refunds.vendor"
    )
    shown = page.table(currency.lower(), "Vendors").values(1, 2, 3, 4, 5, 6)
    assert shown == [tuple("" if value is None else str(value) for value in row) for row in rows]


@pytest.mark.parametrize("currency", CURRENCIES)
def test_the_affiliates_are_those_of_the_table_in_their_rank(
    warehouse: Warehouse, page: Page, currency: str
) -> None:
    rows = warehouse.rows(
        "select sale_count, gross_sales, net_sales, earnings_per_order, refund_rate, chargeback_count, chargeback_rate "
        f"from affiliate_performance where currency = '{currency}' and window_days = 30 order by rank"
    )
    shown = page.table(currency.lower(), "Affiliates").values(1, 2, 3, 4, 5, 6, 7)
    assert shown == [tuple("" if value is None else str(value) for value in row) for row in rows]


@pytest.mark.parametrize("currency", CURRENCIES)
def test_the_products_are_those_of_the_table_in_their_rank(
    warehouse: Warehouse, page: Page, currency: str
) -> None:
    rows = warehouse.rows(
        "select sale_count, gross_sales, net_sales, earnings_per_order, refund_rate, chargeback_rate "
        f"from product_performance where currency = '{currency}' and window_days = 30 order by rank"
    )
    shown = page.table(currency.lower(), "Products").values(2, 3, 4, 5, 6, 7)
    assert shown == [tuple("" if value is None else str(value) for value in row) for row in rows]


def test_every_day_of_the_chart_is_a_day_of_daily_sales(warehouse: Warehouse, page: Page) -> None:
    rows = warehouse.rows(
        "select strftime(report_date, '%a, %-d %b %Y'), format('${:,.2f}', cast(sum(gross_sales) as double)) "
        f"from daily_sales where currency = 'USD' and report_date > {TODAY} - interval 90 day "
        "group by report_date order by report_date"
    )
    shown = {row[0]: row[1] for row in page.table("usd", "Sales and returns by day").texts()[1:]}
    assert len(shown) == 90
    assert {day: shown[day] for day, _ in rows} == dict(rows)
    assert {amount for day, amount in shown.items() if day not in dict(rows)} <= {"$0.00"}


def test_a_line_is_the_rate_of_its_vendor_on_each_day(warehouse: Warehouse, page: Page) -> None:
    table = page.table("usd", "Chargeback rate by event date").texts()
    vendor = table[0][1]
    rows = warehouse.rows(
        "select strftime(report_date, '%a, %-d %b %Y'), chargeback_rate, chargeback_count, sale_count "
        f"from chargeback_rates where currency = 'USD' and vendor = '{vendor}' and window_days = 14 "
        f"and report_date > {TODAY} - interval 90 day"
    )
    expected = {
        day: DASH if rate is None else f"{floor(rate * 10000) / 100:.2f} % ({part} of {sales})"
        for day, rate, part, sales in rows
    }
    assert {row[0]: row[1] for row in table[1:]} == expected


def test_the_heat_map_holds_the_cohorts_and_leaves_open_the_cells_that_are_too_young(
    warehouse: Warehouse, page: Page
) -> None:
    rows = warehouse.rows(
        "select sum(refunded_sales) / nullif(sum(mature_sales), 0), bool_and(is_mature), "
        "sum(mature_sales) * 2 < sum(cohort_sales) from refund_cohort_months where currency = 'USD' "
        "group by sold_month, horizon_days order by sold_month desc, horizon_days"
    )
    expected = [
        "not yet" if is_mostly_young else f"{floor(rate * 1000) / 10:.1f} %{'' if is_mature else '*'}"
        for rate, is_mature, is_mostly_young in rows
    ]
    shown = page.table("usd", "Refund rate by cohort").texts()[1:]
    assert [cell for row in shown for cell in row[2:]] == expected
    assert "not yet" in expected
    assert any(cell.endswith("*") for cell in expected)


def test_deliveries_quarantine_and_alerts_are_those_of_the_tables(warehouse: Warehouse, page: Page) -> None:
    events = page.table("", "Deliveries received").values(2, 3)
    assert sum(int(row[0] or 0) for row in events) == one(warehouse, "select count(*) from events")
    assert sum(int(row[1] or 0) for row in events) == one(warehouse, "select sum(delivery_count) from events")
    verdicts = [row[-1] for row in page.table("", "The latest").texts()[1:]]
    rows = warehouse.rows(
        "select replace(verdict, '_', ' ') from fct_threshold_alerts "
        "order by reached_at desc, event_key, item_index limit 20"
    )
    assert verdicts == [row[0] for row in rows]


def test_no_currency_is_added_to_another(warehouse: Warehouse, page: Page) -> None:
    slugs = {currency for currency, _ in page.tiles}
    assert slugs == {row[0].lower() for row in warehouse.rows("select distinct currency from daily_sales")}


def test_the_same_version_gives_the_same_page(warehouse: Warehouse) -> None:
    assert page_of(warehouse) == page_of(warehouse)


def test_a_senders_text_never_becomes_markup(tmp_path: Path) -> None:
    with Warehouse(hostile(tmp_path / "data").warehouse_path) as warehouse:
        html = page_of(warehouse)
    assert "<img" not in html
    assert html.count("</script>") == 1
    assert "&lt;img src=x" in html


def test_an_empty_warehouse_says_what_to_do(tmp_path: Path) -> None:
    with Warehouse(published(tmp_path / "data", []).warehouse_path) as warehouse:
        html = page_of(warehouse)
    assert "No sales yet" in html
    assert "cbw serve" in html
    assert Page(html).tiles == {}
