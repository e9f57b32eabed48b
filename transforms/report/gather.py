"""Read a whole report from one published version."""

from __future__ import annotations

from datetime import timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING

from transforms.reading.outside import sentences
from transforms.report.cohorts import heat_map
from transforms.report.content import MOST_ALERTS, MOST_ROWS, CurrencySection, Quality, Report
from transforms.report.figures import Figures
from transforms.report.findings import findings
from transforms.report.formats import NO_CURRENCY
from transforms.report.tiles import tiles
from transforms.report.trends import chargeback_rate, money_by_day, refund_rate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from transforms.report.figures import Row
    from transforms.report.limits import Limits
    from transforms.warehouse import Warehouse

# The windows of affiliate_performance and product_performance, in days.
_TABLE_WINDOWS = (30, 90)


def gather(warehouse: Warehouse, limits: Limits, *, days: int, zone: str, now: datetime) -> Report:
    """Read the content of a report.

    Args:
        warehouse: The warehouse; the report shows the version attached now, even if a run publishes the next meanwhile.
        limits: The limits to compare the rates with.
        days: The length of the period: 7, 30, 60 or 90.
        zone: The report zone.
        now: The report's time of generation.
    """
    figures = Figures(warehouse.connection)
    as_of = figures.row("as_of")
    figures.define(today=as_of["today"])
    table_days = next((window for window in _TABLE_WINDOWS if window >= days), max(_TABLE_WINDOWS))
    sections = _sections(figures, limits, as_of, days, table_days)
    alerts, syncs = tuple(figures.rows("alerts", rows=MOST_ALERTS)), tuple(figures.rows("syncs"))
    quality = _quality(figures)
    return Report(
        generated_at=now, zone=zone, latest_at=as_of["latest_at"], today=as_of["today"], days=days,
        table_days=table_days,
        refund_window=limits.window_of("refund_rate", 60),
        chargeback_window=limits.window_of("chargeback_rate", 14),
        version=int(warehouse.file.stem.rpartition("-")[2]),
        release=version("clickbank-warehouse"),
        findings=findings(sections, limits, alerts, syncs, quality),
        sections=sections, alerts=alerts, syncs=syncs, quality=quality,
        definitions=tuple(figures.rows("definitions")),
    )  # fmt: skip


def _sections(
    figures: Figures, limits: Limits, as_of: Row, days: int, table_days: int
) -> tuple[CurrencySection, ...]:
    currencies = [row["currency"] for row in figures.rows("currencies")]
    if not currencies:
        return ()
    is_comparable = as_of["first_date"] <= as_of["today"] - timedelta(days=2 * days - 1)
    return tuple(
        _section(figures, currency, limits, days, table_days, is_comparable=is_comparable)
        for currency in currencies
    )


def _section(
    figures: Figures, currency: str | None, limits: Limits, days: int, table_days: int, *, is_comparable: bool
) -> CurrencySection:
    windows = {
        "refund_days": limits.window_of("refund_rate", 60),
        "chargeback_days": limits.window_of("chargeback_rate", 14),
    }
    vendors = figures.rows("vendor_rates", currency=currency, **windows)
    names = [row["vendor"] for row in vendors]
    months = figures.rows("chargeback_months", currency=currency)
    tables = {"currency": currency, "window_days": table_days, "rows": MOST_ROWS}
    return CurrencySection(
        name=currency or NO_CURRENCY,
        slug=(currency or NO_CURRENCY).lower().replace(" ", "-"),
        currency=currency,
        tiles=tiles(figures, currency, days, is_comparable=is_comparable),
        money=money_by_day(figures, currency),
        refund_rate=refund_rate(figures, currency, limits, names),
        chargeback_rate=chargeback_rate(figures, currency, limits, names),
        cohorts=heat_map(figures.rows("cohorts", currency=currency)),
        vendors=tuple(_with_levels(row, limits) for row in vendors),
        months=tuple(f"{month:%b}" for month in sorted({row["month"] for row in months})),
        vendor_months=_by_vendor(months, names, limits),
        affiliates=tuple(figures.rows("affiliates", **tables)),
        products=tuple(figures.rows("products", **tables)),
    )


def _with_levels(row: Row, limits: Limits) -> Row:
    """Add the level that each of a vendor's rates has reached; empty for none."""
    return row | {
        "refund_level": _level(limits, "refund_rate", row["refund_rate"]),
        "chargeback_level": _level(limits, "chargeback_rate", row["chargeback_rate"]),
        "month_level": _level(limits, "chargeback_rate_month", row["month_chargeback_rate"]),
    }


def _by_vendor(rows: Sequence[Row], vendors: Sequence[str | None], limits: Limits) -> tuple[Row, ...]:
    """Return one row per vendor with a cell for each month of any vendor; None where this one has no figure."""
    months = sorted({row["month"] for row in rows})
    cells = {
        (row["vendor"], row["month"]): row
        | {"level": _level(limits, "chargeback_rate_month", row["chargeback_rate"])}
        for row in rows
    }
    return tuple(
        {"vendor": vendor, "cells": [cells.get((vendor, month)) for month in months]} for vendor in vendors
    )


def _level(limits: Limits, metric: str, rate: float | None) -> str:
    reached = limits.reached(metric, rate)
    return "" if reached is None else reached.level


def _quality(figures: Figures) -> Quality:
    return Quality(
        events=tuple(figures.rows("event_counts")),
        quarantine=tuple(figures.rows("quarantine_reasons")),
        outside=tuple(sentences(figures.rows("outside"))),
        violations=tuple(figures.rows("violations")),
        check_count=figures.row("checks")["check_count"],
        verification=figures.row("verification"),
    )
