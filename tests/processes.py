"""Run ``cbw`` as its users do: in a process of its own, on a data directory and a port of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.e2e.conftest import (
    PATIENCE,
    SECRET,
    Answer,
    Receiver,
    free_port,
    is_running,
    read_answer,
    wait_until,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

CBW = (sys.executable, "-m", "cbw")


@dataclass(frozen=True)
class Finished:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.out, self.err
        return json.loads(self.out)


def environment(**settings: object) -> dict[str, str]:
    """Return an environment with these settings alone; None leaves a setting out."""
    values = {"webhook_secret": SECRET.decode(), **settings}
    given = {f"CBW_{name.upper()}": str(value) for name, value in values.items() if value is not None}
    return {"PATH": os.environ["PATH"], **given}


def cbw(
    *arguments: object, cwd: Path, typed: bytes | None = None, timeout: float = PATIENCE, **settings: object
) -> Finished:
    """Run a command to its end."""
    ended = subprocess.run(
        [*CBW, *map(str, arguments)],
        env=environment(**settings), cwd=cwd, input=typed, capture_output=True, timeout=timeout, check=False,
    )  # fmt: skip
    return Finished(ended.returncode, ended.stdout.decode(), ended.stderr.decode())


@dataclass
class Service(Receiver):
    """A running ``cbw serve``, or one of its processes."""

    admin_port: int = 0

    def admin(self, path: str, **headers: str) -> Answer:
        """Ask the admin listener."""
        connection = HTTPConnection("127.0.0.1", self.admin_port, timeout=PATIENCE)
        try:
            connection.request("GET", path, headers=headers)
            return read_answer(connection.getresponse())
        finally:
            connection.close()

    def is_admin_serving(self) -> bool:
        assert self.process.poll() is None, self.log()
        try:
            return self.admin("/healthz").status == 200
        except OSError:
            return False

    def half(self, name: str) -> int | None:
        """Return the process of ``receive``, ``pipeline`` or ``admin``; None while it does not run."""
        for pid in self.worker_pids():
            if name in _command_line(pid):
                return pid
        return None

    def kill_half(self, name: str) -> None:
        wait_until(lambda: self.half(name) is not None)
        pid = self.half(name)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not is_running(pid))


@contextmanager
def running(
    command: str,
    data_dir: Path,
    *,
    port: int | None = None,
    name: str = "service",
    variables: dict[str, str] | None = None,
    **settings: object,
) -> Iterator[Service]:
    """Run ``cbw serve``, ``cbw receive``, ``cbw pipeline`` or ``cbw admin`` during the block.

    A setting becomes its ``CBW_`` variable; ``variables`` go to the process unchanged.
    """
    port, admin_port = port or free_port(), free_port()
    log_path = data_dir.with_name(f"{data_dir.name}-{name}.log")
    with log_path.open("ab") as log:
        process = subprocess.Popen(
            [*CBW, command],
            env=environment(data_dir=data_dir, port=port, admin_port=admin_port, **settings) | (variables or {}),
            cwd=data_dir.parent, stdout=log, stderr=log,
        )  # fmt: skip
    service = Service(process, port, data_dir, log_path, admin_port=admin_port)
    try:
        if command in {"serve", "receive"}:
            wait_until(service.is_serving)
        if command in {"serve", "admin"}:
            wait_until(service.is_admin_serving)
        yield service
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(PATIENCE)


def _command_line(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return []
