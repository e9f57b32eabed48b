"""A peer's process that stays between runs, and runs whenever the benchmark asks."""

from __future__ import annotations

import os
import subprocess
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Running:
    """Such a process: it answers each line of its input with ``done``, and ends at the end of its input.

    Args:
        command: The command that starts it.
        environ: Variables to add to the environment.
        log: The file of its other output.
    """

    def __init__(self, command: list[str], environ: dict[str, str], log: Path) -> None:
        self._log = log
        with log.open("w", encoding="utf-8") as errors:
            self._process = subprocess.Popen(
                command, env={**os.environ, **environ}, cwd=log.parent, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
            )  # fmt: skip

    def ask(self, line: str) -> float:
        """Send a line, and return the seconds until its answer.

        Raises:
            RuntimeError: The process answered something other than ``done``, or ended.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        started = time.perf_counter()
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline().strip()
        seconds = time.perf_counter() - started
        if answer != "done":
            raise RuntimeError(f"{line!r} failed:\n{self._log.read_text(encoding='utf-8')[-2000:]}")
        return seconds

    def close(self) -> None:
        """End the process, and wait for it to close its files."""
        self._process.communicate()
