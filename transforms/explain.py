"""Explain a row of any published table: the rows it was computed from, table by table, down to the deliveries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingest.errors import ConfigurationError
from transforms.lineage import RAW, Lineage
from transforms.row_key import find_row

if TYPE_CHECKING:
    import duckdb

    from transforms.actions import Progress
    from transforms.models import Model, ModelGraph
    from transforms.pipeline import Pipeline

# What is told of a delivery; its body only when it is asked for.
DELIVERY = "sequence, received_at, body_sha256, secret_id, verdict, inbox_id, inbox_sequence"


def explain(pipeline: Pipeline, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Explain the row of ``table`` that ``key`` names (see `transforms.row_key`).

    Args:
        pipeline: Whose tables.
        arguments: ``table``, ``key`` (words), ``limit`` (rows to give of each table) and ``show_body``.
        progress: Told when the search begins.

    Returns:
        ``table``, ``grain``, ``row`` and ``levels``: for each table it was computed from ``table``, ``grain``,
        ``is_staging``, ``count``, ``sums`` (of its amounts, by currency) and the first ``rows`` (of staging, their keys
        alone); the last level is `RAW`.

    Raises:
        ConfigurationError: There is no such table, or the words do not name one row of it.
    """
    connection = pipeline.store.connection
    model = _model(pipeline.graph, arguments["table"])
    row_number = find_row(connection, model, arguments["key"])
    progress(f"explaining {model.name}", 0, 0)
    lineage = Lineage(connection, pipeline.graph)
    shown = _Shown(
        connection, int(arguments["limit"]), DELIVERY + (", body" if arguments["show_body"] else "")
    )
    with lineage.of(model, row_number):
        counts = {name: count for name, count in lineage.counts.items() if name != model.name}
        levels = [
            shown.deliveries(count) if name == RAW else shown.level(pipeline.graph[name], count)
            for name, count in counts.items()
        ]
    [row] = _rows(connection, f"select * from {model.name} where rowid = {row_number}")
    return {"table": model.name, "grain": model.grain, "row": row, "levels": levels}


def _model(graph: ModelGraph, table: str) -> Model:
    published = {model.name: model for model in graph.published}
    if table not in published:
        raise ConfigurationError(
            f"there is no table {table} to explain", hint=f"there are {', '.join(sorted(published))}"
        )
    return published[table]


class _Shown:
    """What is told of the rows found of each table.

    Args:
        connection: Where they are.
        limit: Rows to give of each table.
        delivery: Columns to give of a delivery.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, limit: int, delivery: str) -> None:
        self._connection = connection
        self._limit = limit
        self._delivery = delivery

    def deliveries(self, count: int) -> dict[str, Any]:
        rows = self._first(self._delivery, RAW, "sequence")
        for row in rows:
            if "body" in row:
                row["body"] = row["body"].decode("utf-8", "backslashreplace")
        grain = "One delivery that was acknowledged."
        return {"table": RAW, "grain": grain, "is_staging": False, "count": count, "sums": [], "rows": rows}

    def level(self, model: Model, count: int) -> dict[str, Any]:
        key = ", ".join(model.key)
        rows = self._first("*" if model.is_published or not key else key, model.name, key or "1")
        sums = self._sums(model.name) if model.is_published else []
        return {
            "table": model.name, "grain": model.grain, "is_staging": not model.is_published, "count": count,
            "sums": sums, "rows": rows,
        }  # fmt: skip

    def _first(self, columns: str, name: str, order: str) -> list[dict[str, Any]]:
        found = Lineage.rows(name)
        return _rows(
            self._connection, f"select {columns} from {found} as found order by {order} limit {self._limit}"
        )

    def _sums(self, name: str) -> list[dict[str, Any]]:
        """Add up the amounts of the rows found, each currency for itself."""
        described = self._connection.execute(f"select * from {name} limit 0").description or []
        columns = {column[0]: str(column[1]) for column in described}
        amounts = [column for column, type_ in columns.items() if type_.startswith("DECIMAL")]
        if "currency" not in columns or not amounts:
            return []
        sums = ", ".join(f"sum({column}) as {column}" for column in amounts)
        query = f"select currency, count(*) as rows, {sums} from {Lineage.rows(name)} as found"
        return _rows(self._connection, f"{query} group by currency order by currency")


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
