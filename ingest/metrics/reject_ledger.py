"""The reject ledger: who was refused lately and why, so that an operator can tell a wrong secret from a stranger.

It is the only thing kept of a request that is not authentic: never its body, only the body's length and SHA-256. Rows
are bounded, and appended within a request to a short list in memory; a thread writes them.
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
    suppressed integer not null    -- refusals for this reason since the row before that got no row
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
        """Return the row of a request that is being refused at this moment: of its body, only length and digest."""
        digest = sha256(body).hexdigest() if body else None
        return cls(time.time_ns() // 1000, request_id, peer, code, reason, len(body), digest, suppressed)


class RefusedReason(NamedTuple):
    """How often one reason occurred."""

    reason: str
    requests: int
    latest_at: int
    """Microseconds since the epoch, UTC."""
    peers: int
    """Different senders among the rows kept."""


class RejectLedger:
    """The writing end, for one worker; workers share the file.

    Args:
        path: The SQLite file; made on first use.
        keep_rows: How many rows there may be; the oldest go first.
    """

    def __init__(self, path: Path, *, keep_rows: int = KEEP_ROWS) -> None:
        self._path = path
        self._keep_rows = keep_rows
        self._waiting: deque[Reject] = deque(maxlen=MOST_WAITING)

    def append(self, reject: Reject) -> None:
        """Remember a refusal until the next write; when too many wait, the oldest of them is forgotten."""
        self._waiting.append(reject)

    def write(self) -> None:
        """Move what waits into the file. What cannot be written is given up.

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
    """Return what was refused since an instant, by reason, the most frequent first.

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
        if not connection.execute(_IS_MADE).fetchone()[0]:  # a worker is about to make the table
            return []
        return [RefusedReason(*row) for row in connection.execute(_BY_REASON, [since])]
