"""The content of a report as plain values: ``gather`` reads them, the template writes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime

    from transforms.report.chart import Chart
    from transforms.report.figures import Row

# Length of the charts, independent of the period of the headline figures, in days.
CHART_DAYS = 90
# A table on the page is for reading; an owner who needs every row queries the warehouse.
MOST_ROWS = 500
MOST_ALERTS = 20
PERIODS = (7, 30, 60, 90)


@dataclass(frozen=True, slots=True)
class Tile:
    """One headline figure.

    Attributes:
        name: The figure's name.
        value: The figure, formatted and rounded.
        exact: The figure as the published table stores it.
        change: The change since the previous period; empty when the tables do not cover that period.
        tone: ``good``, ``bad`` or ``even``: whether the seller gains by the change.
        note: The definition in a few words.
    """

    name: str
    value: str
    exact: str
    change: str
    tone: str
    note: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A reason for the owner to act, or to doubt a figure.

    Attributes:
        level: ``limit``, ``warning`` or ``watch``.
        subject: The vendor, source or check concerned.
        text: The problem, with its figures.
    """

    level: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Legend:
    """A chart with the table of the figures that it draws."""

    chart: Chart
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class CohortCell:
    """One month's refunds within a horizon.

    Attributes:
        text: The refund rate, formatted; empty while most of the month is too young.
        shade: The heat map's colour, 0 to 8.
        is_partial: Whether only the first days of the month are old enough.
        tip: The tooltip.
    """

    text: str
    shade: int
    is_partial: bool
    tip: str


@dataclass(frozen=True, slots=True)
class CohortRow:
    """The sales of one month, and their refunds within each horizon."""

    month: str
    sales: str
    cells: tuple[CohortCell, ...]


@dataclass(frozen=True, slots=True)
class CurrencySection:
    """All figures of one currency; the report never adds amounts of two currencies.

    Attributes:
        name: The currency's code, or the words for none.
        slug: The fragment of the page's address that selects this section.
    """

    name: str
    slug: str
    currency: str | None
    tiles: tuple[Tile, ...]
    money: Legend
    refund_rate: Legend
    chargeback_rate: Legend
    cohorts: tuple[CohortRow, ...]
    vendors: tuple[Row, ...]
    months: tuple[str, ...]
    vendor_months: tuple[Row, ...]
    affiliates: tuple[Row, ...]
    products: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Quality:
    """Whether the tables can be trusted.

    Attributes:
        outside: How much stands outside the figures, in plain words.
    """

    events: tuple[Row, ...]
    quarantine: tuple[Row, ...]
    outside: tuple[str, ...]
    violations: tuple[Row, ...]
    check_count: int
    verification: Row


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report.

    Attributes:
        latest_at: When the latest event occurred; None while the warehouse holds no event.
        days: The length of the period, and of the previous one to compare with.
        table_days: The window of the affiliate and product tables.
        version: The published version that ``gather`` read.
        release: The release of this program.
    """

    generated_at: datetime
    zone: str
    latest_at: datetime | None
    today: date | None
    days: int
    table_days: int
    refund_window: int
    chargeback_window: int
    version: int | None
    release: str
    findings: tuple[Finding, ...]
    sections: tuple[CurrencySection, ...]
    alerts: tuple[Row, ...]
    syncs: tuple[Row, ...]
    quality: Quality
    definitions: tuple[Row, ...]
