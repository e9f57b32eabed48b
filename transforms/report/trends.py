"""The charts of a currency: money by day, and the refund and chargeback rates with their limits."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from transforms.report.chart import Bars, Chart, Series
from transforms.report.content import CHART_DAYS, Legend
from transforms.report.formats import DASH, axis_money, count, day, full_day, money, percent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from transforms.report.figures import Figures, Row
    from transforms.report.limits import Limits

# More lines than this nobody can tell apart; the table of vendors has them all.
MOST_LINES = 4
_TWO_DIGITS_BELOW = 0.05


def money_by_day(figures: Figures, currency: str | None) -> Legend:
    """Return the gross sales, refunds, chargebacks and net sales of each day."""
    rows = figures.rows("days", currency=currency, days=CHART_DAYS)
    columns = ("gross_sales", "refund_amount", "chargeback_amount", "net_sales")
    texts = [[money(row[column], currency) for column in columns] for row in rows]
    returns = [float(row["refund_amount"] + row["chargeback_amount"]) for row in rows]
    chart = Chart(
        summary=f"Gross sales, refunds and chargebacks of each of the last {len(rows)} days",
        days=tuple(day(row["report_date"]) for row in rows),
        axis=partial(axis_money, currency=currency),
        bars=(
            Bars("Gross sales", "gross", tuple(float(row["gross_sales"]) for row in rows)),
            Bars("Refunds and chargebacks", "returns", tuple(-value for value in returns)),
        ),
        lines=(
            Series(
                "Net sales", "net", tuple(float(row["net_sales"]) for row in rows), (False,) * len(rows),
                texts[-1][3] if texts else "",
            ),
        ),
    )  # fmt: skip
    heads = ("Day", "Gross", "Refunds", "Chargebacks", "Net")
    lines = zip(rows, texts, strict=True)
    return Legend(chart, heads, tuple((full_day(row["report_date"]), *line) for row, line in lines))


def refund_rate(
    figures: Figures, currency: str | None, limits: Limits, vendors: Sequence[str | None]
) -> Legend:
    """Return the refund rate of each vendor by event date, over the window of its limits."""
    window = limits.window_of("refund_rate", 60)
    rows = figures.rows("refund_rate_days", currency=currency, days=CHART_DAYS, window_days=window)
    return _rate_chart(rows, "refund", window, limits, vendors)


def chargeback_rate(
    figures: Figures, currency: str | None, limits: Limits, vendors: Sequence[str | None]
) -> Legend:
    """Return the chargeback rate of each vendor by event date, over the window of its limits."""
    window = limits.window_of("chargeback_rate", 14)
    rows = figures.rows("chargeback_rate_days", currency=currency, days=CHART_DAYS, window_days=window)
    return _rate_chart(rows, "chargeback", window, limits, vendors)


def _rate_chart(
    rows: Sequence[Row], kind: str, window: int, limits: Limits, vendors: Sequence[str | None]
) -> Legend:
    shown = list(vendors[:MOST_LINES])
    dates = sorted({row["report_date"] for row in rows})
    cells = {(row["vendor"], row["report_date"]): row for row in rows}
    lines = [_line(vendor, f"s{number}", dates, cells) for number, vendor in enumerate(shown, 1)]
    chart = Chart(
        summary=f"{kind.capitalize()} rate of {len(shown)} vendors over {window} days up to each day, by event date",
        days=tuple(day(each) for each in dates),
        axis=_axis_percent,
        lines=tuple(lines),
        limits=limits.of(f"{kind}_rate"),
    )
    heads = ("Day", *(vendor_name(vendor) for vendor in shown))
    table = [
        (full_day(each), *(_reading(cells.get((vendor, each)), kind) for vendor in shown)) for each in dates
    ]
    return Legend(chart, heads, tuple(table))


def _line(
    vendor: str | None, tone: str, dates: Sequence[date], cells: dict[tuple[str | None, date], Row]
) -> Series:
    days = [cells.get((vendor, each), {}) for each in dates]
    values = tuple(each.get("rate") for each in days)
    latest = percent(values[-1] if values else None, 2)
    weak = tuple(bool(each.get("is_small_sample")) for each in days)
    return Series(vendor_name(vendor), tone, values, weak, latest)


def _reading(row: Row | None, kind: str) -> str:
    if row is None or row["rate"] is None:
        return DASH
    return f"{percent(row['rate'], 2)} ({count(row[f'{kind}_count'])} of {count(row['sale_count'])})"


def vendor_name(vendor: str | None) -> str:
    """Return a vendor's name, or the words for none."""
    return vendor or "(no vendor)"


def _axis_percent(value: float) -> str:
    text = f"{value * 100:.2f}".rstrip("0").rstrip(".") if value < _TWO_DIGITS_BELOW else f"{value * 100:g}"
    return f"{text}\N{NO-BREAK SPACE}%"
