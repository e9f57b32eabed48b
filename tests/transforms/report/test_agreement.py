"""Every figure of the report and of the live page is that of SQL on the published tables.

On a history in which no two related columns are equal: a figure that reads the wrong column shows another value.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest

from ingest.send.samples import sample
from tests.transforms.report.differing import differing
from tests.transforms.report.reading import Page
from tests.transforms.report.warehouses import published
from transforms.report import live
from transforms.report.formats import DASH, MINUS
from transforms.report.gather import gather
from transforms.report.limits import Limits
from transforms.report.page import render
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cbw.settings import Settings

NOW = datetime(2026, 7, 1, 3, tzinfo=UTC)
TODAY = date(2026, 6, 30)
SYMBOLS = {"USD": "$", "EUR": "€"}
EVERY = pytest.mark.parametrize("currency", SYMBOLS)
HORIZONS = (7, 14, 30, 60, 90)

RELATED = {
    "daily_sales": f"report_date > date '{TODAY}' - 30",
    "refund_rates": f"window_days = 30 and report_date = date '{TODAY}'",
    "chargeback_rates": f"window_days = 30 and report_date = date '{TODAY}'",
    "chargeback_months": "true",
    "refund_cohort_months": "horizon_days = 30",
    "sale_cohorts": "true",
    "affiliate_performance": "window_days = 30",
    "product_performance": "window_days = 30",
}
# Each headline: the table, and the sum or the fraction over its rows in the period.
HEADLINES = {
    "Net sales": ("daily_sales", "sum(net_sales)"),
    "Gross sales": ("daily_sales", "sum(gross_sales)"),
    "Earnings": ("daily_sales", "sum(earnings_net)"),
    "Sales": ("daily_sales", "sum(sale_count)"),
    "Rebills": ("daily_sales", "sum(rebill_count)"),
    "Average order": ("sale_cohorts", "sum(average_order_value * order_count) / sum(order_count)"),
    "Refund rate": ("refund_rates", "sum(refund_count) / sum(sale_count)"),
    "Chargeback rate": ("chargeback_rates", "sum(chargeback_count) / sum(sale_count)"),
}
CAPTIONS = {
    "Sales and returns by day", "Refund rate by event date", "Chargeback rate by event date",
    "Refund rate by cohort", "Chargebacks by calendar month", "Vendors and their limits",
    "Affiliates, the last 30 days", "Products, the last 30 days",
}  # fmt: skip


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return differing(tmp_path_factory.mktemp("differing") / "data")


@pytest.fixture(scope="module")
def warehouse(settings: Settings) -> Iterator[Warehouse]:
    with Warehouse(settings.warehouse_path) as opened:
        yield opened


def page_of(warehouse: Warehouse, days: int = 30) -> Page:
    limits = Limits.for_data_dir(warehouse.path.parent)
    return Page(render(gather(warehouse, limits, days=days, zone="UTC", now=NOW)))


@pytest.fixture(scope="module")
def page(warehouse: Warehouse) -> Page:
    return page_of(warehouse)


def one(warehouse: Warehouse, query: str) -> Any:
    [[value]] = warehouse.rows(query)
    return value


def money(value: Decimal | None, currency: str) -> str:
    if value is None:
        return DASH
    rounded = value.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return f"{MINUS if rounded < 0 else ''}{SYMBOLS[currency]}{abs(rounded):,}"


def percent(part: int, whole: int, digits: int) -> str:
    """Return a rate from its counts, in exact arithmetic and rounded down."""
    if not whole:
        return DASH
    return f"{(Decimal(100 * part) / whole).quantize(Decimal(1).scaleb(-digits), ROUND_FLOOR)} %"


def day_of(value: date) -> str:
    return f"{value:%a}, {value.day} {value:%b %Y}"


def window(table: str, currency: str, days: int, before: int = 0) -> str:
    end = TODAY - timedelta(days=before)
    if table in {"refund_rates", "chargeback_rates"}:
        return f"currency = '{currency}' and window_days = {days} and report_date = date '{end}'"
    column = "sold_date" if table == "sale_cohorts" else "report_date"
    between = f"{column} between date '{end}' - {days - 1} and date '{end}'"
    return f"currency = '{currency}' and {between}"


@pytest.mark.parametrize("table", RELATED)
def test_no_two_related_columns_of_the_history_are_equal(warehouse: Warehouse, table: str) -> None:
    """The history's own test: over the rows on the first screen, each column adds up to another sum, and none to 0."""
    numeric = [
        name
        for name, kind, *_ in warehouse.rows(f"describe {table}")
        if (kind in {"BIGINT", "DOUBLE"} or kind.startswith("DECIMAL")) and name != "rank"
    ]
    sums = ", ".join(f"sum({name})" for name in numeric)
    where = f"currency = 'USD' and {RELATED[table]}"
    [row] = warehouse.rows(f"select {sums} from {table} where {where}")
    named = dict(zip(numeric, row, strict=True))
    assert [name for name, value in named.items() if not value] == []
    assert [pair for pair in combinations(named, 2) if named[pair[0]] == named[pair[1]]] == []


@EVERY
@pytest.mark.parametrize("days", [7, 30, 60])
def test_a_headline_is_its_published_column_over_the_period(
    warehouse: Warehouse, currency: str, days: int
) -> None:
    shown = page_of(warehouse, days).tiles
    assert {name for slug, name in shown if slug == currency.lower()} == HEADLINES.keys()
    for name, (table, expression) in HEADLINES.items():
        expected = one(warehouse, f"select {expression} from {table} where {window(table, currency, days)}")
        exact = shown[currency.lower(), name]
        assert (exact == "") == (expected is None), name
        assert float(exact or 0) == pytest.approx(float(expected or 0), abs=1e-4), name


@EVERY
def test_a_change_is_of_the_same_column(warehouse: Warehouse, currency: str) -> None:
    limits = Limits.for_data_dir(warehouse.path.parent)
    sections = gather(warehouse, limits, days=30, zone="UTC", now=NOW).sections
    [tiles] = [section.tiles for section in sections if section.currency == currency]
    for tile in tiles:
        table, expression = HEADLINES[tile.name]
        this, before = (
            float(
                one(warehouse, f"select {expression} from {table} where {window(table, currency, 30, back)}")
            )
            for back in (0, 30)
        )
        shown = tile.change.replace(MINUS, "-").replace("\N{NO-BREAK SPACE}", " ")
        assert shown == _change(tile.name, this, before), tile.name


def _change(name: str, this: float, before: float) -> str:
    if name.endswith("rate"):
        figure, unit = f"{(this - before) * 100:+,.{1 if name == 'Refund rate' else 2}f}", "points"
    elif before:
        figure, unit = f"{(this / before - 1) * 100:+,.1f}", "%"
    else:
        return ""
    return f"{figure if float(figure.replace(',', '')) else figure[1:]} {unit}"


def test_earnings_say_that_they_are_estimated_where_they_are(warehouse: Warehouse, tmp_path: Path) -> None:
    def note(opened: Warehouse) -> str:
        limits = Limits.for_data_dir(opened.path.parent)
        [section] = gather(opened, limits, days=7, zone="UTC", now=NOW).sections[:1]
        return next(tile.note for tile in section.tiles if tile.name == "Earnings")

    assert note(warehouse).endswith("partly estimated")
    certain = published(tmp_path / "data", [sample("sale.created", now=NOW, receipt="CERTAIN1")])
    with Warehouse(certain.warehouse_path) as opened:
        assert "estimated" not in note(opened)


@EVERY
def test_every_table_of_a_currency_is_held_against_sql(page: Page, currency: str) -> None:
    captions = [table.caption for table in page.tables[currency.lower()]]
    assert {
        next(known for known in CAPTIONS if caption.startswith(known)) for caption in captions
    } == CAPTIONS
    assert len(captions) == len(CAPTIONS)
    others = (
        "Threshold alerts",
        "The latest 2 alerts",
        "Sync freshness",
        "Deliveries received",
        "Definitions",
    )
    assert all(table.caption.startswith(others) for table in page.tables[""])


@EVERY
def test_the_money_of_each_day(warehouse: Warehouse, page: Page, currency: str) -> None:
    columns = ("gross_sales", "refund_amount", "chargeback_amount", "net_sales")
    sums = ", ".join(f"coalesce(sum({column}), 0)" for column in columns)
    shown = page.table(currency.lower(), "Sales and returns by day").texts()[1:]
    for index, row in enumerate(shown):
        day = TODAY - timedelta(days=len(shown) - 1 - index)
        where = f"currency = '{currency}' and report_date = date '{day}'"
        [amounts] = warehouse.rows(f"select {sums} from daily_sales where {where}")
        assert row == [day_of(day), *(money(Decimal(amount), currency) for amount in amounts)]
    assert len(shown) == 90


@EVERY
@pytest.mark.parametrize(("kind", "days"), [("refund", 60), ("chargeback", 14)])
def test_the_rate_of_each_vendor_on_each_day(
    warehouse: Warehouse, page: Page, currency: str, kind: str, days: int
) -> None:
    rows = warehouse.rows(
        f"select report_date, vendor, {kind}_count, sale_count from {kind}_rates "
        f"where currency = '{currency}' and window_days = {days} and report_date > date '{TODAY}' - 90"
    )
    expected = {
        (day_of(day), vendor): DASH if not sales else f"{percent(part, sales, 2)} ({part} of {sales})"
        for day, vendor, part, sales in rows
    }
    heads, *table = page.table(currency.lower(), f"{kind.capitalize()} rate by event date").texts()
    shown = {(row[0], vendor): cell for row in table for vendor, cell in zip(heads[1:], row[1:], strict=True)}
    assert {key: cell.replace("\N{NO-BREAK SPACE}", " ") for key, cell in shown.items()} == expected


@EVERY
def test_the_cohorts(warehouse: Warehouse, page: Page, currency: str) -> None:
    rows = warehouse.rows(
        "select sold_month, horizon_days, sum(cohort_sales), sum(mature_sales), sum(refunded_sales), "
        f"bool_and(is_mature) from refund_cohort_months where currency = '{currency}' "
        "group by all order by sold_month desc, horizon_days"
    )
    expected = []
    for first in range(0, len(rows), len(HORIZONS)):
        cells = [
            "not yet" if 2 * mature < sales or refunded is None
            else f"{percent(int(refunded), int(mature), 1)}{'' if is_mature else '*'}"
            for _, _, sales, mature, refunded, is_mature in rows[first : first + len(HORIZONS)]
        ]  # fmt: skip
        expected.append([f"{rows[first][0]:%b %Y}", str(rows[first][2]), *cells])
    assert page.table(currency.lower(), "Refund rate by cohort").texts()[1:] == expected


@EVERY
def test_the_chargebacks_of_each_month(warehouse: Warehouse, page: Page, currency: str) -> None:
    heads, *table = page.table(currency.lower(), "Chargebacks by calendar month").texts()
    rows = warehouse.rows(
        "select vendor, strftime(month, '%b'), chargeback_count, sale_count from chargeback_months "
        f"where currency = '{currency}'"
    )
    expected = {
        (vendor, month): f"{percent(part, sales, 2)}{part} of {sales}" for vendor, month, part, sales in rows
    }
    shown = {(row[0], month): cell for row in table for month, cell in zip(heads[1:], row[1:], strict=True)}
    assert {key: cell.replace("\N{NO-BREAK SPACE}", " ") for key, cell in shown.items()} == expected


@EVERY
def test_the_vendors(warehouse: Warehouse, page: Page, currency: str) -> None:
    rows = warehouse.rows(
        "select sale_count, refund_count, refund_rate, reversal_rate, chargeback_count, chargeback_rate, "
        "month_rate from (select * from refund_rates where window_days = 60) "
        "left join (select report_date, currency, vendor, chargeback_count, chargeback_rate from chargeback_rates "
        "where window_days = 14) using (report_date, currency, vendor) "
        "left join (select currency, vendor, chargeback_rate as month_rate from chargeback_months "
        f"where month = date '{TODAY.replace(day=1)}') using (currency, vendor) "
        f"where currency = '{currency}' and report_date = date '{TODAY}' order by sale_count desc, vendor"
    )
    shown = page.table(currency.lower(), "Vendors").values(1, 2, 3, 4, 5, 6, 7)
    assert shown == [tuple("" if value is None else str(value) for value in row) for row in rows]
    # Each figure as text is the figure behind it: counts as they are, rates rounded down.
    for row in page.table(currency.lower(), "Vendors").rows[1:]:
        for cell, digits in zip(row[1:], (None, None, 1, 1, None, 2, 2), strict=True):
            number = cell.shown.split("\N{NO-BREAK SPACE}")[0].split()[0]
            exact = Decimal(cell.value or 0)
            assert number == (
                str(exact) if digits is None
                else str((exact * 100).quantize(Decimal(1).scaleb(-digits), ROUND_FLOOR))
            )  # fmt: skip


@EVERY
@pytest.mark.parametrize(
    ("caption", "table", "name", "columns"),
    [
        (
            "Affiliates", "affiliate_performance", "coalesce(affiliate, '(no affiliate)')",
            "sale_count gross_sales net_sales earnings_per_order refund_rate chargeback_count chargeback_rate",
        ),
        (
            "Products", "product_performance", "title",
            "sale_count gross_sales net_sales earnings_per_order refund_rate chargeback_rate",
        ),
    ],
)  # fmt: skip
def test_the_affiliates_and_products(
    warehouse: Warehouse, page: Page, currency: str, caption: str, table: str, name: str, columns: str
) -> None:
    rows = warehouse.rows(
        f"select {name}, {columns.replace(' ', ', ')} from {table} "
        f"where currency = '{currency}' and window_days = 30 order by rank"
    )
    shown = page.table(currency.lower(), caption)
    count = len(columns.split())
    assert [row[0].shown.startswith(name) for row, (name, *_) in zip(shown.rows[1:], rows, strict=True)]
    width = len(shown.rows[0])
    assert shown.values(*range(width - count, width)) == [
        tuple("" if value is None else str(value) for value in row[1:]) for row in rows
    ]


def test_what_is_not_of_one_currency(warehouse: Warehouse, page: Page) -> None:
    deliveries = [
        [str(value) for value in row]
        for row in warehouse.rows(
            "select coalesce(event_type, '(none)'), status, count(*), sum(delivery_count) from events "
            "group by event_type, status order by event_type nulls last, status"
        )
    ]
    assert [row[:4] for row in page.table("", "Deliveries received").texts()[1:]] == deliveries
    alerts = warehouse.rows(
        "select claimed_value, computed_value, verdict from fct_threshold_alerts order by reached_at desc"
    )
    for row, (claimed, computed, verdict) in zip(
        page.table("", "The latest").texts()[1:], alerts, strict=True
    ):
        assert (Decimal(row[4]), row[7]) == (claimed, verdict.replace("_", " "))
        assert Decimal(row[6]) == Decimal(str(computed)).quantize(Decimal("0.0001"), ROUND_FLOOR)
    syncs = [[str(value) for value in row] for row in warehouse.rows(
        "select source, records_claimed, records_held from sync_freshness order by source"
    )]  # fmt: skip
    assert [[row[0], *row[4:6]] for row in page.table("", "Sync freshness").texts()[1:]] == syncs


def test_the_live_page(warehouse: Warehouse, settings: Settings) -> None:
    now = datetime.now(tz=UTC)
    looked = live.look(settings, now)
    shown = Page(live.render(looked, zone="UTC", now=now))
    events = warehouse.rows(
        "select coalesce(event_type, '(none)'), status, count(*), sum(delivery_count) from events "
        "group by event_type, status order by event_type nulls last, status"
    )
    assert shown.table("", "Events").texts()[1:] == [[str(value) for value in row] for row in events]
    latest = warehouse.rows(
        "select coalesce(event_type, '(none)'), delivery_count from events "
        "order by received_at desc, event_key limit 10"
    )
    assert [(row[1], int(row[4])) for row in shown.table("", "Latest events").texts()[1:]] == latest
    runs = warehouse.rows(
        "select trigger, status, events_in, rows_changed, published_version from pipeline_runs "
        "order by run_id desc limit 5"
    )
    assert [
        (row[1], row[2], *(int(cell.replace(",", "")) for cell in row[4:7]))
        for row in shown.table("", "Last runs").texts()[1:]
    ] == runs
    syncs = warehouse.rows("select source, replace(status, '_', ' ') from sync_freshness order by source")
    assert [(row[0], row[3]) for row in shown.table("", "Sync freshness").texts()[1:]] == syncs
    counted, deliveries = warehouse.rows("select count(*), sum(delivery_count) from events")[0]
    assert looked.status.totals["events"] == counted
    assert looked.status.totals["repeats"] == deliveries - counted > 0
    assert sum(row["event_count"] for row in looked.arrivals) == counted
    assert shown.tiles["", "Published"] == "1"
    assert {table.caption.split(" that")[0] for table in shown.tables[""]} == {
        "Events", "Latest events", "Last runs", "Sync freshness",
    }  # fmt: skip


def test_an_event_dated_later_than_every_receipt_moves_no_period(tmp_path: Path) -> None:
    """A sale of yesterday, refunded, and one that is dated in two days: the second is in no headline yet."""
    now = datetime.now(tz=UTC)
    bodies = [
        sample("sale.created", now=now - timedelta(days=1), receipt="SOLD0001"),
        sample("refund.processed", now=now - timedelta(hours=20), receipt="SOLD0001"),
        sample("sale.created", now=now + timedelta(days=2), receipt="AHEAD001"),
    ]
    ahead = published(tmp_path / "data", bodies)
    gross = json.loads(bodies[0])["data"]["totalOrderAmount"]
    with Warehouse(ahead.warehouse_path) as warehouse:
        tiles = page_of(warehouse, 7).tiles
        as_of = gather(warehouse, Limits.for_data_dir(tmp_path), days=7, zone="UTC", now=now).latest_at
    assert float(tiles["usd", "Gross sales"]) == gross
    assert (tiles["usd", "Sales"], tiles["usd", "Refund rate"]) == ("1", "1.0")
    assert as_of is not None
    assert as_of <= datetime.now(tz=UTC)
