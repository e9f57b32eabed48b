"""A reader in a process of its own, which on SIGTERM prints its counts as JSON and ends.

    python -m benchmarks.soaking.reader connect|helper|idle DATA_DIR PAUSE

``connect`` opens the file for each round, as any DuckDB client can; ``helper`` keeps a `transforms.warehouse` open;
``idle`` opens the file once, like a notebook that nobody closed: its answers must never change.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from benchmarks.soaking.answers import Answers, Questions
from cbw.errors import CbwError
from transforms.publish.versions import current_version
from transforms.store.store import is_shut_out
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FAULTS_KEPT = 5


@dataclass
class Reads:
    """The counts of one reader.

    Attributes:
        kind: ``connect``, ``helper`` or ``idle``.
        rounds: Rounds of all queries.
        versions: Different versions read.
        lock_errors: Rounds that another process's lock prevented.
        torn_reads: Rounds whose answers did not come from one whole and current version.
        failures: Rounds that failed for another reason.
        slowest: The seconds of the longest round.
        faults: The first errors, in words.
    """

    kind: str
    rounds: int = 0
    versions: int = 0
    lock_errors: int = 0
    torn_reads: int = 0
    failures: int = 0
    slowest: float = 0.0
    faults: list[str] = field(default_factory=list)


class Reader:
    """Asks all queries in rounds, and counts the answers that are wrong.

    Args:
        kind: ``connect``, ``helper`` or ``idle``.
        data_dir: The data directory.
    """

    def __init__(self, kind: str, data_dir: Path) -> None:
        self.reads = Reads(kind)
        self._data_dir = data_dir
        self._questions = Questions()
        self._last: Answers | None = None

    def round(self, opened: Callable[[], duckdb.DuckDBPyConnection]) -> None:
        """Ask all queries once."""
        before, started = current_version(self._data_dir) or 0, time.perf_counter()
        try:
            connection = opened()
            after = current_version(self._data_dir) or 0
            answers = self._questions.ask(connection)
        except (duckdb.Error, CbwError) as exc:
            self._failed(exc)
        else:
            self._compare(answers, before, after)
        self.reads.rounds += 1
        self.reads.slowest = max(self.reads.slowest, time.perf_counter() - started)

    def _failed(self, error: Exception) -> None:
        if isinstance(error, duckdb.Error) and is_shut_out(error):
            self.reads.lock_errors += 1
        else:
            self.reads.failures += 1
        self._keep(str(error))

    def _compare(self, answers: Answers, before: int, after: int) -> None:
        wrong = list(answers.torn)
        if self.reads.kind == "idle":
            if self._last is not None and answers != self._last:
                wrong.append(f"the idle handle's answers changed: {self._last} became {answers}")
        elif not before <= answers.version <= after:
            wrong.append(f"version {answers.version} was not current: {before} to {after} were")
        self.reads.versions += self._last is None or answers.version != self._last.version
        self.reads.torn_reads += bool(wrong)
        self._last = answers
        for text in wrong:
            self._keep(text)

    def _keep(self, text: str) -> None:
        if len(self.reads.faults) < FAULTS_KEPT:
            self.reads.faults.append(text)


@contextmanager
def _opener(kind: str, data_dir: Path) -> Iterator[Callable[[], duckdb.DuckDBPyConnection]]:
    """Yield a function that opens the file for one round."""
    path = data_dir / "warehouse.duckdb"
    if kind == "helper":
        with Warehouse(path) as warehouse:
            yield lambda: _newest(warehouse)
    elif kind == "idle":
        with duckdb.connect(str(path), read_only=True) as connection:
            yield lambda: connection
    else:
        last: list[duckdb.DuckDBPyConnection] = []
        yield lambda: _reopened(path, last)


def _newest(warehouse: Warehouse) -> duckdb.DuckDBPyConnection:
    warehouse.refresh()
    return warehouse.connection


def _reopened(path: Path, last: list[duckdb.DuckDBPyConnection]) -> duckdb.DuckDBPyConnection:
    if last:
        last.pop().close()
    last.append(duckdb.connect(str(path), read_only=True))
    return last[0]


def main() -> int:
    kind, data_dir, pause = sys.argv[1:]
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    reader = Reader(kind, Path(data_dir))
    with _opener(kind, Path(data_dir)) as opened:
        reader.round(opened)
        while not stopping.wait(float(pause)):
            reader.round(opened)
    print(json.dumps(asdict(reader.reads)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
