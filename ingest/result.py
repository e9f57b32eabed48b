"""Read a DuckDB result to its end: from 2.0 on, a connection with an unread rest refuses other work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb


def first_row(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: list[Any] | None = None
) -> tuple[Any, ...] | None:
    """Return the first row of a statement's result; None when it has none."""
    rows = connection.execute(sql, parameters).fetchall()
    return tuple(rows[0]) if rows else None
