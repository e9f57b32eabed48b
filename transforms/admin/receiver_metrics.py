"""The receiver's figures: the reports of all its workers, added up."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from ingest.metrics.tally import Histogram, Tally
from ingest.metrics.tally_file import read_reports

if TYPE_CHECKING:
    from prometheus_client.core import Metric

    from cbw.settings import Settings


class ReceiverMetrics:
    """Reads the workers' reports; counters survive restarts, gauges count only the workers that live."""

    name = "receiver"

    def __init__(self, settings: Settings) -> None:
        self._data_dir = settings.data_dir

    def collect(self) -> list[Metric]:
        """Return every figure of the receiver."""
        reports = read_reports(self._data_dir)
        tally = sum((report.tally for report in reports), Tally())
        alive = [report for report in reports if report.is_alive]
        metrics: list[Metric] = [
            _requests(tally),
            _verified(tally),
            _histogram(
                "cbw_webhook_ack_seconds",
                "From the head of a request to its acknowledgement.",
                tally.ack_seconds,
            ),
            _histogram(
                "cbw_inbox_commit_seconds",
                "How long a commit of the inbox took, fsync included.",
                tally.commits.seconds,
            ),
            _histogram("cbw_inbox_batch_size", "Deliveries that shared one commit.", tally.commits.rows),
            GaugeMetricFamily(
                "cbw_inbox_queue_depth",
                "Deliveries that wait for a commit.",
                value=sum(report.queued_rows for report in alive),
            ),
            GaugeMetricFamily("cbw_receiver_workers", "Receiver processes that live.", value=len(alive)),
        ]
        if tally.last_event_at:
            help_text = "When the last event was acknowledged, in seconds since the epoch."
            metrics.append(
                GaugeMetricFamily("cbw_last_event_timestamp_seconds", help_text, value=tally.last_event_at)
            )
        return metrics


def _requests(tally: Tally) -> Metric:
    family = CounterMetricFamily(
        "cbw_webhook_requests",
        "Requests answered, by status and reason; the reason of an acknowledgement is empty.",
        labels=["code", "reason"],
    )
    for (code, reason), count in sorted(tally.requests.items()):
        family.add_metric([str(code), reason], count)
    return family


def _verified(tally: Tally) -> Metric:
    family = CounterMetricFamily(
        "cbw_verified", "Acknowledged deliveries, by the secret that signed them.", labels=["secret_id"]
    )
    for secret_id, count in sorted(tally.verified.items()):
        family.add_metric([secret_id], count)
    return family


def _histogram(name: str, help_text: str, histogram: Histogram) -> Metric:
    bounds = [*(f"{bound:g}" for bound in histogram.bounds), "+Inf"]
    buckets = list(zip(bounds, map(float, accumulate(histogram.counts)), strict=True))
    return HistogramMetricFamily(name, help_text, buckets=buckets, sum_value=histogram.total)
