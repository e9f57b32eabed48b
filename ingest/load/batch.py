"""A batch of deliveries as a relation for DuckDB.

It is a DataFrame, which DuckDB reads in place. Before pandas is imported, the statement holds a small batch as text
instead: the import takes longer than loading a thousand deliveries, and a process that loads no more never needs it.
"""

from __future__ import annotations

import json
from binascii import b2a_base64
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cbw.duck import literal
from ingest.load.verdict import examine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import duckdb

    from ingest.inbox.reader import Delivery

# The cost of a batch in the statement grows with both; beyond them the DataFrame is cheaper, even with the import.
FEW_ROWS = 2_000
FEW_BYTES = 4 * 1024 * 1024
TYPES = {
    "sequence": "BIGINT",
    "inbox_id": "VARCHAR",
    "inbox_sequence": "BIGINT",
    "body_hash": "UBIGINT",
    "received_at": "BIGINT",
    "body": "VARCHAR",
    "body_sha256": "VARCHAR",
    "secret_id": "VARCHAR",
    "content_type": "VARCHAR",
    "peer": "VARCHAR",
    "verdict": "VARCHAR",
    "document": "VARCHAR",
}


def is_best_spelled_out(batch: Sequence[Delivery], *, has_pandas: bool) -> bool:
    """Return whether a batch loads faster as text in the statement; ``has_pandas``: pandas is imported already."""
    is_small = len(batch) <= FEW_ROWS and sum(len(delivery.body) for delivery in batch) <= FEW_BYTES
    return is_small and not has_pandas


@contextmanager
def relation_of(
    connection: duckdb.DuckDBPyConnection,
    batch: Sequence[Delivery],
    inbox_id: str,
    first: int,
    *,
    is_spelled_out: bool,
) -> Iterator[str]:
    """Yield a relation with the rows of a batch; it exists within the block.

    Args:
        connection: The connection that selects.
        batch: The deliveries.
        inbox_id: Their inbox.
        first: The load sequence of the first.
        is_spelled_out: As text in the statement, not as a DataFrame.
    """
    columns = _columns(batch, inbox_id, first)
    if is_spelled_out:
        yield _spelled_out(columns)
        return
    connection.register("batch", _frame(columns))
    yield "batch"
    connection.unregister("batch")


def _columns(batch: Sequence[Delivery], inbox_id: str, first: int) -> dict[str, Sequence[Any]]:
    verdicts = [examine(delivery.body) for delivery in batch]
    return {
        "sequence": range(first, first + len(batch)),
        "inbox_id": [inbox_id] * len(batch),
        "inbox_sequence": [delivery.seq for delivery in batch],
        "body_hash": [int.from_bytes(delivery.body_sha256[:8]) for delivery in batch],
        "received_at": [delivery.received_at for delivery in batch],
        "body": [delivery.body for delivery in batch],
        "body_sha256": [delivery.body_sha256.hex() for delivery in batch],
        "secret_id": [delivery.secret_id for delivery in batch],
        "content_type": [delivery.content_type for delivery in batch],
        "peer": [delivery.peer for delivery in batch],
        "verdict": [verdict.reason for verdict in verdicts],
        "document": [verdict.document for verdict in verdicts],
    }


def _spelled_out(columns: Mapping[str, Sequence[Any]]) -> str:
    """Return a relation of one JSON text, one list per column: DuckDB reads it faster than a literal per row."""
    lists = {name: list(values) for name, values in columns.items()}
    lists["body"] = [b2a_base64(body, newline=False).decode() for body in columns["body"]]
    types = json.dumps({name: [kind] for name, kind in TYPES.items()})
    rows = ", ".join(f"unnest(batch.{name}) as {name}" for name in TYPES)
    return (
        f"(select * replace (from_base64(body) as body) from (select {rows}"
        f" from (select from_json({literal(json.dumps(lists))}, '{types}') as batch)))"
    )


def _frame(columns: Mapping[str, Sequence[Any]]) -> object:
    import pandas as pd  # noqa: PLC0415 - only a large batch waits for its import

    dtypes = {"BIGINT": "int64", "UBIGINT": "uint64", "VARCHAR": "object"}
    return pd.DataFrame(
        {name: pd.Series(values, dtype=dtypes[TYPES[name]]) for name, values in columns.items()}
    )
