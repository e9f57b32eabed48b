"""The cost of a refresh, a publish, a full build, a verification and an explanation on histories of different sizes.

    python -m benchmarks.refresh [--events 100000 1000000] [--new 1000] [--rounds 12] [--verify 1000000]
                                [--json refresh.json]

The simulator writes the history: every shape of body, repeats, disorder, broken events. New events come in batches of
``--new`` into the running pipeline, and the benchmark times loading, refreshing with checks, and publishing apart. The
figures are means over the rounds, because every few refreshes one checkpoints the tables for those before it. Each
limit is named: for a publish, ``cp`` and fsync of the same bytes; for a full build, one plain DuckDB scan that extracts
the same fields of every body, under all names of the alias table, into one table. The peak memory is that of a
``cbw refresh --full`` with default settings. The benchmark prints each size as soon as it is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.running.inbox import HistoryInbox
from benchmarks.running.options import positive
from benchmarks.running.peak import peak_of
from cbw.duck import first_row
from cbw.logs import configure_logging
from cbw.settings import load_settings
from ingest.simulation.simulator import iter_simulate
from transforms.explain.explain import explain
from transforms.pipeline.pipeline import Pipeline
from transforms.publish.publish import publish

if TYPE_CHECKING:
    from collections.abc import Callable

END = datetime(2026, 11, 1, tzinfo=UTC)
EVENTS_A_DAY = 500
# There was no ClickBank before 1998: a longer history would have more events per day instead, in days.
MOST_DAYS = 10_000
MIB = 1024 * 1024


@dataclass(frozen=True)
class Figures:
    """Seconds on one history, ratios to the named limits, and the peak memory of a full build."""

    events: int
    new_events: int
    load: float
    refresh_and_check: float
    publish: float
    copy_of_the_same_bytes: float
    publish_ratio: float
    full_build: float
    plain_scan: float
    full_build_ratio: float
    full_build_peak_mib: float
    first_load: float
    verify: float | None
    verified_equal: bool | None
    explain_median: float | None
    explain_longest: float | None
    explained_longest: str | None
    explain_common_path: float | None
    explain_cold: float | None


def measure(events: int, new: int, rounds: int, directory: Path, *, is_verified: bool) -> Figures:
    """Build one history and measure everything on it."""
    inbox = HistoryInbox(directory)
    days = min(max(events // EVENTS_A_DAY, 30), MOST_DAYS)
    stream = iter_simulate(events + new * (rounds + 1), days, 7, END)
    inbox.take_in(stream, events)
    with Pipeline(load_settings(data_dir=directory, memory_limit="4GB")) as pipeline:
        first_load = _seconds(pipeline.load)
        full_build = _seconds(lambda: _run(pipeline, "full"))
        scan = _seconds(lambda: _plain_scan(pipeline))
        parts = []
        for _ in range(rounds + 1):
            inbox.take_in(stream, new)
            parts.append(_refresh(pipeline))
        load, refresh, published, copied = (statistics.fmean(part) for part in zip(*parts[1:], strict=True))
        verify, is_equal = _verify(pipeline) if is_verified else (None, None)
        explained = _explain(pipeline) if is_verified else {}
        common = _explain_row(pipeline, "schema_paths", "event_count desc") if is_verified else None
        order = _key(pipeline, "fct_orders", "rowid desc") if is_verified else None
    cold = _seconds(lambda: _explain_cold(directory, "fct_orders", order)) if order else None
    peak = peak_of([sys.executable, "-m", "cbw", "refresh", "--full"], {"CBW_DATA_DIR": str(directory)})
    return Figures(
        events, new, load, refresh, published, copied, published / copied,
        full_build, scan, full_build / scan, peak / MIB, first_load, verify, is_equal,
        statistics.median(explained.values()) if explained else None, max(explained.values(), default=None),
        max(explained, key=explained.__getitem__, default=None), common, cold,
    )  # fmt: skip


def _refresh(pipeline: Pipeline) -> tuple[float, float, float, float]:
    """Return the seconds of a load, of the rest of a run less its publish, of a publish, and of a plain copy."""
    loaded = _seconds(pipeline.load)
    ran = _seconds(lambda: _run(pipeline, "incremental"))
    published = _seconds(lambda: publish(pipeline.store, pipeline.graph, {}))
    return loaded, max(ran - published, 0.0), published, _copy(pipeline.settings.data_dir)


def _run(pipeline: Pipeline, mode: str) -> None:
    run = pipeline.run("command", full=mode == "full")
    if (run.status, run.mode) != ("published", mode):
        raise RuntimeError(f"the run was {run.mode} and {run.status}: {run.detail}")


def _copy(data_dir: Path) -> float:
    copy = data_dir / "copy.duckdb"

    def work() -> None:
        subprocess.run(["cp", str(data_dir / "working.duckdb"), str(copy)], check=True)
        with copy.open("rb") as file:
            os.fsync(file.fileno())

    seconds = _seconds(work)
    copy.unlink()
    return seconds


def _plain_scan(pipeline: Pipeline) -> None:
    """Extract every path of the alias table from every readable body into a table: one scan, one call per body."""
    connection = pipeline.store.connection
    paths = dict.fromkeys(
        f"'$.{'data.' if alias.scope != 'envelope' else ''}{alias.path}'"
        for alias in pipeline.store.aliases.aliases
        if alias.scope != "line"
    )
    connection.execute("reset threads")
    connection.execute(
        "create or replace table build.main.plain_scan as"
        f" select sequence, json_extract_string(coalesce(document, decode(body)), [{', '.join(paths)}]) as fields,"
        " json_extract_string(coalesce(document, decode(body)), '$.data.lineItems') as lines"
        " from events.main.raw_events where verdict is null"
    ).fetchall()
    connection.execute("drop table build.main.plain_scan")


def _verify(pipeline: Pipeline) -> tuple[float, bool]:
    started = time.perf_counter()
    verification, checks = pipeline.verify()
    seconds = time.perf_counter() - started
    return seconds, verification.is_equal and not any(check.blocks for check in checks)


def _explain(pipeline: Pipeline) -> dict[str, float]:
    """Return the seconds of explaining the newest row of each table that has inputs."""
    names = [model.name for model in pipeline.graph.published if model.key and model.inputs]
    times = {name: _explain_row(pipeline, name, "rowid desc") for name in names}
    return {name: seconds for name, seconds in times.items() if seconds is not None}


def _explain_row(pipeline: Pipeline, table: str, order: str) -> float | None:
    """Return the seconds of explaining a table's first row in an order; None for an empty table."""
    key = _key(pipeline, table, order)
    if not key:
        return None

    def work() -> None:
        explain(
            pipeline.store, pipeline.graph, table=table, key=key, limit=5, show_body=False,
            progress=lambda *_: None,
        )  # fmt: skip

    return _seconds(work)


def _explain_cold(data_dir: Path, table: str, key: list[str]) -> None:
    """Explain a row by a command, which has to open the files itself."""
    command = [sys.executable, "-m", "cbw", "explain", table, *key, "--data-dir", str(data_dir)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _key(pipeline: Pipeline, table: str, order: str) -> list[str]:
    """Return the words that name a table's first row in an order; none for an empty table."""
    names = pipeline.graph[table].key
    columns = ", ".join(f"cast({column} as varchar)" for column in names)
    query = f"select {columns} from build.main.{table} order by {order} limit 1"
    row = first_row(pipeline.store.connection, query) or ()
    return [f"{name}={'NULL' if value is None else value}" for name, value in zip(names, row, strict=False)]


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _print(figures: Figures) -> None:
    for name, value in asdict(figures).items():
        shown = f"{value:,.3f}" if isinstance(value, float) else f"{value!s}"
        print(f"{name:26}{shown:>16}")
    print(flush=True)


def _print_growth(first: Figures, last: Figures) -> None:
    grown = (last.load + last.refresh_and_check) / (first.load + first.refresh_and_check)
    print(f"load + refresh + check, {last.events:,} events / {first.events:,} events: {grown:.2f}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--events", type=positive, nargs="+", default=[100_000, 1_000_000], help="sizes of the history"
    )
    parser.add_argument("--new", type=positive, default=1000, help="events that arrive at once")
    parser.add_argument("--rounds", type=positive, default=12)
    parser.add_argument(
        "--verify", type=positive, nargs="*", default=[], help="sizes to verify and explain, too"
    )
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    options = parser.parse_args()
    configure_logging(level="error")
    figures = []
    for events in options.events:
        with tempfile.TemporaryDirectory() as directory:
            is_verified = events in options.verify
            figures.append(
                measure(
                    events, options.new, options.rounds, Path(directory) / "data", is_verified=is_verified
                )
            )
        _print(figures[-1])
        if options.json:
            options.json.write_text(json.dumps([asdict(each) for each in figures], indent=2) + "\n")
    if len(figures) > 1:
        _print_growth(figures[0], figures[-1])
    return 0


if __name__ == "__main__":
    sys.exit(main())
