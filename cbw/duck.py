"""Literals for DuckDB's SQL, and results read to their end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb


def literal(value: str | int | None) -> str:
    """Return a value as a SQL literal.

    Some statements take no parameters, and DuckDB imports pandas (0.2 s) when it binds its first parameter.
    """
    if value is None:
        return "null"
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def first_row(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: list[Any] | None = None
) -> tuple[Any, ...] | None:
    """Return the first row of a statement's result; None when it has none.

    The result is read to its end: from DuckDB 2.0 on, a connection with an unread result refuses other work.
    """
    rows = connection.execute(sql, parameters).fetchall()
    return tuple(rows[0]) if rows else None
