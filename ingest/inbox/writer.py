"""Commits deliveries to an inbox file, and reopens the file after every failure.

Synchronous, for one thread: the inbox runs it in a thread of its own.
"""

from __future__ import annotations

import errno
import sqlite3
import time
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING

from cbw.errors import InboxUnavailableError
from cbw.logs import Logger
from ingest.inbox.damage import is_damage, set_aside
from ingest.inbox.disk_trouble import disk_trouble
from ingest.inbox.file import open_for_writing, reset_wal
from ingest.metrics.tally import CommitTally

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ingest.inbox.delivery import NewDelivery

log = Logger(__name__)


class InboxWriter:
    """The connection that writes one inbox file.

    The attributes may be read from any thread.

    Args:
        path: The SQLite file; created on first use.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.failure: str | None = None
        """The reason why the last commit failed; None while commits succeed."""
        self.last_commit: float | None = None
        """``time.monotonic()`` of the last commit."""
        self.committing_since: float | None = None
        """``time.monotonic()`` at the start of the current commit; None between commits."""
        self.commits = CommitTally()
        """The number, the sizes and the durations of successful commits."""
        self._connection: sqlite3.Connection | None = None
        self._inode = 0

    @property
    def is_open(self) -> bool:
        """Whether the file is open, which it is not after a failure."""
        return self._connection is not None

    def commit(self, deliveries: Sequence[NewDelivery]) -> int:
        """Store deliveries durably and return the sequence number of the first; none only opens the file.

        Raises:
            InboxUnavailableError: None of them is acknowledged. The writer closes the file, and the next commit
                reopens it: a failed fsync must not be retried on the same descriptor.
        """
        started = self.committing_since = time.monotonic()
        try:
            first_seq = self._insert_somewhere(deliveries)
        except Exception as exc:
            self._fail(exc)
            raise InboxUnavailableError("the inbox cannot be written", cause="storage") from exc
        else:
            self.last_commit = time.monotonic()
            self.commits.observe(len(deliveries), self.last_commit - started)
            return first_seq
        finally:
            self.committing_since = None

    def close(self) -> None:
        """Close the file, if it is open."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _insert_somewhere(self, deliveries: Sequence[NewDelivery]) -> int:
        """Insert into the file, or into a fresh one when it proves damaged."""
        try:
            return self._insert(deliveries)
        except sqlite3.DatabaseError as exc:
            if not is_damage(exc):
                raise
            self.close()
            aside = set_aside(self.path)
            log.error("inbox.set_aside", inbox=self.path.name, renamed_to=aside.name, damage=_name(exc))  # noqa: TRY400 - the traceback says nothing more
        return self._insert(deliveries)

    def _insert(self, deliveries: Sequence[NewDelivery]) -> int:
        """Insert in one statement, which is a transaction of its own, with one fsync."""
        if self._connection is not None and _inode(self.path) != self._inode:
            log.error(
                "inbox.moved",
                inbox=self.path.name,
                hint="its deliveries are in the file that was moved away",
            )
            self.close()
        connection = self._connection or self._open()
        if not deliveries:
            return 0
        cursor = connection.execute(_insert_sql(len(deliveries)), tuple(chain.from_iterable(deliveries)))
        return (cursor.lastrowid or 0) - len(deliveries) + 1

    def _open(self) -> sqlite3.Connection:
        connection = open_for_writing(self.path)
        try:
            if self.failure:
                reset_wal(connection)
            # A commit of its own, so that readyz reports a disk that takes no writes before an event arrives.
            connection.execute("insert or replace into meta values ('opened_at', ?)", [str(time.time_ns())])
        except BaseException:
            connection.close()
            raise
        if self.failure:
            log.info("inbox.recovered", inbox=self.path.name, failure=self.failure)
        self.failure = None
        self._connection, self._inode = connection, _inode(self.path)
        return connection

    def _fail(self, exc: Exception) -> None:
        self.close()
        trouble = disk_trouble(self.path.parent)
        name = _name(exc) if trouble is None else f"{_name(exc)} ({trouble})"
        if self.failure is None:
            log.error("inbox.commit_failed", inbox=self.path.name, failure=name, exc_info=exc)
        self.failure = name


def _inode(path: Path) -> int:
    """Return the inode of a file; 0 when it is missing."""
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return 0


@cache
def _insert_sql(rows: int) -> str:
    values = ", ".join(["(?, ?, ?, ?, ?, ?)"] * rows)
    return (
        "insert into deliveries (received_at, body, body_sha256, secret_id, content_type, peer) "
        f"values {values}"  # only question marks
    )


def _name(exc: Exception) -> str:
    """Return a name that may be public: it never contains a path or a value."""
    if isinstance(exc, InboxUnavailableError):
        return exc.message
    if isinstance(exc, sqlite3.Error):
        return getattr(exc, "sqlite_errorname", None) or type(exc).__name__
    if isinstance(exc, OSError) and exc.errno is not None:
        return errno.errorcode.get(exc.errno, type(exc).__name__)
    return type(exc).__name__
