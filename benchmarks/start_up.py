"""The time that a command takes to start, in start-ups of Python itself.

    python -m benchmarks.start_up [--rounds 15] [--json start_up.json]

The named limit is ``python -c pass`` in the same environment and the same run.
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
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.running.options import positive

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent
LIMIT = "python -c pass"


@dataclass(frozen=True)
class Figure:
    """One command: the median over the rounds."""

    command: str
    milliseconds: float
    python_start_ups: float
    rounds: int


def _environ(data_dir: str, port: int) -> dict[str, str]:
    return {
        **os.environ,
        "CBW_DATA_DIR": data_dir,
        "CBW_PORT": str(port),
        "CBW_WEBHOOK_SECRET": "benchmark-secret-of-32-bytes-long",
    }


def _run(environ: dict[str, str], *arguments: str) -> float:
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments], env=environ, cwd=ROOT, check=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return time.perf_counter() - started


def _receiver_ready(environ: dict[str, str]) -> float:
    """Return the seconds from process start to the first answer of ``/healthz``."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "cbw", "receive"], env=environ, cwd=ROOT, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        while not _answers(int(environ["CBW_PORT"])):
            time.sleep(0.002)
        return time.perf_counter() - started
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return connection.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _figures(rounds: int) -> list[Figure]:
    with tempfile.TemporaryDirectory() as directory:
        environ = _environ(directory, _free_port())
        _run(environ, "-m", "cbw", "refresh")
        jobs: dict[str, Callable[[], float]] = {
            LIMIT: lambda: _run(environ, "-c", "pass"),
            "cbw --help": lambda: _run(environ, "-m", "cbw", "--help"),
            "cbw refresh, nothing new": lambda: _run(environ, "-m", "cbw", "refresh"),
            "cbw receive, until ready": lambda: _receiver_ready(environ),
        }
        measured: dict[str, list[float]] = {name: [] for name in jobs}
        for _ in range(rounds):
            for name, job in jobs.items():
                measured[name].append(job())
    medians = {name: statistics.median(seconds) for name, seconds in measured.items()}
    return [Figure(name, 1000 * median, median / medians[LIMIT], rounds) for name, median in medians.items()]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=positive, default=15)
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    options = parser.parse_args()
    figures = _figures(options.rounds)
    print(f"{'command':28}{'ms':>8}{'Python start-ups':>20}")
    for figure in figures:
        print(f"{figure.command:28}{figure.milliseconds:>8.0f}{figure.python_start_ups:>20.1f}")
    if options.json:
        options.json.write_text(json.dumps([asdict(figure) for figure in figures], indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
