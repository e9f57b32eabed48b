"""Durable, verified POSTs per second: the receiver compared with an empty Flask handler and two naive receivers.

    python -m benchmarks.receive [--seconds 4] [--rounds 3] [--connections 1 32 128] [--json receive.json]

All systems run on Granian on this machine, in the same run, turn by turn. The empty handler reads the body and answers
OK, without signature and storage. The ratio to it is therefore the cost of authenticity and an fsync, and remains
comparable between machines of different speed. "beside rebuilds" is the receiver while a pipeline on the same disk
rebuilds and publishes a history again and again. "bare commits" is a loop of SQLite transactions without HTTP, each of
as many rows as there are connections. "of both" divides the rate by that of the empty handler and a bare commit one
after the other: the limit for one connection, which can do nothing while the disk works. PostgreSQL is a private
cluster with its default durability; a machine without PostgreSQL leaves it out.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.peers.environment import Environment
from benchmarks.peers.history import history
from benchmarks.peers.systems import Ours
from benchmarks.receiving.events import SECRET
from benchmarks.receiving.postgres import cluster, program
from benchmarks.running.options import positive
from cbw.supervisor import PIPELINE_NICENESS, give_way
from ingest.inbox.reader import InboxReader, list_inboxes

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
CORES = len(os.sched_getaffinity(0))
LIMIT = "empty Flask"
COMMITS = "bare commits"


@dataclass(frozen=True)
class System:
    """One server to measure."""

    handler: str
    kind: str
    workers: int = 1
    is_busy: bool = False

    @property
    def name(self) -> str:
        return self.handler if self.workers == 1 else f"{self.handler} x{self.workers}"


_SYSTEMS = [
    System("receiver", "receiver"),
    System("receiver", "receiver", CORES),
    System("receiver beside rebuilds", "receiver", is_busy=True),
    System(LIMIT, "empty"),
    System(LIMIT, "empty", CORES),
    System("Flask + PostgreSQL", "postgres"),
    System("Flask + PostgreSQL", "postgres", CORES),
    System("Flask + DuckDB", "duckdb"),
    System(COMMITS, "bare"),
]
SYSTEMS = {system.name: system for system in _SYSTEMS}


@dataclass(frozen=True)
class Figure:
    """One system at one number of connections: medians over the rounds."""

    handler: str
    workers: int
    connections: int
    per_second: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    errors: int


class Bench:
    """Starts and measures the systems.

    Args:
        systems: Names of `SYSTEMS`.
        environments: The directory of the peers' Python environments.
        busy_events: The number of events in the history that a pipeline rebuilds next to a busy receiver.
    """

    def __init__(self, systems: list[str], environments: Path, busy_events: int) -> None:
        self.systems = {name: SYSTEMS[name] for name in systems}
        self._busy_events = busy_events
        self._python = {"postgres": self._postgres_python(environments)}

    def figures(self, connections: list[int], rounds: int, seconds: float) -> Iterator[Figure]:
        """Measure the systems in turn, so that a slow minute of the machine affects all of them."""
        for number in connections:
            measured: dict[str, list[dict[str, float]]] = {name: [] for name in self.systems}
            for _ in range(rounds):
                for name, system in self.systems.items():
                    measured[name].append(self._measure(system, number, seconds))
            for name, runs in measured.items():
                system = self.systems[name]
                median = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
                errors = int(sum(run["errors"] for run in runs))
                figures = {key: median[key] for key in ("per_second", "p50_ms", "p99_ms", "max_ms")}
                yield Figure(system.handler, system.workers, number, **figures, errors=errors)

    def _postgres_python(self, environments: Path) -> str:
        if not any(system.kind == "postgres" for system in self.systems.values()):
            return sys.executable
        requirements = ("flask==3.1.2", "granian==2.8.1", "psycopg[binary,pool]==3.3.3")
        environment = Environment(environments, "postgres", requirements)
        environment.make()
        return str(environment.bin / "python")

    def _measure(self, system: System, connections: int, seconds: float) -> dict[str, float]:
        with ExitStack() as stack:
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            if system.kind == "bare":
                return _figures("bare", directory, connections, seconds)
            port = stack.enter_context(self._server(system, directory))
            if system.is_busy:
                stack.enter_context(_rebuilding(directory, self._busy_events))
            figures = _figures("load", port, connections, seconds)
            if system.kind == "receiver" and _stored(directory) < figures["acknowledged"]:
                raise RuntimeError("an acknowledged event is not in an inbox")
        return figures

    @contextmanager
    def _server(self, system: System, directory: Path) -> Iterator[int]:
        with ExitStack() as stack:
            database = str(directory / "peer.duckdb")
            if system.kind == "postgres":
                database = stack.enter_context(cluster(directory / "postgres"))
            environ = {
                **os.environ,
                "CBW_WEBHOOK_SECRET": SECRET,
                "CBW_DATA_DIR": str(directory),
                "PEER_DATABASE": database,
            }
            port = _free_port()
            python = self._python.get(system.kind, sys.executable)
            process = subprocess.Popen(
                [python, "-m", "benchmarks.receiving.servers", system.kind, str(port), str(system.workers)],
                env=environ, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            try:
                _wait_for(port)
                yield port
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(60)


def _figures(module: str, *arguments: object) -> dict[str, float]:
    command = [sys.executable, "-m", f"benchmarks.receiving.{module}", *map(str, arguments)]
    figures: dict[str, float] = json.loads(subprocess.check_output(command, cwd=ROOT))
    return figures


@contextmanager
def _rebuilding(directory: Path, events: int) -> Iterator[None]:
    """Rebuild and publish again and again during the block, in another data directory on the same disk."""
    ours = Ours(directory / "busy")
    ours.take_in(history(events))
    ours.refresh_cold()
    ours.close()
    script = (
        f'while :; do nice -n {PIPELINE_NICENESS} "$0" -m cbw refresh --full; done'  # as `cbw serve` does
    )
    process = subprocess.Popen(
        ["sh", "-c", script, sys.executable], start_new_session=True, cwd=ROOT,
        env={**os.environ, "CBW_DATA_DIR": str(ours.data_dir)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        give_way(process.pid, PIPELINE_NICENESS)
        time.sleep(2.0)  # past its imports, into the build
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(400):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError("the server did not start")


def _stored(data_dir: Path) -> int:
    stored = 0
    for path in list_inboxes(data_dir / "inbox"):
        with InboxReader(path) as reader:
            stored += reader.tip()
    return stored


def _print(figures: list[Figure]) -> None:
    print(
        f"{'handler':26}{'workers':>8}{'connections':>12}{'POST/s':>10}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}"
        f"{'errors':>8}{'of empty':>10}{'of both':>9}"
    )
    rates = {(figure.handler, figure.workers, figure.connections): figure.per_second for figure in figures}
    for figure in figures:
        empty = rates.get((LIMIT, figure.workers, figure.connections))
        commits = rates.get((COMMITS, 1, figure.connections))
        ratio = f"{figure.per_second / empty:.2f}" if empty else ""
        # A bare commit has as many rows as there are connections: only one of a single row is the wait of one request.
        of_both = (
            f"{figure.per_second * (1 / empty + 1 / commits):.2f}"
            if empty and commits and figure.connections == 1
            else ""
        )
        print(
            f"{figure.handler:26}{figure.workers:>8}{figure.connections:>12}{figure.per_second:>10,.0f}"
            f"{figure.p50_ms:>9.2f}{figure.p99_ms:>9.2f}{figure.max_ms:>9.1f}{figure.errors:>8}{ratio:>10}{of_both:>9}"
        )


def _available() -> list[str]:
    has_postgres = program("initdb") is not None
    return [name for name, system in SYSTEMS.items() if has_postgres or system.kind != "postgres"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=4.0, help="measured time per figure and round")
    parser.add_argument("--rounds", type=positive, default=3, help="rounds; each figure is their median")
    parser.add_argument("--connections", type=positive, nargs="+", default=[1, 32, 128])
    parser.add_argument(
        "--busy-events", type=positive, default=50_000, help="the history that 'busy' rebuilds"
    )
    parser.add_argument("--systems", nargs="+", choices=list(SYSTEMS), default=_available())
    parser.add_argument("--environments", type=Path, default=Path.home() / ".cache" / "cbw-benchmarks")
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    options = parser.parse_args()
    bench = Bench(options.systems, options.environments, options.busy_events)
    figures = list(bench.figures(options.connections, options.rounds, options.seconds))
    _print(figures)
    if options.json:
        options.json.write_text(json.dumps([asdict(figure) for figure in figures], indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
