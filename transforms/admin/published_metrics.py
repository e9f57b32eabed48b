"""The figures of the published version and its checks; read once for each version, not at every scrape."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from cbw.event_types import EVENT_TYPES, TEST
from cbw.night_clock import NightClock
from transforms.publish.versions import current_version
from transforms.reading.nights import Nights
from transforms.store.heartbeat import Heartbeat
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from prometheus_client.core import Metric

    from cbw.settings import Settings

# Types that no table knows are one series: a sender's names must not make series without end.
_EVENTS = """
select
    case when event_type is null then 'none' when list_contains(?, event_type) then event_type else 'other' end,
    status, count(*), sum(delivery_count) - count(*)
from events group by all order by all
"""
_REFRESH = """
select epoch(finished_at - started_at) from pipeline_runs where status = 'published' order by run_id desc limit 1
"""
_WARNINGS = """
select count(*) from check_results
where run_id = (select max(run_id) from check_results) and violations > 0 and severity = 'warning'
"""


class PublishedMetrics:
    """Reads the published warehouse as any reader does."""

    name = "published"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._version: int | None = None
        self._metrics: list[Metric] = []
        self._warnings = 0
        self._clock = NightClock.from_settings(settings)
        self._nights = Nights()

    def collect(self) -> list[Metric]:
        """Return every figure of the published version; before the first one, only the checks that prevented it.

        Raises:
            WarehouseError, duckdb.Error: The version cannot be read.
        """
        version = current_version(self._settings.data_dir)
        if version is not None and version != self._version:
            with Warehouse(self._settings.warehouse_path) as warehouse:
                warehouse.connection.execute("set threads = 1")  # a scrape must not take the pipeline's cores
                self._metrics = _read(warehouse)
                self._warnings = int(warehouse.rows(_WARNINGS)[0][0])
                self._nights = Nights.read(warehouse)
            self._version = version
        beat = Heartbeat.read(self._settings.data_dir)
        checks = _checks(0 if beat is None else beat.checks_failed, self._warnings)
        if version is None:
            return [checks]
        owed = self._nights.owed_seconds(self._clock, datetime.now(tz=UTC))
        return [
            *self._metrics,
            checks,
            GaugeMetricFamily("cbw_published_version", "The version that readers see.", value=version),
            GaugeMetricFamily(
                "cbw_night_owed_seconds",
                "How long ago the first night began that did not run; 0 when the latest has run.",
                value=owed,
            ),
        ]


def _read(warehouse: Warehouse) -> list[Metric]:
    events = warehouse.rows(_EVENTS, [[*(each.name for each in EVENT_TYPES), TEST]])
    return [
        _events(events),
        CounterMetricFamily(
            "cbw_duplicates",
            "Deliveries of an event that was there already.",
            value=sum(int(row[3]) for row in events),
        ),
        GaugeMetricFamily(
            "cbw_refresh_seconds",
            "How long the run that made the published version took, publishing aside.",
            value=sum(float(row[0]) for row in warehouse.rows(_REFRESH)),
        ),
    ]


def _events(rows: list[tuple[Any, ...]]) -> Metric:
    family = CounterMetricFamily(
        "cbw_events",
        "Distinct events by type and by what became of them; a type that no table knows is 'other'.",
        labels=["type", "status"],
    )
    for event_type, status, count, _ in rows:
        family.add_metric([event_type, status], count)
    return family


def _checks(blocking: int, warning: int) -> Metric:
    family = GaugeMetricFamily(
        "cbw_checks_failed",
        "Checks that do not hold: blocking ones refused the last run, warnings are in what was published.",
        labels=["severity"],
    )
    family.add_metric(["blocking"], blocking)
    family.add_metric(["warning"], warning)
    return family
