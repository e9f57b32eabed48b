"""Finds the cause of a failed write: SQLite only reports that it failed, and an operator needs the reason."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from cbw.data_dir import DISK_TRIAL

if TYPE_CHECKING:
    from pathlib import Path

TRIAL_BYTES = 64 * 1024


def disk_trouble(directory: Path) -> str | None:
    """Write, sync and remove a small file, and return the name of the error (``ENOSPC``, ``EROFS``); None for none."""
    trial = directory / DISK_TRIAL
    try:
        _write(trial)
    except OSError as exc:
        return errno.errorcode.get(exc.errno or 0, type(exc).__name__)
    return None


def _write(trial: Path) -> None:
    descriptor = os.open(trial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, bytes(TRIAL_BYTES))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
        trial.unlink(missing_ok=True)
