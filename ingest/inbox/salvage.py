"""Reads an inbox past its damage: every delivery that is still readable and matches its digest."""

from __future__ import annotations

import sqlite3
from hashlib import sha256
from typing import TYPE_CHECKING

from ingest.inbox.damage import is_damage, is_set_aside
from ingest.inbox.reader import COLUMNS, Delivery, InboxReader

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    _Value = TypeVar("_Value")


class SalvageReader(InboxReader):
    """An inbox reader that skips damaged rows, one by one, and counts them.

    An intact file costs nothing more. `unreadable` grows each time the reader meets the same damage.
    """

    unreadable = 0

    def read_after(self, seq: int, limit_rows: int, limit_bytes: int) -> list[Delivery]:
        """Return the deliveries after ``seq`` that can be read, in order, up to both limits; empty at the end."""
        try:
            return super().read_after(seq, limit_rows, limit_bytes)
        except sqlite3.DatabaseError as exc:
            if not is_damage(exc):
                raise
        found: list[Delivery] = []
        size, end = 0, self.tip()
        while seq < end and len(found) < limit_rows and size < limit_bytes:
            delivery = _whatever_is_readable(lambda after=seq: self._next(after), None)  # type: ignore[misc]
            if delivery is None or sha256(delivery.body).digest() != delivery.body_sha256:
                self.unreadable += 1
            else:
                found.append(delivery)
                size += len(delivery.body)
            seq = seq + 1 if delivery is None else delivery.seq
        return found

    def tip(self) -> int:
        """Return the greatest sequence number that can be found, 0 when none can."""
        stored = _whatever_is_readable(self._greatest, 0)
        return max(stored, _whatever_is_readable(super().tip, 0))

    def pending_contains(self, seq: int, needle: bytes) -> bool:
        """Return whether any delivery after ``seq`` holds these bytes; False where damage hides it."""
        return _whatever_is_readable(
            lambda: super(SalvageReader, self).pending_contains(seq, needle), default=False
        )

    def first_received_after(self, seq: int) -> int | None:
        """Return when the first delivery after ``seq`` was received; None where there is none, or damage hides it."""
        return _whatever_is_readable(lambda: super(SalvageReader, self).first_received_after(seq), None)

    def _next(self, seq: int) -> Delivery | None:
        query = f"select {COLUMNS} from deliveries where seq > ? order by seq limit 1"
        row = self._connection.execute(query, [seq]).fetchone()
        return None if row is None else Delivery(*row)

    def _greatest(self) -> int:
        return int(self._connection.execute("select coalesce(max(seq), 0) from deliveries").fetchone()[0])

    def _read_id(self) -> str:
        """Return the id; a set-aside file that lost its id uses its name, which is unique."""
        if not is_set_aside(self.path):
            return super()._read_id()
        return _whatever_is_readable(super()._read_id, self.path.name)


def _whatever_is_readable(read: Callable[[], _Value], default: _Value) -> _Value:
    try:
        return read()
    except sqlite3.DatabaseError as exc:
        if not is_damage(exc):
            raise
        return default
