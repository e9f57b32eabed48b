"""Load events into the raw table, each exactly once: ours compared with dlt, from process start to exit.

    python -m benchmarks.loading [--events 100000] [--new 1000] [--peers dlt] [--json loading.json]

Ours reads the receiver's inbox, parses each body strictly and keeps every delivery with its position in one
transaction. dlt reads the same bodies from a file and merges them by their SHA-256. At the end both must hold the
same set of bodies. With ``--peers`` and no name, ours is measured alone.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from benchmarks.peers.environment import Environment
from benchmarks.peers.history import history
from benchmarks.peers.systems import Ours
from benchmarks.running.options import positive

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = ROOT / "benchmarks" / "peers" / "loading"
REQUIREMENTS = ("dlt[duckdb]==1.31.0", "duckdb==1.5.6")


@dataclass(frozen=True)
class Figure:
    """One system's seconds to load ``events`` events after ``history`` others."""

    system: str
    history: int
    events: int
    seconds: float
    version: str


class Dlt:
    """Loads with dlt, which merges bodies from a file by their SHA-256."""

    def __init__(self, directory: Path, environments: Path) -> None:
        self.database = directory / "dlt.duckdb"
        self._directory = directory
        self._environment = Environment(environments, "dlt", REQUIREMENTS)
        self._environment.make()

    def load(self, bodies: Sequence[bytes]) -> float:
        """Load more bodies, and return the seconds."""
        file = self._directory / "events.jsonl"
        file.write_bytes(b"".join(body + b"\n" for body in bodies))
        python, script = str(self._environment.bin / "python"), str(SCRIPTS / "with_dlt.py")
        return _seconds([python, script, str(file), str(self.database), str(self._directory / "dlt")])


class Contest:
    """Loads one history with ours and, unless left out, with dlt, in a directory of their own."""

    def __init__(self, directory: Path, dlt: Dlt | None) -> None:
        self._dlt = dlt
        self._ours = Ours(directory)
        self._held = 0

    def load(self, bodies: Sequence[bytes]) -> list[Figure]:
        """Load the bodies with each system, and return the seconds of each."""
        self._ours.take_in(bodies)
        ours = _seconds(
            [sys.executable, "-m", "benchmarks.peers.loading.with_ours", str(self._ours.data_dir)]
        )
        held, self._held = self._held, self._held + len(bodies)
        figures = [Figure("ours", held, len(bodies), ours, self._ours.version)]
        if self._dlt is not None:
            figures.append(Figure("dlt", held, len(bodies), self._dlt.load(bodies), " ".join(REQUIREMENTS)))
        return figures

    def compare(self) -> None:
        """Compare the bodies that the systems hold.

        Raises:
            RuntimeError: One system has a body that the other lacks, or ours lost a delivery.
        """
        self._ours.close()
        with duckdb.connect() as connection:
            connection.execute(f"attach '{self._ours.data_dir / 'events.duckdb'}' as ours (read_only)")
            deliveries = _number(connection, "select count(*) from ours.raw_events")
            if deliveries != self._held:
                raise RuntimeError(f"ours holds {deliveries} deliveries of {self._held}")
            if self._dlt is not None:
                connection.execute(f"attach '{self._dlt.database}' as theirs (read_only)")
                _compare_bodies(connection)


def _compare_bodies(connection: duckdb.DuckDBPyConnection) -> None:
    ours = "select distinct lower(body_sha256) from ours.raw_events"
    theirs = "select lower(body_sha256) from theirs.raw.raw_events"
    distinct = _number(connection, f"select count(*) from ({ours}) as bodies")
    held = _number(connection, f"select count(*) from ({theirs}) as bodies")
    same = _number(connection, f"select count(*) from ({ours} intersect {theirs}) as bodies")
    if not same == distinct == held:
        raise RuntimeError(f"ours {distinct} bodies; dlt {held}; the same {same}")


def _number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(connection.execute(query).fetchall()[0][0])


def _seconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


def _print(figures: list[Figure]) -> None:
    print(f"{'system':8}{'history':>12}{'events':>12}{'seconds':>10}{'events/s':>12}{'times ours':>12}")
    ours = {figure.history: figure.seconds for figure in figures if figure.system == "ours"}
    for figure in figures:
        print(
            f"{figure.system:8}{figure.history:>12,}{figure.events:>12,}{figure.seconds:>10.2f}"
            f"{figure.events / figure.seconds:>12,.0f}{figure.seconds / ours[figure.history]:>12.1f}"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--events", type=positive, default=100_000)
    parser.add_argument("--new", type=positive, default=1000)
    parser.add_argument("--peers", nargs="*", choices=["dlt"], default=["dlt"])
    parser.add_argument("--environments", type=Path, default=Path.home() / ".cache" / "cbw-benchmarks")
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        dlt = Dlt(Path(directory), options.environments) if options.peers else None
        contest = Contest(Path(directory), dlt)
        figures = contest.load(list(history(options.events, 1)))
        figures += contest.load(list(history(options.new, 2)))
        contest.compare()
    _print(figures)
    if options.json:
        options.json.write_text(json.dumps([asdict(figure) for figure in figures], indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
