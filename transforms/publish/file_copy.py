"""The copy of a database file that this process holds open."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


# In seconds, between two calls that have what was copied written to the disk.
COPIED_MEANWHILE = 0.002


def copy_file(source: Path, target: Path) -> None:
    """Copy the file of an attached database, by another process: closing it in ours would let go of DuckDB's lock.

    What is copied goes to the disk meanwhile, so that little is left to wait for.

    Raises:
        OSError: It could not be copied.
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
        process.wait(COPIED_MEANWHILE)
    except subprocess.TimeoutExpired:
        return False
    return True
