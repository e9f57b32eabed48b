"""The pipeline's figures: its heartbeat, the deliveries that wait in the inboxes, and the disk."""

from __future__ import annotations

import shutil
import time
from datetime import datetime
from typing import TYPE_CHECKING

from prometheus_client.core import GaugeMetricFamily

from ingest.inbox.sources import Sources
from transforms.store.heartbeat import Heartbeat

if TYPE_CHECKING:
    from prometheus_client.core import Metric

    from cbw.settings import Settings


class PipelineMetrics:
    """Reads the heartbeat, and the first delivery of each inbox that is not loaded."""

    name = "pipeline"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._sources = Sources(settings.inbox_dir)

    def collect(self) -> list[Metric]:
        """Return every figure of the pipeline and of the disk.

        Raises:
            OSError: The data directory does not exist.
            sqlite3.Error: An inbox cannot be read.
        """
        beat = Heartbeat.read(self._settings.data_dir)
        lag = self._lag({} if beat is None else beat.positions)
        metrics: list[Metric] = [
            GaugeMetricFamily(
                "cbw_free_bytes",
                "Free space of the disk that holds the data directory.",
                value=shutil.disk_usage(self._settings.data_dir).free,
            ),
            GaugeMetricFamily(
                "cbw_pipeline_lag_seconds",
                "Age of the oldest delivery that no published version includes; 0 when there is none.",
                value=lag,
            ),
            GaugeMetricFamily(
                "cbw_inboxes_damaged",
                "Inbox files that are damaged, or were and are set aside; `cbw status` names them.",
                value=len(self._sources.damaged),
            ),
        ]
        return metrics if beat is None else [*metrics, *_of_heartbeat(beat)]

    def _lag(self, positions: dict[str, int]) -> float:
        waiting: list[int] = []
        with self._sources.opened() as inboxes:
            for inbox in inboxes:
                received_at = inbox.first_received_after(positions.get(inbox.inbox_id, 0))
                waiting += [] if received_at is None else [received_at]
        return max(0.0, time.time() - min(waiting) / 1_000_000) if waiting else 0.0


def _of_heartbeat(beat: Heartbeat) -> list[Metric]:
    return [
        GaugeMetricFamily(
            "cbw_pipeline_heartbeat_timestamp_seconds",
            "When the pipeline last said that it lives, in seconds since the epoch.",
            value=datetime.fromisoformat(beat.beat_at).timestamp(),
        ),
        GaugeMetricFamily(
            "cbw_pipeline_failed",
            "1 when the last run failed or was blocked by a check; readers then keep the last good version.",
            value=float(beat.last_status in {"failed", "blocked"}),
        ),
    ]
