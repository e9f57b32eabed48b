"""The owner's status page: the state of an installation as HTML that fetches itself again every few seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from transforms.health.gather import gather
from transforms.report.chart import Bars, Chart
from transforms.report.figures import Figures
from transforms.report.page import write
from transforms.report.shelf import newest_report
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from datetime import datetime

    from cbw.settings import Settings
    from transforms.health.status import Status
    from transforms.report.figures import Row

LATEST_EVENTS = 10


@dataclass(frozen=True, slots=True)
class Live:
    """The content of the status page.

    Attributes:
        status: The status that ``cbw status`` prints.
        arrivals: Distinct events received in each of the last 24 hours; empty before the first publish.
        latest: The events received last.
        has_report: Whether the data directory holds a report to open.
    """

    status: Status
    arrivals: tuple[Row, ...]
    latest: tuple[Row, ...]
    has_report: bool


def look(settings: Settings, now: datetime) -> Live:
    """Read the state of an installation, running or not, and write nothing.

    Raises:
        WarehouseError: The data directory does not exist.
        duckdb.Error, sqlite3.Error: A file cannot be read.
    """
    status = gather(settings, now)
    arrivals: list[Row] = []
    latest: list[Row] = []
    if status.published_version is not None:
        with Warehouse(settings.warehouse_path) as warehouse:
            figures = Figures(warehouse.connection)
            arrivals = figures.rows("arrivals", now=now.isoformat())
            latest = figures.rows("latest_events", rows=LATEST_EVENTS)
    return Live(status, tuple(arrivals), tuple(latest), newest_report(settings.data_dir) is not None)


def render(live: Live, *, zone: str, now: datetime) -> str:
    """Return the page; the same arguments give the same page."""
    counts = [row["event_count"] for row in live.arrivals]
    chart = Chart(
        summary=f"Events received in each of the last 24 hours, {sum(counts):,} in all",
        days=tuple(f"{row['hour']:%H:%M}" for row in _in_zone(live.arrivals, zone)),
        axis=lambda value: f"{value:,.10g}",
        bars=(Bars("Events", "gross", tuple(float(each) for each in counts)),),
    )
    return write("status.html.j2", "status.js", connect="'self'", live=live, chart=chart, zone=zone, now=now)


def _in_zone(rows: tuple[Row, ...], zone: str) -> list[Row]:
    return [row | {"hour": row["hour"].astimezone(ZoneInfo(zone))} for row in rows]
