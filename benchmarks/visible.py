"""How long after its 200 an event is visible to readers, on an otherwise idle ``cbw serve``.

    python -m benchmarks.visible [--samples 50] [--events 5000] [--json visible.json]

The service runs as users run it, with a demo-size history behind it. Each sample posts one sale, and from the
moment of its 200 asks the published file for the receipt until it is there. Samples start at random moments, so that
they meet the timer anywhere. The named limit is CBW_REFRESH_SECONDS: an event waits for half of it on average, then
for one run.
"""

from __future__ import annotations

import argparse
import json
import random
import secrets
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import urllib3

from benchmarks.running.service import SECRET, serving, wait_for
from ingest.samples import sample
from ingest.sender import Sender
from ingest.signature import SIGNATURE_HEADER, sign
from ingest.simulator import simulate
from transforms.warehouse import Warehouse


@dataclass(frozen=True)
class Figures:
    """Seconds from 200 to visible, beside the limit they are measured against."""

    refresh_seconds: float
    history_events: int
    samples: int
    median: float
    p95: float
    worst: float
    run_median: float

    @classmethod
    def from_samples(
        cls, measured: list[float], runs: list[float], refresh_seconds: float, events: int
    ) -> Figures:
        """Reduce the samples to the figures that are reported."""
        ordered = sorted(measured)
        return cls(
            refresh_seconds=refresh_seconds, history_events=events, samples=len(ordered),
            median=statistics.median(ordered), p95=ordered[int(len(ordered) * 0.95)], worst=ordered[-1],
            run_median=statistics.median(runs),
        )  # fmt: skip


def _fill(url: str, reader: Warehouse, events: int) -> None:
    summary = Sender(url, SECRET).send(event.body for event in simulate(events))
    if summary.failures:
        raise RuntimeError(f"{summary.failures} events were not accepted")
    total = "select coalesce(sum(delivery_count), 0) from events"
    wait_for(lambda: reader.rows(total) == [(events,)])


def _sample(url: str, reader: Warehouse, refresh_seconds: float, last: float) -> float:
    receipt = secrets.token_hex(4).upper()
    body = sample("sale.created", receipt=receipt)
    # After a run the pipeline rests for as long as the run took: only then is it idle again.
    time.sleep(last + refresh_seconds * random.uniform(1, 2))  # noqa: S311 - no secret depends on it
    response = urllib3.request("POST", url, body=body, headers={SIGNATURE_HEADER: sign(SECRET, body)})
    acknowledged = time.perf_counter()
    if response.status != 200:
        raise RuntimeError(f"answered {response.status}")
    seen = "select 1 from fct_sales where receipt = ?"
    # Looking costs nothing until the link is switched: the file of a version never changes.
    return wait_for(lambda: reader.refresh() and reader.rows(seen, [receipt])) - acknowledged


def _run_seconds(reader: Warehouse, count: int) -> list[float]:
    rows = reader.rows(
        "select epoch(finished_at - started_at) from pipeline_runs order by run_id desc limit ?", [count]
    )
    return [seconds for (seconds,) in rows]


def _measure(events: int, samples: int, refresh_seconds: float) -> Figures:
    with tempfile.TemporaryDirectory() as directory:
        data_dir = Path(directory) / "data"
        with (
            serving(data_dir, refresh_seconds) as service,
            Warehouse(data_dir / "warehouse.duckdb") as reader,
        ):
            _fill(service.url, reader, events)
            measured = [0.0]
            for _ in range(samples):
                measured.append(_sample(service.url, reader, refresh_seconds, measured[-1]))
            runs = _run_seconds(reader, samples)
    return Figures.from_samples(measured[1:], runs, refresh_seconds, events)


def _print(figures: Figures) -> None:
    print(f"{'from 200 to visible':28}{'seconds':>10}")
    for name in ("median", "p95", "worst"):
        print(f"{name:28}{getattr(figures, name):>10.2f}")
    print(f"{'of which a run (median)':28}{figures.run_median:>10.2f}")
    print(f"{'limit: CBW_REFRESH_SECONDS':28}{figures.refresh_seconds:>10.2f}")
    print(f"{figures.samples} samples behind a history of {figures.history_events:,} events")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--samples", type=int, default=50)
    parser.add_argument("--events", type=int, default=5000, help="the history behind the samples")
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
