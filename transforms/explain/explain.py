"""Explain a row of any published table: list the rows behind it, table by table, down to the deliveries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbw.errors import ConfigurationError
from transforms.explain.lineage import RAW, Lineage
from transforms.explain.row_key import find_row
from transforms.store.optimizers import UNSAFE_FOR_ONE_THREAD, leave_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from cbw.terminal import Progress
    from transforms.definitions.graph import ModelGraph
    from transforms.definitions.model import Model
    from transforms.store.store import Store

# The columns shown of a delivery; its body only on request.
DELIVERY = "sequence, received_at, body_sha256, secret_id, verdict, inbox_id, inbox_sequence"
# Most rows to fetch one by one; for more, one scan of the table is faster.
FEW = 20


def explain(
    store: Store,
    graph: ModelGraph,
    *,
    table: str,
    key: Sequence[str],
    limit: int,
    show_body: bool,
    progress: Progress,
) -> dict[str, Any]:
    """Explain the row of ``table`` that ``key`` names (see `transforms.explain.row_key`).

    Args:
        store: The open private files.
        graph: The models.
        table: A published table.
        key: Words that name one row of it.
        limit: The number of rows of each table to return.
        show_body: Whether to return the body of each delivery.
        progress: Called when the search begins.

    Returns:
        ``table``, ``grain``, ``row`` and ``levels``, one for each table behind the row: ``table``, ``grain``,
        ``is_staging``, ``count``, ``sums`` (of its amounts, by currency) and the first ``rows`` (of staging, the keys
        alone); the last level is `RAW`.

    Raises:
        ConfigurationError: The table does not exist, or the words do not name exactly one row of it.
    """
    connection = store.connection
    # The search relies on DuckDB's join filters, which are safe with one thread only.
    store.use_threads(1)
    leave_out(connection, *UNSAFE_FOR_ONE_THREAD)
    model = _model(graph, table)
    row_number = find_row(connection, model, key)
    progress(f"explaining {model.name}", 0, 0)
    lineage = Lineage(connection, graph)
    delivery = DELIVERY + (", body" if show_body else "")
    shown = _Shown(connection, graph, lineage, limit, delivery)
    with lineage.of(model, row_number):
        counts = {name: count for name, count in lineage.counts.items() if name != model.name}
        levels = [
            shown.deliveries(count) if name == RAW else shown.level(graph[name], count)
            for name, count in counts.items()
        ]
    [row] = _rows(connection, f"select {graph.shown(model)} from {model.name} where rowid = {row_number}")
    return {"table": model.name, "grain": model.grain, "row": row, "levels": levels}


def _model(graph: ModelGraph, table: str) -> Model:
    published = {model.name: model for model in graph.published}
    if table not in published:
        raise ConfigurationError(
            f"there is no table {table} to explain", hint=f"there are {', '.join(sorted(published))}"
        )
    return published[table]


class _Shown:
    """Reads the rows of a lineage for people.

    Args:
        connection: The connection of the lineage.
        graph: The models.
        lineage: The lineage of the row to explain.
        limit: The number of rows to show of each table.
        delivery: The columns to show of a delivery.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        graph: ModelGraph,
        lineage: Lineage,
        limit: int,
        delivery: str,
    ) -> None:
        self._connection = connection
        self._graph = graph
        self._lineage = lineage
        self._limit = limit
        self._delivery = delivery

    def deliveries(self, count: int) -> dict[str, Any]:
        rows = self._whole(RAW, self._delivery, "sequence")
        for row in rows:
            if "body" in row:
                row["body"] = row["body"].decode("utf-8", "backslashreplace")
        grain = "One delivery that was acknowledged."
        return {"table": RAW, "grain": grain, "is_staging": False, "count": count, "sums": [], "rows": rows}

    def level(self, model: Model, count: int) -> dict[str, Any]:
        key = ", ".join(model.key)
        if model.is_published or not key:
            rows = self._whole(model.name, self._graph.shown(model), key or "all")
        else:
            rows = _rows(self._connection, self._first(model.name, key, key))
        return {
            "table": model.name, "grain": model.grain, "is_staging": not model.is_published, "count": count,
            "sums": self._sums(model), "rows": rows,
        }  # fmt: skip

    def _first(self, name: str, columns: str, order: str) -> str:
        return f"select {columns} from {Lineage.row_table(name)} order by {order} limit {self._limit}"

    def _whole(self, name: str, columns: str, order: str) -> list[dict[str, Any]]:
        """Fetch a few rows one by one by row number, so that DuckDB reads nothing else; fetch many in one scan."""
        row_numbers = self._connection.execute(self._first(name, "source_rowid", order)).fetchall()
        if len(row_numbers) > FEW:
            behind = f"{Lineage.rows(name)} as behind"
            return _rows(
                self._connection, f"select {columns} from {behind} order by {order} limit {self._limit}"
            )
        queries = (f"select {columns} from {name} where rowid = {number}" for (number,) in row_numbers)
        return [row for query in queries for row in _rows(self._connection, query)]

    def _sums(self, model: Model) -> list[dict[str, Any]]:
        """Add up the amounts of the rows behind, by currency."""
        amounts = self._lineage.amounts(model)
        if not amounts:
            return []
        sums = ", ".join(f"sum({column}) as {column}" for column in amounts)
        query = f"select currency, count(*) as rows, {sums} from {Lineage.row_table(model.name)}"
        return _rows(self._connection, f"{query} group by currency order by currency")


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
