"""The inbox: where an authentic delivery is made durable before the sender is told 200.

One SQLite file per worker (WAL, ``synchronous=FULL``), written by one thread. Deliveries that arrive
together share one statement, hence one transaction and one fsync; a quiet delivery never waits for a
batch to fill, because the thread takes whatever is queued, commits, and looks again.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import queue
import sqlite3
import threading
import time
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import structlog

from ingest.errors import AlreadyServedError, InboxUnavailableError
from ingest.inbox_file import open_for_writing, reset_wal

if TYPE_CHECKING:
    from pathlib import Path

MAX_INBOXES = 100
BATCH_ROWS = 512
RETRY_SECONDS = 1.0

log = structlog.get_logger(__name__)


class NewDelivery(NamedTuple):
    """An authentic body that is not stored yet; the fields are the columns it fills, in order."""

    received_at: int
    """Microseconds since the epoch, UTC. Information only: the inbox sequence orders."""
    body: bytes
    body_sha256: bytes
    secret_id: str
    content_type: str | None
    peer: str | None

    @classmethod
    def now(cls, body: bytes, secret_id: str, *, content_type: str | None, peer: str | None) -> NewDelivery:
        """Return a delivery received at this moment."""
        received_at = time.time_ns() // 1000
        return cls(received_at, body, sha256(body).digest(), secret_id, content_type, peer)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much may wait for a commit; beyond it a delivery is refused, so that memory stays bounded."""

    rows: int = 10_000
    size: int = 64 * 1024 * 1024


class _Pending(NamedTuple):
    delivery: NewDelivery
    stored: asyncio.Future[int]


class Inbox:
    """The writing end of one inbox file.

    ``start``, ``submit`` and ``close`` belong to one event loop: the counters need no lock, and each
    batch wakes the loop once, however many deliveries it holds.

    Args:
        path: The SQLite file; made on first use.
        bounds: What may be queued.
    """

    def __init__(self, path: Path, *, bounds: Bounds | None = None) -> None:
        self.path = path
        self.bounds = bounds or Bounds()
        self.queued_rows = 0
        self.queued_bytes = 0
        self.failure: str | None = None
        """Why nothing can be stored now; None while commits succeed."""
        self.last_commit: float | None = None
        """``time.monotonic()`` of the last commit."""
        self.is_draining = False
        self._lock_fd: int | None = None
        self._queue: queue.SimpleQueue[_Pending | None] = queue.SimpleQueue()
        self._connection: sqlite3.Connection | None = None
        self._committing_since: float | None = None

    @classmethod
    def claim(cls, directory: Path, *, bounds: Bounds | None = None) -> Inbox:
        """Return the first inbox of ``directory`` that no living process holds.

        A worker that takes the place of a dead one therefore goes on with the dead one's file. The
        claim is an exclusive lock on a file beside the inbox, and ends with the process.

        Raises:
            AlreadyServedError: Every slot is taken.
            OSError: The lock file cannot be made.
        """
        for index in range(MAX_INBOXES):
            path = directory / f"inbox-{index:02}.sqlite"
            fd = _lock(path.with_suffix(".lock"))
            if fd is not None:
                inbox = cls(path, bounds=bounds)
                inbox._lock_fd = fd
                return inbox
        raise AlreadyServedError(f"all {MAX_INBOXES} inboxes in {directory} are held by other processes")

    def start(self) -> None:
        """Start the writing thread; call it from the event loop that will submit."""
        self._loop = asyncio.get_running_loop()
        self._finished = asyncio.Event()
        self._thread = threading.Thread(target=self._write, name="inbox-writer", daemon=True)
        self._thread.start()

    def submit(self, delivery: NewDelivery) -> asyncio.Future[int]:
        """Queue a delivery and return the future of its sequence number.

        The future is done only after the fsync, or fails with `InboxUnavailableError`. Giving up on it
        does not withdraw the delivery.

        Raises:
            InboxUnavailableError: The queue is full, or the inbox is closing.
        """
        if self.is_draining:
            raise InboxUnavailableError("the receiver is shutting down", cause="draining")
        if self.is_full():
            raise InboxUnavailableError("too many deliveries wait for the disk", cause="queue_full")
        stored = self._loop.create_future()
        self.queued_rows += 1
        self.queued_bytes += len(delivery.body)
        self._queue.put(_Pending(delivery, stored))
        return stored

    def is_full(self) -> bool:
        """Tell whether a delivery would be refused now."""
        return self.queued_rows >= self.bounds.rows or self.queued_bytes >= self.bounds.size

    def seconds_committing(self) -> float:
        """Return how long the commit under way has taken; 0.0 when there is none."""
        since = self._committing_since
        return 0.0 if since is None else time.monotonic() - since

    async def close(self) -> None:
        """Refuse new deliveries, commit what is queued, and close the file."""
        self.is_draining = True
        self._queue.put(None)
        await self._finished.wait()
        self._thread.join()
        if self._lock_fd is not None:
            os.close(self._lock_fd)
            self._lock_fd = None

    # Everything below runs in the writing thread, but for _settle.

    def _write(self) -> None:
        while (batch := self._take()) is not None:
            self._store(batch)
        self._disconnect()
        self._loop.call_soon_threadsafe(self._finished.set)

    def _take(self) -> list[_Pending] | None:
        """Return what is queued, an empty list when it is time to try the disk again, None at the end."""
        try:
            first = self._queue.get(timeout=self._patience())
        except queue.Empty:
            return []
        if first is None:
            return None
        batch = [first]
        while len(batch) < BATCH_ROWS and not self._queue.empty():
            pending = self._queue.get_nowait()
            if pending is None:
                self._queue.put(None)
                break
            batch.append(pending)
        return batch

    def _patience(self) -> float | None:
        if self._connection is not None:
            return None
        return RETRY_SECONDS if self.failure else 0.0  # the first look opens the file

    def _store(self, batch: list[_Pending]) -> None:
        self._committing_since = time.monotonic()
        try:
            first_seq = self._commit([pending.delivery for pending in batch])
        except Exception as exc:  # noqa: BLE001 - a batch that fails for any reason must not end the thread
            self._fail(exc)
            outcome = None
        else:
            outcome = first_seq
        self._committing_since = None
        if batch:
            self._loop.call_soon_threadsafe(self._settle, batch, outcome)

    def _commit(self, deliveries: list[NewDelivery]) -> int:
        """Store deliveries in one statement, which is one transaction, and return the first's number."""
        connection = self._connection or self._open()
        if not deliveries:
            return 0
        cursor = connection.execute(_insert_sql(len(deliveries)), tuple(chain.from_iterable(deliveries)))
        self.last_commit = time.monotonic()
        return (cursor.lastrowid or 0) - len(deliveries) + 1

    def _open(self) -> sqlite3.Connection:
        connection = open_for_writing(self.path)
        try:
            if self.failure:
                reset_wal(connection)
            # A commit of its own, so that a disk which takes no writes is known before a sender is.
            connection.execute("insert or replace into meta values ('opened_at', ?)", [str(time.time_ns())])
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        if self.failure:
            log.info("inbox.recovered", inbox=self.path.name, failure=self.failure)
        self.failure = None
        return connection

    def _fail(self, exc: Exception) -> None:
        """Close the file, so that the next commit opens it anew: a failed fsync is never just retried."""
        if self.failure is None:
            log.error("inbox.commit_failed", inbox=self.path.name, exc_info=exc)
        self.failure = _cause(exc)
        self._disconnect()

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _settle(self, batch: list[_Pending], first_seq: int | None) -> None:
        """Tell each waiter; runs in the event loop, once per batch."""
        self.queued_rows -= len(batch)
        for offset, (delivery, stored) in enumerate(batch):
            self.queued_bytes -= len(delivery.body)
            if stored.done():  # the waiter gave up
                continue
            if first_seq is None:
                stored.set_exception(InboxUnavailableError("the inbox cannot be written", cause="storage"))
            else:
                stored.set_result(first_seq + offset)


@cache
def _insert_sql(rows: int) -> str:
    values = ", ".join(["(?, ?, ?, ?, ?, ?)"] * rows)
    return f"insert into deliveries ({', '.join(NewDelivery._fields)}) values {values}"  # noqa: S608 - column names


def _cause(exc: Exception) -> str:
    """Return what may be shown to anyone: a path or a value never is part of it."""
    if isinstance(exc, InboxUnavailableError):
        return exc.message
    if isinstance(exc, sqlite3.Error):
        return getattr(exc, "sqlite_errorname", None) or type(exc).__name__
    if isinstance(exc, OSError) and exc.errno is not None:
        return errno.errorcode.get(exc.errno, type(exc).__name__)
    return type(exc).__name__


def _lock(path: Path) -> int | None:
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return None
    return fd
