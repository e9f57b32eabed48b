"""Inbox -> ``raw_events``, exactly once: the position is committed in the transaction that writes the rows."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from cbw.duck import first_row, literal
from ingest.load.batch import is_best_spelled_out, relation_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from ingest.inbox.reader import Delivery

BATCH_ROWS = 20_000
BATCH_BYTES = 64 * 1024 * 1024

_INSERT = """
insert into events.raw_events
select
    sequence,
    inbox_id,
    inbox_sequence,
    make_timestamptz(received_at),
    body,
    body_sha256,
    body_hash,
    secret_id,
    content_type,
    peer,
    -- DuckDB's own JSON reader checks last, so that no body can ever fail a model.
    case when verdict is null and not json_valid(coalesce(document, decode(body))) then 'bad_json' else verdict end,
    document
from {batch} as batch
order by sequence
"""


class Source(Protocol):
    """A source of deliveries in order: an inbox, or an import."""

    @property
    def inbox_id(self) -> str:
        """A name that no other deliveries ever use."""

    def read_after(self, sequence: int, limit_rows: int, limit_bytes: int) -> Sequence[Delivery]:
        """Return the next deliveries after ``sequence``, oldest first; empty at the end."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The result of a load.

    Attributes:
        deliveries: The number of added rows.
        watermark: The last load sequence in the table.
    """

    deliveries: int
    watermark: int


def load(
    connection: duckdb.DuckDBPyConnection, sources: Sequence[Source], limit: int | None = None
) -> Loaded:
    """Load every delivery that is not loaded yet.

    Safe to kill at any moment and to repeat: a batch and its position are one transaction. The inbox has one writer
    that commits in order, so no delivery can appear below a position.

    Args:
        connection: Has the file with ``raw_events`` attached as ``events``.
        sources: The inboxes.
        limit: Stop after the batch that reaches this many deliveries; None for all.

    Returns:
        The number of rows added and the new watermark.
    """
    deliveries = 0
    # A session of its own: registering a batch makes DuckDB plan every prepared statement of the session again.
    with connection.cursor() as session:
        for source in sources:
            while limit is None or deliveries < limit:
                batch = source.read_after(_position(session, source.inbox_id), BATCH_ROWS, BATCH_BYTES)
                if not batch:
                    break
                _append(session, source.inbox_id, batch)
                deliveries += len(batch)
        return Loaded(deliveries, watermark(session))


def watermark(connection: duckdb.DuckDBPyConnection) -> int:
    """Return the last load sequence; 0 when there is none."""
    row = first_row(connection, "select coalesce(max(sequence), 0) from events.raw_events")
    assert row is not None
    return int(row[0])


def _position(connection: duckdb.DuckDBPyConnection, inbox_id: str) -> int:
    rows = connection.execute("select inbox_id, inbox_sequence from events.inbox_positions").fetchall()
    return max((int(sequence) for inbox, sequence in rows if inbox == inbox_id), default=0)


def _append(connection: duckdb.DuckDBPyConnection, inbox_id: str, batch: Sequence[Delivery]) -> None:
    inbox, first = literal(inbox_id), watermark(connection) + 1
    is_spelled_out = is_best_spelled_out(batch, has_pandas="pandas" in sys.modules)
    connection.execute("begin transaction")
    try:
        with relation_of(connection, batch, inbox_id, first, is_spelled_out=is_spelled_out) as rows:
            connection.execute(_INSERT.format(batch=rows))
        connection.execute(f"delete from events.inbox_positions where inbox_id = {inbox}")
        connection.execute(f"insert into events.inbox_positions values ({inbox}, {batch[-1].seq})")
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")
