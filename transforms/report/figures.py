"""The report's figures, all read from one published version: each is a query in ``sql/figures``."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from cbw.duck import literal
from transforms.definitions.sql_file import SQL_DIR

if TYPE_CHECKING:
    import duckdb

Row = dict[str, Any]
Value = int | str | date | None


class Figures:
    """Runs the queries of ``sql/figures`` on one version.

    Args:
        connection: A connection to the version, such as ``Warehouse.connection``: it stays on that version, so that
            a publish in the middle of a report cannot mix the figures of two.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def rows(self, name: str, **variables: Value) -> list[Row]:
        """Return the rows of the query in ``sql/figures/<name>.sql``.

        Args:
            name: The file's stem.
            variables: The values that the query reads with ``getvariable``; the next queries can read them too.
        """
        self.define(**variables)
        cursor = self._connection.execute((SQL_DIR / "figures" / f"{name}.sql").read_text(encoding="utf-8"))
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def define(self, **variables: Value) -> None:
        """Set the values that queries read with ``getvariable``."""
        for variable, value in variables.items():
            self._connection.execute(f"set variable {variable} = {_literal(value)}")

    def row(self, name: str, **variables: Value) -> Row:
        """Return the only row of a query; empty when the query returns none."""
        return next(iter(self.rows(name, **variables)), {})


def _literal(value: Value) -> str:
    if value is None:
        return "cast(null as varchar)"
    if isinstance(value, date):
        return f"date '{value}'"
    return literal(value) if isinstance(value, str) else str(value)
