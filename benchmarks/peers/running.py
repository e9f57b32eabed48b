"""A peer's process that stays between its runs, and is asked for one after another."""

from __future__ import annotations

import os
import subprocess
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Running:
    """One such process: it answers each line that it reads with ``done``, and ends with its input.

    Args:
        command: What starts it.
        environ: What it needs of the environment.
        log: Where what else it prints goes.
    """

    def __init__(self, command: list[str], environ: dict[str, str], log: Path) -> None:
        self._log = log
        with log.open("w", encoding="utf-8") as errors:
            self._process = subprocess.Popen(
                command, env={**os.environ, **environ}, cwd=log.parent, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
            )  # fmt: skip

    def ask(self, line: str) -> float:
        """Return the seconds until it has done what a line asks for.

        Raises:
            RuntimeError: It could not.
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
        """End it, and wait until it has let go of its files."""
        self._process.communicate()
