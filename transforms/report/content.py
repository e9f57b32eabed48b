"""What a report says, as plain values: what ``gather`` reads and the template writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime

    from transforms.report.chart import Chart
    from transforms.report.figures import Row

# How many days the charts show, whatever the period of the headline.
CHART_DAYS = 90
# A table in a page is for looking; whoever wants every row asks the warehouse.
MOST_ROWS = 500
MOST_ALERTS = 20
PERIODS = (7, 30, 60, 90)


@dataclass(frozen=True, slots=True)
class Tile:
    """One headline figure.

    Attributes:
        name: What it is.
        value: As it reads.
        exact: As it stands in the tables.
        change: Against the period before; empty when there is none to compare with.
        tone: ``good``, ``bad`` or ``even``: what the change means for the seller.
        note: What the figure rests on.
    """

    name: str
    value: str
    exact: str
    change: str
    tone: str
    note: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something the owner should look at.

    Attributes:
        level: ``limit``, ``warning`` or ``watch``.
        subject: What it concerns.
        text: What is the matter.
    """

    level: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Legend:
    """A chart with the table of what it draws."""

    chart: Chart
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class CohortCell:
    """One month's refunds within a horizon.

    Attributes:
        text: As it reads; empty while it cannot be known.
        shade: From 0 to 8, for the heat map.
        is_partial: Whether only the first days of the month are old enough.
        tip: What it says when it is pointed at.
    """

    text: str
    shade: int
    is_partial: bool
    tip: str


@dataclass(frozen=True, slots=True)
class CohortRow:
    """One month of sales."""

    month: str
    sales: str
    cells: tuple[CohortCell, ...]


@dataclass(frozen=True, slots=True)
class CurrencySection:
    """Everything about the sales of one currency; nothing is ever added across currencies.

    Attributes:
        name: The currency, as it reads.
        slug: Its name in the page's address.
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
    """Whether the tables can be trusted."""

    events: tuple[Row, ...]
    quarantine: tuple[Row, ...]
    violations: tuple[Row, ...]
    check_count: int
    verification: Row

    def event_counts_of(self, status: str) -> list[Row]:
        """Return the counts of the events that came to this."""
        return [row for row in self.events if row["status"] == status]


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report.

    Attributes:
        latest_at: The latest event on record; None while there is none.
        days: The length of the period, and of the one it is compared with.
        table_days: The window of the affiliate and product tables.
        version: The published version it was made from.
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
