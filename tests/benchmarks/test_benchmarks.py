"""Each benchmark runs as its real command and writes its figures; no test judges their values."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.__main__ import NAMES
from benchmarks.receiving.postgres import program
from tests.amounts import IS_LONG

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent.parent
ENVIRONMENTS = Path.home() / ".cache" / "cbw-benchmarks"
# Benchmarks to run at a time: they spend most of their time waiting for processes to start.
AT_ONCE = 2
PATIENCE = 600
TINY: dict[str, str] = {
    "soak": "--minutes 0.05 --history 30 --rate 10 --pause 5",
    "receive": "--seconds 0.1 --rounds 1 --connections 2 --busy-events 30"
    " --systems receiver,receiver beside rebuilds,empty Flask,Flask + DuckDB,bare commits",
    "refresh": "--events 60 --new 10 --rounds 1",
    "models": "--events 60 --new 10 --rounds 1 --peers",
    "visible": "--samples 1 --events 20 --refresh-seconds 0.2",
    "start_up": "--rounds 1",
    "loading": "--events 60 --new 10 --peers",
}
# A row that the figures of each must include.
EXPECTED = {
    "soak": {"figure": "events lost", "value": 0, "limit": 0},
    "receive": {"handler": "receiver", "workers": 1, "connections": 2, "errors": 0},
    "refresh": {"events": 60, "new_events": 10},
    "models": {"job": "10 new events", "system": "same models, running", "events": 60},
    "visible": {"samples": 1, "history_events": 20},
    "start_up": {"command": "cbw --help", "rounds": 1},
    "loading": {"system": "ours", "history": 60, "events": 10},
}
# The other benchmarks start the whole service several times; `make test-long` runs them.
RUN = tuple(TINY) if IS_LONG else ("refresh", "start_up", "loading")
PEERS = {
    "dbt": ("models", "--events 60 --new 10 --rounds 1 --peers dbt"),
    "sqlmesh": ("models", "--events 60 --new 10 --rounds 1 --peers sqlmesh"),
    "dlt": ("loading", "--events 60 --new 10 --peers dlt"),
    "postgres": ("receive", "--seconds 0.1 --rounds 1 --connections 2 --systems Flask + PostgreSQL"),
}

pytestmark = pytest.mark.timeout(PATIENCE)


def run(name: str, options: str, results: Path) -> Any:
    """Run one benchmark as `make bench` does, and return its figures."""
    command = [sys.executable, "-m", "benchmarks", name, "--results", str(results), "--", *_words(options)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"<h2>{name}" in (results / "index.html").read_text(encoding="utf-8")
    return json.loads((results / f"{name}.json").read_text(encoding="utf-8"))


def _words(options: str) -> list[str]:
    """Return the words of a command line; systems, whose names have blanks, are parted by commas."""
    plain, _, systems = options.partition(" --systems ")
    return [*plain.split(), *(["--systems", *systems.split(",")] if systems else [])]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Any]]]:
    """Start each benchmark of this run in its tiny form."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        yield {
            name: threads.submit(run, name, options, tmp_path_factory.mktemp(name))
            for name, options in TINY.items()
            if name in RUN
        }


def test_every_benchmark_has_a_tiny_form() -> None:
    assert set(TINY) == set(EXPECTED) == set(NAMES)


@pytest.mark.parametrize("name", RUN)
def test_it_measures_and_writes_its_figures(runs: dict[str, Future[Any]], name: str) -> None:
    figures = runs[name].result()
    rows = figures["figures"] if name == "soak" else figures if isinstance(figures, list) else [figures]
    assert any(EXPECTED[name].items() <= row.items() for row in rows), rows


@pytest.mark.parametrize("peer", PEERS)
def test_beside_a_peer_that_is_installed(peer: str, tmp_path: Path) -> None:
    if peer == "postgres" and program("initdb") is None:
        pytest.skip("needs PostgreSQL: apt-get install postgresql")
    if not (ENVIRONMENTS / peer / "installed.txt").exists():
        pytest.skip(f"needs {peer}: `make bench` installs it below {ENVIRONMENTS}, from the package index")
    name, options = PEERS[peer]
    assert run(name, options, tmp_path)


@pytest.mark.parametrize("option", ["--events 0", "--events -5", "--new many", "--rounds 1.5"])
def test_a_number_that_is_none_is_refused_in_one_line(option: str) -> None:
    command = [sys.executable, "-m", "benchmarks.models", "--peers", "--events", "60", *option.split()]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 2
    assert "is not a whole number above 0" in done.stderr.splitlines()[-1]
