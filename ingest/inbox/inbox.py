"""The inbox stores an authentic delivery durably before its sender gets 200.

One SQLite file per worker (WAL, ``synchronous=FULL``), written by one thread. Deliveries that arrive
together share one statement, hence one transaction and one fsync; a single delivery never waits for a
batch to fill, because the thread takes the whole queue, commits, and reads the queue again.
"""

from __future__ import annotations

import asyncio
import os
import queue
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from cbw.data_dir import INBOX, INBOX_LOCK_SUFFIX
from cbw.errors import AlreadyServedError, InboxUnavailableError
from cbw.locks import held
from ingest.inbox.writer import InboxWriter

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.inbox.delivery import NewDelivery
    from ingest.metrics.tally import CommitTally

MAX_INBOXES = 100
BATCH_ROWS = 512
RETRY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """The limits of the queue; beyond them the inbox refuses a delivery, so that memory stays bounded."""

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
        path: The SQLite file; created on first use.
        bounds: The limits of the queue.
    """

    def __init__(self, path: Path, *, bounds: Bounds | None = None) -> None:
        self.path = path
        self.bounds = bounds or Bounds()
        self.queued_rows = 0
        self.queued_bytes = 0
        self.is_draining = False
        self.index = 0
        """Its number among the inboxes of the directory."""
        self._lock_fd: int | None = None
        self._fresh: list[_Pending] = []
        self._queue: queue.SimpleQueue[_Pending | None] = queue.SimpleQueue()
        self._writer = InboxWriter(path)

    @classmethod
    def claim(cls, directory: Path, *, bounds: Bounds | None = None) -> Inbox:
        """Return the first inbox of ``directory`` that no running process holds.

        A worker that replaces a dead one therefore goes on with the dead one's file. The claim is an exclusive lock on
        a file next to the inbox, and ends with the process.

        Raises:
            AlreadyServedError: Every slot is taken.
            OSError: The lock file cannot be created.
        """
        for index in range(MAX_INBOXES):
            path = directory / INBOX.format(f"{index:02}")
            fd = held(path.with_suffix(INBOX_LOCK_SUFFIX))
            if fd is not None:
                inbox = cls(path, bounds=bounds)
                inbox._lock_fd, inbox.index = fd, index
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

        The future is done only after the fsync, or fails with `InboxUnavailableError`. A caller that stops waiting
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
        if not self._fresh:
            self._loop.call_soon(self._hand_over)
        self._fresh.append(_Pending(delivery, stored))
        return stored

    def is_full(self) -> bool:
        """Return whether the queue is full."""
        return self.queued_rows >= self.bounds.rows or self.queued_bytes >= self.bounds.size

    @property
    def failure(self) -> str | None:
        """The reason why the last commit failed; None while commits succeed."""
        return self._writer.failure

    @property
    def commits(self) -> CommitTally:
        """The writing thread's figures of its commits."""
        return self._writer.commits

    def seconds_committing(self) -> float:
        """Return the duration of the current commit so far; 0.0 when there is none."""
        since = self._writer.committing_since
        return 0.0 if since is None else time.monotonic() - since

    def seconds_since_commit(self) -> float | None:
        """Return the age of the last commit; None when there was none."""
        last = self._writer.last_commit
        return None if last is None else time.monotonic() - last

    async def close(self) -> None:
        """Refuse new deliveries, commit the queue, and close the file."""
        self.is_draining = True
        self._hand_over()
        self._queue.put(None)
        await self._finished.wait()
        self._thread.join()
        if self._lock_fd is not None:
            os.close(self._lock_fd)
            self._lock_fd = None

    def _hand_over(self) -> None:
        """Pass the deliveries of one turn of the event loop to the writing thread, as one batch."""
        for pending in self._fresh:
            self._queue.put(pending)
        self._fresh.clear()

    def _write(self) -> None:
        """Commit batch after batch until the end; this is the writing thread."""
        while (batch := self._take()) is not None:
            try:
                first_seq = self._writer.commit([pending.delivery for pending in batch])
            except InboxUnavailableError:
                first_seq = None
            if batch:
                self._loop.call_soon_threadsafe(self._settle, batch, first_seq)
        self._writer.close()
        self._loop.call_soon_threadsafe(self._finished.set)

    def _take(self) -> list[_Pending] | None:
        """Return the queue, an empty list when it is time to try the disk again, or None at the end."""
        try:
            first = self._queue.get(timeout=self._wait_seconds())
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

    def _wait_seconds(self) -> float | None:
        if self._writer.is_open:
            return None
        return RETRY_SECONDS if self.failure else 0.0  # the first turn opens the file

    def _settle(self, batch: list[_Pending], first_seq: int | None) -> None:
        """Complete each future; runs in the event loop, once per batch."""
        self.queued_rows -= len(batch)
        for offset, (delivery, stored) in enumerate(batch):
            self.queued_bytes -= len(delivery.body)
            if stored.done():  # the caller stopped waiting
                continue
            if first_seq is None:
                stored.set_exception(InboxUnavailableError("the inbox cannot be written", cause="storage"))
            else:
                stored.set_result(first_seq + offset)
