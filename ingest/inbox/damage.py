"""A damaged inbox file: how to recognise it, and how to set it aside, so that the receiver goes on with a new one.

A set-aside file keeps its rows and its ``inbox_id``: the pipeline goes on loading its readable rows.
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from cbw.data_dir import INBOX, SET_ASIDE_MARK
from cbw.durable import sync

_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_PRIMARY_CODE = 0xFF


class DamagedError(sqlite3.DatabaseError):
    """A file that SQLite can open, but whose content no release of ours has written."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    sqlite_errorname = "SQLITE_CORRUPT"


def is_damage(exc: sqlite3.Error) -> bool:
    """Return whether an error means that the file's content is wrong, rather than that it is unusable for now."""
    return getattr(exc, "sqlite_errorcode", 0) & _PRIMARY_CODE in _DAMAGED


def set_aside(path: Path) -> Path:
    """Rename a damaged inbox and its WAL, durably, and return the new name.

    The file goes first. A kill in between leaves the WAL without a file, and a second call renames it too; in the
    other order, SQLite would take the file for a complete one, without its latest deliveries.

    Raises:
        OSError: The directory cannot be written.
    """
    aside = _new_name(path) if path.exists() else _name_without_wal(path)
    if path.exists():
        path.rename(aside)
    if wal_of(path).exists():
        wal_of(path).rename(wal_of(aside))
    Path(f"{path}-shm").unlink(missing_ok=True)
    sync(path.parent)
    return aside


def is_set_aside(path: Path) -> bool:
    """Return whether `set_aside` has renamed this file."""
    return SET_ASIDE_MARK in path.name


def list_set_aside(inbox_dir: Path) -> list[Path]:
    """Return the inboxes that were set aside, the oldest first for each."""
    found = inbox_dir.glob(f"{INBOX.format('*')}{SET_ASIDE_MARK}*")
    return sorted(path for path in found if not path.name.endswith(("-wal", "-shm")))


def wal_of(path: Path) -> Path:
    """Return the path of a file's WAL."""
    return Path(f"{path}-wal")


def _new_name(path: Path) -> Path:
    return path.with_name(f"{path.name}{SET_ASIDE_MARK}{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}")


def _name_without_wal(path: Path) -> Path:
    for aside in reversed(list_set_aside(path.parent)):
        if aside.name.startswith(path.name + SET_ASIDE_MARK) and not wal_of(aside).exists():
            return aside
    return _new_name(path)
