"""The reject ledger: recent refusals with peer and reason, to tell a wrong secret from a stranger.

It is the only record of a request that is not authentic: it never holds a body, only the body's length and SHA-256.
The number of rows is bounded. A request appends its row to a short list in memory, and a thread writes the list.
"""

from __future__ import annotations

import sqlite3
import time
from collections import deque
from contextlib import closing
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from cbw.data_dir import REJECTS

if TYPE_CHECKING:
    from pathlib import Path


KEEP_ROWS = 10_000
MOST_WAITING = 1_000
BUSY_SECONDS = 1.0

_TABLE = """create table if not exists rejects (
    id integer primary key autoincrement,
    rejected_at integer not null,  -- microseconds since the epoch, UTC
    request_id text not null,      -- as in the log and in the answer's X-Request-Id
    peer text,
    code integer not null,
    reason text not null,
    body_bytes integer not null,
    body_sha256 text,              -- NULL when no body was read
    suppressed integer not null    -- refusals for this reason without a row, since its previous row
) strict"""
_INSERT = """
insert into rejects (rejected_at, request_id, peer, code, reason, body_bytes, body_sha256, suppressed)
values (?, ?, ?, ?, ?, ?, ?, ?)
"""
_IS_MADE = "select exists (select 1 from sqlite_master where name = 'rejects')"
_TRIM = "delete from rejects where id <= (select max(id) from rejects) - ?"
_BY_REASON = """
select reason, sum(1 + suppressed), max(rejected_at), count(distinct peer) from rejects
where rejected_at >= ? group by reason order by 2 desc, reason
"""


class Reject(NamedTuple):
    """One refused request; the fields are the columns it fills, in order."""

    rejected_at: int
    request_id: str
    peer: str | None
    code: int
    reason: str
    body_bytes: int
    body_sha256: str | None
    suppressed: int

    @classmethod
    def now(
        cls, request_id: str, *, peer: str | None, code: int, reason: str, body: bytes, suppressed: int
    ) -> Reject:
        """Return the row of a request that is refused now: of its body, it keeps length and digest."""
        digest = sha256(body).hexdigest() if body else None
        return cls(time.time_ns() // 1000, request_id, peer, code, reason, len(body), digest, suppressed)


class RefusedReason(NamedTuple):
    """One reason with its frequency."""

    reason: str
    requests: int
    latest_at: int
    """Microseconds since the epoch, UTC."""
    peers: int
    """The number of different senders among the kept rows."""


class RejectLedger:
    """The writing end, for one worker; workers share the file.

    Args:
        path: The SQLite file; created on first use.
        keep_rows: The most rows; the oldest go first.
    """

    def __init__(self, path: Path, *, keep_rows: int = KEEP_ROWS) -> None:
        self._path = path
        self._keep_rows = keep_rows
        self._waiting: deque[Reject] = deque(maxlen=MOST_WAITING)

    def append(self, reject: Reject) -> None:
        """Queue a refusal for the next write; when too many wait, the oldest is dropped."""
        self._waiting.append(reject)

    def write(self) -> None:
        """Write the queue to the file. Rows that cannot be written are lost.

        Raises:
            sqlite3.Error: The file cannot be written.
        """
        rows = [self._waiting.popleft() for _ in range(len(self._waiting))]
        if not rows:
            return
        with closing(sqlite3.connect(self._path, timeout=BUSY_SECONDS)) as connection:
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = normal")  # a lost row is no lost event
            with connection:
                connection.execute(_TABLE)
                connection.executemany(_INSERT, rows)
                connection.execute(_TRIM, [self._keep_rows])


def refused_since(data_dir: Path, since: int) -> list[RefusedReason]:
    """Return the refusals since an instant by reason, the most frequent first.

    Args:
        data_dir: The data directory.
        since: Microseconds since the epoch, UTC.

    Raises:
        sqlite3.Error: The ledger cannot be read.
    """
    path = data_dir / REJECTS
    if not path.exists():
        return []
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        if not connection.execute(_IS_MADE).fetchone()[0]:  # a worker is about to create the table
            return []
        return [RefusedReason(*row) for row in connection.execute(_BY_REASON, [since])]
