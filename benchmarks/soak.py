"""The whole service under steady traffic and readers, for as many minutes as you have patience.

    python -m benchmarks.soak [--minutes 30] [--rate 20] [--history 10000] [--json soak.json]

``cbw serve`` refreshes and publishes every second while signed events of the simulator's stream (repeats, disorder,
broken bodies) arrive over HTTP. Four readers query the published file again and again, two that open it for each round
and two through `transforms.warehouse`; a fifth opens it once and keeps it open, like a notebook that nobody closed. The
exit code is 1 if a reader was locked out or read rows of two versions, if the idle reader's answers changed, if an
acknowledged event was lost or counted twice, or if a table differs from a full rebuild. The soak also reports memory
(from Linux's ``/proc``) and file sizes; the limit of a file is a compacted copy of its content.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.running.service import SECRET, serving, wait_for
from benchmarks.soaking.account import Account, is_verified, published_deliveries
from benchmarks.soaking.files import sizes
from benchmarks.soaking.readers import Readers
from benchmarks.soaking.samples import look, memories
from benchmarks.soaking.traffic import Traffic
from cbw.terminal import console, progress, table
from ingest.simulation.simulator import iter_simulate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.running.service import Service
    from benchmarks.soaking.files import FileSize
    from benchmarks.soaking.reader import Reads
    from benchmarks.soaking.samples import Memory, Sample
    from benchmarks.soaking.traffic import Sent

REFRESH_SECONDS = 1.0
DAYS = 200
SAMPLES = 60
SHORTEST_SAMPLE_SECONDS = 1.0
# Until then the service allocates memory that it needs; growth from then on may be a leak. Share of the soak.
WARM_UP_SHARE = 0.2


@dataclass(frozen=True)
class Soak:
    """The results of a soak."""

    minutes: float
    sent: Sent
    account: Account
    is_verified: bool
    reads: list[Reads]
    files: list[FileSize]
    samples: list[Sample]

    @property
    def memory(self) -> list[Memory]:
        """The memory of each half of the service."""
        return memories(self.samples, WARM_UP_SHARE * 60 * self.minutes)

    @property
    def figures(self) -> list[dict[str, Any]]:
        """The figures that must be 0, and those without a limit."""
        must = {
            "lock errors": sum(each.lock_errors for each in self.reads),
            "torn reads": sum(each.torn_reads for each in self.reads),
            "other failures of readers": sum(each.failures for each in self.reads),
            "events lost": self.account.lost,
            "events held or counted twice": self.account.doubled,
            "bodies given up": self.sent.failed,
            "verifications that found a difference": int(not self.is_verified),
        }
        unlimited = {
            "posts acknowledged": self.account.acknowledged,
            "deliveries in the warehouse": self.account.published,
            "posts refused and sent again": self.sent.refused,
            "slowest acknowledgement, seconds": round(self.sent.slowest, 3),
            "versions published": self.samples[-1].version,
            "versions kept, at most": max(each.versions_kept for each in self.samples),
            "rounds of readers": sum(each.rounds for each in self.reads),
        }
        rows = [{"figure": name, "value": value, "limit": 0} for name, value in must.items()]
        return rows + [{"figure": name, "value": value, "limit": None} for name, value in unlimited.items()]

    @property
    def is_sound(self) -> bool:
        """Whether every figure with a limit keeps it."""
        return all(row["value"] == row["limit"] for row in self.figures if row["limit"] is not None)

    @property
    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """All results, table by table."""
        parts = {"readers": self.reads, "memory": self.memory, "files": self.files, "samples": self.samples}
        return {"figures": self.figures} | {
            name: [asdict(row) for row in rows] for name, rows in parts.items()
        }


def _soak(minutes: float, rate: float, history: int, pause: float, directory: Path) -> Soak:
    scratch = directory / "scratch"
    scratch.mkdir()
    seconds = 60 * minutes
    # A tenth more than the rate needs: the stream must not end before the time.
    count = history + round(1.1 * rate * seconds) + 1
    stream = (event.body for event in iter_simulate(count, DAYS))
    with serving(directory / "data", REFRESH_SECONDS) as service:
        traffic = Traffic(service.url, SECRET)
        traffic.send(islice(stream, history))
        _wait_until_published(service, traffic)
        readers = Readers(service.data_dir, pause)
        traffic.start(stream, rate)
        try:
            samples = list(_watch(seconds, service, readers, traffic, scratch))
            traffic.stop()
            _wait_until_published(service, traffic)
        finally:
            traffic.stop()
            reads = readers.stop()
    files = sizes(service.data_dir, scratch)
    account = Account.of(traffic.sent, service.data_dir)
    return Soak(minutes, traffic.sent, account, is_verified(service.data_dir), reads, files, samples)


def _wait_until_published(service: Service, traffic: Traffic) -> None:
    wait_for(lambda: published_deliveries(service.data_dir) >= traffic.sent.deliveries, look_seconds=0.5)


def _watch(
    seconds: float, service: Service, readers: Readers, traffic: Traffic, scratch: Path
) -> Iterator[Sample]:
    """Show the progress of the soak, and yield samples at regular intervals, the last one at the end."""
    started, pause = time.monotonic(), max(seconds / SAMPLES, SHORTEST_SAMPLE_SECONDS)
    with progress() as bar:
        task = bar.add_task("soaking", total=round(seconds))
        while (elapsed := time.monotonic() - started) < seconds:
            yield look(elapsed, service, readers, traffic.sent, scratch)
            bar.update(
                task, completed=round(elapsed), description=f"{traffic.sent.deliveries:,} acknowledged"
            )
            time.sleep(min(pause, max(seconds - (time.monotonic() - started), 0)))
        yield look(elapsed, service, readers, traffic.sent, scratch)


def _print(soak: Soak) -> None:
    out = console()
    for title, rows in soak.tables.items():
        if title != "samples":
            out.print(
                table(title, list(rows[0]), [[_shown(value) for value in row.values()] for row in rows])
            )


def _shown(value: object) -> object:
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return round(value, 2) if isinstance(value, float) else value


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--rate", type=float, default=20.0, help="events a second")
    parser.add_argument("--history", type=int, default=10_000, help="events before the soak")
    parser.add_argument("--pause", type=float, default=0.5, help="a reader's seconds between two rounds")
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    options = parser.parse_args()
    if min(options.minutes, options.rate, options.history, options.pause) <= 0:
        parser.error("--minutes, --rate, --history and --pause must be greater than 0")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # leaves the with blocks, which end the processes
    with tempfile.TemporaryDirectory() as directory:
        soak = _soak(options.minutes, options.rate, options.history, options.pause, Path(directory))
    _print(soak)
    if options.json:
        options.json.write_text(json.dumps(soak.tables, indent=2) + "\n")
    return 0 if soak.is_sound else 1


if __name__ == "__main__":
    sys.exit(main())
