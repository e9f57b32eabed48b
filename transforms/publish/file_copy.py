"""Copy a database file that this process holds open."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


# Pause between two calls of fsync on the unfinished copy, in seconds.
SYNC_INTERVAL = 0.002


def copy_file(source: Path, target: Path) -> None:
    """Copy the file of an attached database with ``cp``, while this process syncs the copy to disk.

    Another process must read the file: POSIX drops DuckDB's lock on it as soon as this process closes any descriptor
    of it. The caller's final sync then has little left to write.

    Raises:
        OSError: ``cp`` failed; the message has its reason.
    """
    with (
        target.open("wb") as copy,
        subprocess.Popen(
            ["cp", "--", str(source), str(target)], stderr=subprocess.PIPE, text=True
        ) as copying,
    ):
        assert copying.stderr is not None
        while not _has_ended(copying):
            os.fsync(copy.fileno())
        if copying.returncode != 0:
            reason = copying.stderr.read().strip() or f"cp ended with {copying.returncode}"
            raise OSError(f"{source.name} could not be copied: {reason}")


def _has_ended(process: subprocess.Popen[str]) -> bool:
    try:
        process.wait(SYNC_INTERVAL)
    except subprocess.TimeoutExpired:
        return False
    return True
