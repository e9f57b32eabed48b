"""A damaged inbox file: how it is told, and how it is set aside, so that the receiver goes on with a fresh one.

A set-aside file keeps its rows and its ``inbox_id``: the pipeline goes on loading from it what can still be read.
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
    """A file that SQLite can open, but that cannot be what we once wrote."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    sqlite_errorname = "SQLITE_CORRUPT"


def is_damage(exc: sqlite3.Error) -> bool:
    """Tell whether an error says that the file's content is wrong, rather than that it cannot be used now."""
    return getattr(exc, "sqlite_errorcode", 0) & _PRIMARY_CODE in _DAMAGED


def set_aside(path: Path) -> Path:
    """Rename a damaged inbox and its log, durably, and return the new name.

    The file goes first. Were it killed in between, the log stays behind without a file, and calling this again lets it
    follow; the other way round, the file could be taken for a whole one that lost its latest deliveries.

    Raises:
        OSError: The directory cannot be written.
    """
    aside = _new_name(path) if path.exists() else _name_without_log(path)
    if path.exists():
        path.rename(aside)
    if log_of(path).exists():
        log_of(path).rename(log_of(aside))
    Path(f"{path}-shm").unlink(missing_ok=True)
    sync(path.parent)
    return aside


def is_set_aside(path: Path) -> bool:
    """Tell whether a file is one that `set_aside` renamed."""
    return SET_ASIDE_MARK in path.name


def list_set_aside(inbox_dir: Path) -> list[Path]:
    """Return the inboxes that were set aside, the oldest first for each."""
    found = inbox_dir.glob(f"{INBOX.format('*')}{SET_ASIDE_MARK}*")
    return sorted(path for path in found if not path.name.endswith(("-wal", "-shm")))


def log_of(path: Path) -> Path:
    """Return where SQLite keeps the write-ahead log of a file."""
    return Path(f"{path}-wal")


def _new_name(path: Path) -> Path:
    return path.with_name(f"{path.name}{SET_ASIDE_MARK}{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}")


def _name_without_log(path: Path) -> Path:
    for aside in reversed(list_set_aside(path.parent)):
        if aside.name.startswith(path.name + SET_ASIDE_MARK) and not log_of(aside).exists():
            return aside
    return _new_name(path)
