"""The reading end of an inbox, for the pipeline process: next to a running writer, or after a killed one."""

from __future__ import annotations

import errno
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from cbw.data_dir import INBOX
from ingest.inbox.damage import DamagedError
from ingest.inbox.file import open_for_reading, open_for_writing, refuse_unmade

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

COLUMNS = "seq, received_at, body, body_sha256, secret_id, content_type, peer"

# Small enough that a delete never makes the receiver wait for the lock for long.
DELETE_ROWS = 500
DELETE_BYTES = 2 * 1024 * 1024
# The pause after a delete, in multiples of the delete's duration: SQLite's busy handler polls for the lock, and soon
# finds it free when it is free for three quarters of the time.
PAUSES = 3.0

_PORTION = """
delete from deliveries where seq in (
    select seq from (
        select seq, sum(length(body)) over (order by seq) - length(body) as bytes_before
        from (select seq, body from deliveries where seq <= ? and received_at < ? order by seq limit ?)
    ) where bytes_before < ?
)
"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One stored delivery."""

    seq: int
    received_at: int
    """Microseconds since the epoch, UTC."""
    body: bytes
    body_sha256: bytes
    secret_id: str
    content_type: str | None
    peer: str | None


def list_inboxes(inbox_dir: Path) -> list[Path]:
    """Return every inbox file, by name; an empty list when the receiver has never run."""
    return sorted(inbox_dir.glob(INBOX.format("*")))


class InboxReader:
    """A read-only view of one inbox file; use it as a context manager, from one thread at a time.

    Args:
        path: A file of `list_inboxes`.

    Raises:
        InboxUnavailableError: The file was written by a newer release.
        FileNotFoundError: There is no such file, or it was replaced just now; try again.
        sqlite3.Error: The file cannot be opened, or is damaged (see `is_damage`).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        inode = path.stat().st_ino
        self._connection = open_for_reading(path)
        try:
            self.inbox_id: str = self._read_id()
            """A random UUID that stays with the file: a position belongs to it, whatever the file's name."""
            _refuse_replaced(path, inode)
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; closing again does nothing."""
        self._connection.close()

    def read_after(self, seq: int, limit_rows: int, limit_bytes: int) -> list[Delivery]:
        """Return the deliveries after ``seq`` in order, up to both limits; at least one if there is any."""
        deliveries: list[Delivery] = []
        size = 0
        rows = self._connection.execute(
            f"select {COLUMNS} from deliveries where seq > ? order by seq limit ?",
            [seq, limit_rows],
        )
        for row in rows:
            delivery = Delivery(*row)
            size += len(delivery.body)
            if deliveries and size > limit_bytes:
                break
            deliveries.append(delivery)
        rows.close()  # ends the read transaction, which would block the writer's checkpoint
        return deliveries

    def digests_after(self, seq: int, through: int, limit_rows: int) -> list[tuple[int, bytes]]:
        """Return number and body SHA-256 of the next deliveries after ``seq``, none after ``through``."""
        return self._connection.execute(
            "select seq, body_sha256 from deliveries where seq > ? and seq <= ? order by seq limit ?",
            [seq, through, limit_rows],
        ).fetchall()

    def tip(self) -> int:
        """Return the greatest sequence number ever used, 0 for none; retention does not lower it."""
        row = self._connection.execute("select seq from sqlite_sequence where name = 'deliveries'").fetchone()
        return 0 if row is None else int(row[0])

    def first_received_after(self, seq: int) -> int | None:
        """Return the time at which the first delivery after ``seq`` was received; None when there is none."""
        row = self._connection.execute(
            "select received_at from deliveries where seq > ? order by seq limit 1", [seq]
        ).fetchone()
        return None if row is None else int(row[0])

    def pending_contains(self, seq: int, needle: bytes) -> bool:
        """Return whether the body of any delivery after ``seq`` contains these bytes."""
        found = self._connection.execute(
            "select exists (select 1 from deliveries where seq > ? and instr(body, ?) > 0)", [seq, needle]
        ).fetchone()
        return bool(found[0])

    def _read_id(self) -> str:
        refuse_unmade(self._connection, self.path)
        row = self._connection.execute("select value from meta where key = 'inbox_id'").fetchone()
        if row is None:
            raise DamagedError(f"{self.path.name} has lost its inbox_id")
        return str(row[0])

    def oldest_through(self, seq: int, received_before: int) -> int | None:
        """Return the receipt time of the oldest delivery that `delete_through` would delete; None for none."""
        row = self._connection.execute(
            "select min(received_at) from deliveries where seq <= ? and received_at < ?",
            [seq, received_before],
        ).fetchone()
        return None if row[0] is None else int(row[0])

    def delete_through(self, seq: int, received_before: int) -> int:
        """Delete the deliveries up to and including ``seq`` that were received before an instant, and their bytes.

        It deletes small portions and pauses between them, so a running writer is not delayed.

        Args:
            seq: The last delivery that is stored elsewhere.
            received_before: Microseconds since the epoch, UTC.

        Returns:
            The number of deleted deliveries.

        Raises:
            sqlite3.OperationalError: The writer held the lock for longer than the busy timeout.
        """
        connection = open_for_writing(self.path)
        try:
            return _delete(connection, seq, received_before)
        finally:
            connection.close()


def _refuse_replaced(path: Path, inode: int) -> None:
    """Refuse a file that was set aside during the open: SQLite may have opened its successor's WAL."""
    if path.stat().st_ino != inode:
        raise FileNotFoundError(errno.ENOENT, "the inbox was replaced while it was opened", str(path))


def _delete(connection: sqlite3.Connection, seq: int, received_before: int) -> int:
    connection.execute(
        "pragma secure_delete = on"
    )  # overwrites purged bodies, so that no free page holds them
    deleted = 0
    while True:
        started = time.monotonic()
        count = connection.execute(_PORTION, [seq, received_before, DELETE_ROWS, DELETE_BYTES]).rowcount
        deleted += count
        if count == 0:
            return deleted
        time.sleep(PAUSES * (time.monotonic() - started))
