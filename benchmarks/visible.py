"""The seconds from an event's 200 until readers see it, on an otherwise idle ``cbw serve``.

    python -m benchmarks.visible [--samples 50] [--events 5000] [--json visible.json]

The service runs as its users run it, on a history of 500 events per day. Each sample posts one sale, and from its 200
on queries the published file for the receipt until the file has it. Samples start at random moments after a pause. The
named limit is CBW_REFRESH_SECONDS: after a refresh with new events, the pipeline waits that long before the next.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import urllib3

from benchmarks.running.inbox import HistoryInbox
from benchmarks.running.machine import rested_page_microseconds
from benchmarks.running.options import positive
from benchmarks.running.service import ROOT, SECRET, serving, wait_for
from ingest.secrets.signature import SIGNATURE_HEADER, sign
from ingest.send.samples import sample
from ingest.simulation.simulator import iter_simulate
from transforms.warehouse import Warehouse

EVENTS_A_DAY = 500


@dataclass(frozen=True)
class Figures:
    """Seconds from 200 to visible, and their named limit."""

    refresh_seconds: float
    history_events: int
    samples: int
    median: float
    p95: float
    worst: float
    run_median: float
    rested_page_microseconds: float

    @classmethod
    def from_samples(
        cls, measured: list[float], runs: list[float], refresh_seconds: float, events: int, rested: float
    ) -> Figures:
        """Reduce the samples to the figures of the report."""
        ordered = sorted(measured)
        return cls(
            refresh_seconds=refresh_seconds, history_events=events, samples=len(ordered),
            median=statistics.median(ordered), p95=ordered[int(len(ordered) * 0.95)], worst=ordered[-1],
            run_median=statistics.median(runs), rested_page_microseconds=rested,
        )  # fmt: skip


def _fill(data_dir: Path, events: int) -> None:
    days = max(events // EVENTS_A_DAY, 30)
    HistoryInbox(data_dir).take_in(iter_simulate(events, days, 7, datetime.now(tz=UTC)), events)
    command, environ = [sys.executable, "-m", "cbw", "refresh"], os.environ | {"CBW_DATA_DIR": str(data_dir)}
    subprocess.run(command, env=environ, cwd=ROOT, check=True, capture_output=True)


def _sample(url: str, reader: Warehouse, refresh_seconds: float, last: float) -> float:
    receipt = secrets.token_hex(4).upper()
    body = sample("sale.created", receipt=receipt)
    # After a run the pipeline pauses for as long as the run took: only then is it idle again.
    time.sleep(last + refresh_seconds * random.uniform(1, 2))  # noqa: S311 - no secret depends on it
    # One connection per post: the receiver closes one that was idle for five seconds.
    headers = {SIGNATURE_HEADER: sign(SECRET, body), "Connection": "close"}
    response = urllib3.request("POST", url, body=body, headers=headers)
    acknowledged = time.perf_counter()
    if response.status != 200:
        raise RuntimeError(f"answered {response.status}")
    seen = "select 1 from fct_sales where receipt = ?"
    # Until the link is switched, `refresh` only reads the link: polling does not disturb the run.
    return wait_for(lambda: reader.refresh() and reader.rows(seen, [receipt])) - acknowledged


def _run_seconds(reader: Warehouse, count: int) -> list[float]:
    rows = reader.rows(
        "select epoch(finished_at - started_at) from pipeline_runs order by run_id desc limit ?", [count]
    )
    return [seconds for (seconds,) in rows]


def _measure(events: int, samples: int, refresh_seconds: float) -> Figures:
    with tempfile.TemporaryDirectory() as directory:
        data_dir = Path(directory) / "data"
        _fill(data_dir, events)
        with (
            serving(data_dir, refresh_seconds) as service,
            Warehouse(data_dir / "warehouse.duckdb") as reader,
        ):
            _sample(service.url, reader, refresh_seconds, 0)  # the first run fills the caches
            measured, rested = [0.0], [rested_page_microseconds()]
            for _ in range(samples):
                measured.append(_sample(service.url, reader, refresh_seconds, measured[-1]))
            rested.append(rested_page_microseconds())
            runs = _run_seconds(reader, samples)
    return Figures.from_samples(measured[1:], runs, refresh_seconds, events, statistics.mean(rested))


def _print(figures: Figures) -> None:
    print(f"{'from 200 to visible':28}{'seconds':>10}")
    for name in ("median", "p95", "worst"):
        print(f"{name:28}{getattr(figures, name):>10.2f}")
    print(f"{'of which a run (median)':28}{figures.run_median:>10.2f}")
    print(f"{'limit: CBW_REFRESH_SECONDS':28}{figures.refresh_seconds:>10.2f}")
    print(
        f"{'machine: a page of memory read after a second, microseconds':62}{figures.rested_page_microseconds:.2f}"
    )
    print(f"{figures.samples} samples behind a history of {figures.history_events:,} events")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--samples", type=positive, default=50)
    parser.add_argument("--events", type=positive, default=5000, help="the history behind the samples")
    parser.add_argument(
        "--refresh-seconds", type=float, default=1.0, help="CBW_REFRESH_SECONDS of the service"
    )
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    options = parser.parse_args()
    figures = _measure(options.events, options.samples, options.refresh_seconds)
    _print(figures)
    text = json.dumps(asdict(figures), indent=2)
    print(text)
    if options.json:
        options.json.write_text(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
