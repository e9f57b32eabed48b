"""The product beside dbt and SQLMesh: the same meaning from the same events, compared row for row, then timed.

    python -m benchmarks.models [--events 100000] [--new 1000] [--rounds 3] [--peers dbt sqlmesh] [--json models.json]

Each peer has its own environment, made below ``--environments`` by the first run, and builds a documented subset of
our tables from one of the many body shapes that ours read (``benchmarks/peers/``): staging, sales, refunds, orders,
daily sales and refund cohorts. Ours builds all its tables, checks and publishes them, in the same time. Cold is from
process start to exit; running is a refresh inside the running pipeline, where it normally happens.
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
from benchmarks.peers.systems import PEERS, Ours
from benchmarks.peers.tables import differences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from benchmarks.peers.systems import Peer


@dataclass(frozen=True)
class Figure:
    """One system's seconds for one job: the median of so many rounds."""

    job: str
    system: str
    events: int
    seconds: float
    rounds: int


class Contest:
    """All systems over one history.

    Args:
        directory: Where their files go.
        peers: Whom to measure.
        environments: Where the peers' environments are kept.
        rounds: How often each job but the full build is measured.
    """

    def __init__(self, directory: Path, peers: Iterable[str], environments: Path, rounds: int) -> None:
        self.ours = Ours(directory)
        self.peers: list[Peer] = [PEERS[name](directory, environments) for name in peers]
        self.figures: list[Figure] = []
        self._rounds = rounds
        self._batches = 0

    def run(self, events: int, new: int) -> None:
        """Build, change nothing, add new events; compare after each build and after the last addition.

        Raises:
            RuntimeError: A system failed, or its tables differ from ours.
        """
        self._measure(
            "full build", events, self.ours.refresh_cold, "cold", lambda: self._take_in(events), rounds=1
        )
        self._compare()
        self._measure("no change", events, self.ours.refresh_cold, "cold", lambda: None)
        self._measure(
            f"{new:,} new events", events, self.ours.refresh_cold, "cold", lambda: self._take_in(new)
        )
        self._compare()
        running = self.ours.refresh_running
        self._measure("no change", events, running, "running", lambda: None, peers=False)
        self._measure(
            f"{new:,} new events", events, running, "running", lambda: self._take_in(new), peers=False
        )
        self.ours.close()

    def _take_in(self, count: int) -> None:
        start = START if self._batches == 0 else START + timedelta(days=DAYS, hours=self._batches)
        days = DAYS if self._batches == 0 else 0
        self._batches += 1
        bodies = list(history(count, self._batches, start=start, days=days))
        for system in (self.ours, *self.peers):
            system.take_in(bodies)

    def _measure(
        self,
        job: str,
        events: int,
        ours: Callable[[], float],
        how: str,
        prepare: Callable[[], None],
        *,
        rounds: int | None = None,
        peers: bool = True,
    ) -> None:
        seconds: dict[str, list[float]] = {}
        for _ in range(rounds or self._rounds):
            prepare()
            seconds.setdefault(f"ours, {how}", []).append(ours())
            for peer in self.peers if peers else ():
                seconds.setdefault(peer.name, []).append(peer.refresh_cold())
        for name, measured in seconds.items():
            self.figures.append(Figure(job, name, events, statistics.median(measured), len(measured)))

    def _compare(self) -> None:
        for peer in self.peers:
            found = differences(self.ours.database, peer.database, peer.schema)
            if any(found.values()):
                raise RuntimeError(f"{peer.name} and ours differ, rows per table: {found}")


def _print(figures: list[Figure]) -> None:
    print(
        f"{'job':20}{'events':>12}  {'system':16}{'seconds':>10}{'times ours, cold':>20}{'times ours, running':>22}"
    )
    ours = {(figure.job, figure.system): figure.seconds for figure in figures}
    for figure in figures:
        ratios = [
            f"{figure.seconds / base:.1f}" if (base := ours.get((figure.job, f"ours, {how}"))) else ""
            for how in ("cold", "running")
        ]
        print(
            f"{figure.job:20}{figure.events:>12,}  {figure.system:16}{figure.seconds:>10.2f}"
            f"{ratios[0]:>20}{ratios[1]:>22}"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--events", type=int, nargs="+", default=[100_000], help="sizes of the history")
    parser.add_argument("--new", type=int, default=1000, help="events that arrive at once")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", nargs="*", choices=sorted(PEERS), default=sorted(PEERS))
    parser.add_argument("--environments", type=Path, default=Path.home() / ".cache" / "cbw-benchmarks")
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    options = parser.parse_args()
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
