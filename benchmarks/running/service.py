"""Run ``cbw serve`` as its users do: as a process, on a data directory and ports of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.receiver.endpoints import COMMAND_CENTER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parent.parent.parent
SECRET = b"benchmark-secret-of-32-bytes-long"
# In seconds; only a hang takes so long, however busy the machine is.
PATIENCE = 400.0
LOOK_SECONDS = 0.002


@dataclass(frozen=True)
class Service:
    """A running installation.

    Attributes:
        pid: The supervisor's process; the receiver, the pipeline and the admin listener are its children.
        url: The webhook's address.
        data_dir: The data directory.
    """

    pid: int
    url: str
    data_dir: Path


@contextmanager
def serving(data_dir: Path, refresh_seconds: float) -> Iterator[Service]:
    """Run ``cbw serve`` during the block, which begins once a version is published and the receiver listens.

    Raises:
        TimeoutError: The service published nothing, or its receiver did not listen.
    """
    port = free_port()
    log = data_dir.with_name(f"{data_dir.name}-service.log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "cbw", "serve"],
            env=environment(data_dir, refresh_seconds, port), cwd=ROOT, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        wait_for((data_dir / "warehouse.duckdb").exists)
        wait_for(lambda: _is_open(port))
        yield Service(process.pid, f"http://127.0.0.1:{port}{COMMAND_CENTER.path}", data_dir)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)


def environment(data_dir: Path, refresh_seconds: float, port: int) -> dict[str, str]:
    """Return the environment of the service."""
    settings = {
        "CBW_WEBHOOK_SECRET": SECRET.decode(),
        "CBW_DATA_DIR": str(data_dir),
        "CBW_PORT": str(port),
        "CBW_ADMIN_PORT": str(free_port()),
        "CBW_REFRESH_SECONDS": str(refresh_seconds),
    }
    return os.environ | settings


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(condition: Callable[[], object], look_seconds: float = LOOK_SECONDS) -> float:
    """Wait until a condition holds, and return the time on the performance counter.

    Raises:
        TimeoutError: The condition did not hold in time.
    """
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"the condition did not hold within {PATIENCE:.0f} seconds")
        time.sleep(look_seconds)
    return time.perf_counter()
