"""The product compared with dbt and SQLMesh: the same tables from the same events, compared row for row and timed.

    python -m benchmarks.models [--events 100000] [--new 1000] [--rounds 3] [--peers dbt sqlmesh] [--json models.json]

The first run installs each peer into an environment of its own below ``--environments``. A peer builds a documented
subset of our tables (``benchmarks/peers/``): staging, sales, refunds, orders, daily sales and refund cohorts, from
one of the many body shapes that ours reads. The benchmark measures ours in two forms:

- *ours* is the whole product: all its tables, from every body shape, with its checks.
- *same models* is its engine on the models that the peers build, from the same fields of the same body shape
  (``benchmarks/peers/ours``) and, like the peers, without checks: like for like.

The time of both forms includes loading the events and publishing, which a peer does not do. After each build, the
benchmark compares every system's tables with those of *ours*. A cold figure is from process start to exit. A running
figure is a refresh in a process that stays: our pipeline, where refreshes normally happen; dbt's own runner for
programs; a context of SQLMesh. The last columns divide a figure's seconds by those of our forms in the same job.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.peers.history import DAYS, START, history
from benchmarks.peers.systems import PEERS, Ours, SameModels
from benchmarks.peers.tables import differences
from benchmarks.running.options import positive
from cbw.logs import configure_logging

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.peers.systems import Peer

FORMS = ("ours, cold", "ours, running", "same models, cold", "same models, running")


@dataclass(frozen=True)
class Figure:
    """One system's seconds for one job: the median over the rounds."""

    job: str
    system: str
    events: int
    seconds: float
    rounds: int
    version: str


class Contest:
    """Measures all systems on one history.

    Args:
        directory: The directory of their files.
        peers: The names of the peers to measure.
        environments: The directory of the peers' environments.
        rounds: How many times to measure each job except the full build.
    """

    def __init__(self, directory: Path, peers: Iterable[str], environments: Path, rounds: int) -> None:
        self.systems: list[Ours | Peer] = [Ours(directory), SameModels(directory)]
        self.systems += [PEERS[name](directory, environments) for name in peers]
        self.figures: list[Figure] = []
        self._rounds = rounds
        self._batches = 0
        self._events = 0

    def run(self, events: int, new: int) -> None:
        """Measure a full build, a refresh without change and one of new events; compare the tables after each stage.

        Raises:
            RuntimeError: A system failed, or its tables differ from ours.
        """
        self._events = events
        self._measure("full build", "cold", arriving=events, rounds=1)
        self._compare()
        self._measure_changes("cold", new)
        self._compare()
        self._measure_changes("running", new)
        for system in self.systems:  # a peer's process keeps its file locked until then
            system.close()
        self._compare()

    def _measure_changes(self, how: str, new: int) -> None:
        self._measure("no change", how)
        self._measure(f"{new:,} new events", how, arriving=new)

    def _take_in(self, count: int) -> None:
        start = START if self._batches == 0 else START + timedelta(days=DAYS, hours=self._batches)
        days = DAYS if self._batches == 0 else 0
        self._batches += 1
        bodies = list(history(count, self._batches, start=start, days=days))
        for system in self.systems:
            system.take_in(bodies)

    def _measure(self, job: str, how: str, *, arriving: int = 0, rounds: int | None = None) -> None:
        seconds: dict[str, list[float]] = {system.name: [] for system in self.systems}
        for _ in range(rounds or self._rounds):
            if arriving:
                self._take_in(arriving)
            for system in self.systems:
                refresh = system.refresh_cold if how == "cold" else system.refresh_running
                seconds[system.name].append(refresh())
        for system in self.systems:
            times = seconds[system.name]
            name = f"{system.name}, {how}"
            self.figures.append(
                Figure(job, name, self._events, statistics.median(times), len(times), system.version)
            )

    def _compare(self) -> None:
        ours, *others = self.systems
        for other in others:
            rows = differences(ours.database, other.database, other.schema)
            if any(rows.values()):
                raise RuntimeError(f"{other.name} and ours differ, rows per table: {rows}")


def _print(figures: list[Figure]) -> None:
    columns = "".join(f"{f'/ {form}':>24}" for form in FORMS)
    print(f"{'job':20}{'events':>12}  {'system':22}{'seconds':>10}{columns}")
    seconds = {(figure.events, figure.job, figure.system): figure.seconds for figure in figures}
    for figure in figures:
        ratios = "".join(
            f"{_ratio(figure, seconds.get((figure.events, figure.job, form)), form):>24}" for form in FORMS
        )
        print(f"{figure.job:20}{figure.events:>12,}  {figure.system:22}{figure.seconds:>10.3f}{ratios}")
    for system, version in {figure.system.partition(",")[0]: figure.version for figure in figures}.items():
        print(f"{system}: {version}")


def _ratio(figure: Figure, base: float | None, form: str) -> str:
    """Return a figure's seconds divided by those of a form; empty for a running figure and a cold form."""
    if not base or (figure.system.endswith("running") and form.endswith("cold")):
        return ""
    return f"{figure.seconds / base:,.2f}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--events", type=positive, nargs="+", default=[100_000], help="sizes of the history")
    parser.add_argument("--new", type=positive, default=1000, help="events that arrive at once")
    parser.add_argument("--rounds", type=positive, default=3)
    parser.add_argument("--peers", nargs="*", choices=sorted(PEERS), default=sorted(PEERS))
    parser.add_argument("--environments", type=Path, default=Path.home() / ".cache" / "cbw-benchmarks")
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    options = parser.parse_args()
    configure_logging(level="error")
    figures: list[Figure] = []
    for events in options.events:
        with tempfile.TemporaryDirectory() as directory:
            contest = Contest(Path(directory), options.peers, options.environments, options.rounds)
            contest.run(events, options.new)
            figures += contest.figures
    _print(figures)
    if options.json:
        options.json.write_text(json.dumps([asdict(figure) for figure in figures], indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
