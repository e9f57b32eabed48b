"""The figures of `/metrics`, read from files at every scrape."""

from __future__ import annotations

import sqlite3
import threading
from importlib.metadata import version
from typing import TYPE_CHECKING

import duckdb
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from cbw.errors import CbwError
from cbw.logs import Logger
from transforms.admin.pipeline_metrics import PipelineMetrics
from transforms.admin.published_metrics import PublishedMetrics
from transforms.admin.receiver_metrics import ReceiverMetrics

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Protocol

    from prometheus_client.core import Metric

    from cbw.settings import Settings

    class Part(Protocol):
        """One source of figures; ``collect`` may raise any error of reading a file."""

        name: str

        def collect(self) -> list[Metric]:
            """Return the figures."""
            ...


log = Logger(__name__)


def registry(settings: Settings) -> CollectorRegistry:
    """Return a registry of this installation's figures, and of nothing else in the process."""
    made = CollectorRegistry()
    parts: list[Part] = [ReceiverMetrics(settings), PipelineMetrics(settings), PublishedMetrics(settings)]
    made.register(_Parts(parts))
    return made


class _Parts(Collector):
    """Collects part by part: an unreadable part is named, and hides no other."""

    def __init__(self, parts: list[Part]) -> None:
        self._parts = parts
        self._lock = threading.Lock()

    def collect(self) -> Iterator[Metric]:
        unreadable = GaugeMetricFamily(
            "cbw_unreadable", "1 when this part of the figures could not be read just now.", labels=["part"]
        )
        with self._lock:
            for part in self._parts:
                metrics = self._collect(part)
                unreadable.add_metric([part.name], float(metrics is None))
                yield from metrics or []
        yield unreadable
        build = GaugeMetricFamily("cbw_build_info", "The release that runs.", labels=["version"])
        build.add_metric([version("clickbank-warehouse")], 1)
        yield build

    def _collect(self, part: Part) -> list[Metric] | None:
        try:
            return part.collect()
        except (CbwError, OSError, duckdb.Error, sqlite3.Error) as exc:
            log.warning("admin.metrics_unreadable", part=part.name, error=type(exc).__name__)
            return None
