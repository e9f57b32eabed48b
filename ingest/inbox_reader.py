"""The reading end of an inbox, for the pipeline process: beside a living writer, or after a killed one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from ingest.inbox_file import open_for_reading, open_for_writing

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

# Small enough that a delete never makes the receiver wait for the lock for long.
DELETE_ROWS = 500


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
    return sorted(inbox_dir.glob("inbox-*.sqlite"))


class InboxReader:
    """A read-only view of one inbox file; use it as a context manager, from one thread at a time.

    Args:
        path: A file of `list_inboxes`.

    Raises:
        sqlite3.Error: The file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = open_for_reading(path)
        try:
            row = self._connection.execute("select value from meta where key = 'inbox_id'").fetchone()
        except BaseException:
            self._connection.close()
            raise
        self.inbox_id: str = row[0]
        """A random UUID that stays with the file: a position belongs to it, whatever the file is called."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; closing again does nothing."""
        self._connection.close()

    def read_after(self, seq: int, limit_rows: int, limit_bytes: int) -> list[Delivery]:
        """Return the deliveries after ``seq`` in order, up to both limits; never none if there is one."""
        deliveries: list[Delivery] = []
        size = 0
        rows = self._connection.execute(
            "select seq, received_at, body, body_sha256, secret_id, content_type, peer "
            "from deliveries where seq > ? order by seq limit ?",
            [seq, limit_rows],
        )
        for row in rows:
            delivery = Delivery(*row)
            size += len(delivery.body)
            if deliveries and size > limit_bytes:
                break
            deliveries.append(delivery)
        rows.close()  # ends the read transaction, which would keep the writer's log from being reset
        return deliveries

    def digests_after(self, seq: int, through: int, limit_rows: int) -> list[tuple[int, bytes]]:
        """Return number and body SHA-256 of the next deliveries after ``seq``, none after ``through``."""
        return self._connection.execute(
            "select seq, body_sha256 from deliveries where seq > ? and seq <= ? order by seq limit ?",
            [seq, through, limit_rows],
        ).fetchall()

    def tip(self) -> int:
        """Return the greatest sequence number ever given, 0 when none was; retention does not lower it."""
        row = self._connection.execute("select seq from sqlite_sequence where name = 'deliveries'").fetchone()
        return 0 if row is None else int(row[0])

    def first_received_after(self, seq: int) -> int | None:
        """Return when the first delivery after ``seq`` was received; None when there is none."""
        row = self._connection.execute(
            "select received_at from deliveries where seq > ? order by seq limit 1", [seq]
        ).fetchone()
        return None if row is None else int(row[0])

    def pending_contains(self, seq: int, needle: bytes) -> bool:
        """Tell whether any delivery after ``seq`` holds these bytes in its body."""
        found = self._connection.execute(
            "select exists (select 1 from deliveries where seq > ? and instr(body, ?) > 0)", [seq, needle]
        ).fetchone()
        return bool(found[0])

    def delete_through(self, seq: int, received_before: int) -> int:
        """Delete the deliveries up to and including ``seq`` that were received before an instant.

        Args:
            seq: The last delivery that is safe elsewhere.
            received_before: Microseconds since the epoch, UTC.

        Returns:
            How many were deleted.

        Raises:
            sqlite3.OperationalError: The writer held the lock for longer than the busy timeout.
        """
        connection = open_for_writing(self.path)
        try:
            return _delete(connection, seq, received_before)
        finally:
            connection.close()


def _delete(connection: sqlite3.Connection, seq: int, received_before: int) -> int:
    deleted = 0
    while True:
        count = connection.execute(
            "delete from deliveries where seq in ("
            "select seq from deliveries where seq <= ? and received_at < ? order by seq limit ?)",
            [seq, received_before, DELETE_ROWS],
        ).rowcount
        deleted += count
        if count < DELETE_ROWS:
            return deleted
