"""Explain a row of any published table: the rows it was computed from, table by table, down to the deliveries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingest.errors import ConfigurationError
from transforms.lineage import RAW, Lineage
from transforms.row_key import find_row

if TYPE_CHECKING:
    import duckdb

    from transforms.actions import Progress
    from transforms.models import Model
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
    model = _model(pipeline, arguments["table"])
    row_number = find_row(connection, model, arguments["key"])
    progress(f"explaining {model.name}", 0, 0)
    lineage = Lineage(connection, pipeline.graph)
    with lineage.of(model, row_number):
        levels = [
            _level(connection, pipeline, name, count, arguments)
            for name, count in lineage.counts.items()
            if name != model.name
        ]
    [row] = _rows(connection, f"select * from {model.name} where rowid = {row_number}")
    return {"table": model.name, "grain": model.grain, "row": row, "levels": levels}


def _model(pipeline: Pipeline, table: str) -> Model:
    published = {model.name: model for model in pipeline.graph.published}
    if table not in published:
        raise ConfigurationError(
            f"there is no table {table} to explain", hint=f"there are {', '.join(sorted(published))}"
        )
    return published[table]


def _level(
    connection: duckdb.DuckDBPyConnection,
    pipeline: Pipeline,
    name: str,
    count: int,
    arguments: dict[str, Any],
) -> dict[str, Any]:
    found, limit = Lineage.rows(name), int(arguments["limit"])
    if name == RAW:
        columns = f"{DELIVERY}, body" if arguments["show_body"] else DELIVERY
        rows = _rows(connection, f"select {columns} from {found} as r order by sequence limit {limit}")
        for row in rows:
            if "body" in row:
                row["body"] = row["body"].decode("utf-8", "backslashreplace")
        return _described(RAW, "One delivery that was acknowledged.", count, rows)
    model = pipeline.graph[name]
    columns, order = "*" if model.is_published else ", ".join(model.key) or "*", ", ".join(model.key) or "1"
    rows = _rows(connection, f"select {columns} from {found} as r order by {order} limit {limit}")
    sums = _sums(connection, name) if model.is_published else []
    return _described(name, model.grain, count, rows, sums=sums, is_staging=not model.is_published)


def _described(
    table: str,
    grain: str,
    count: int,
    rows: list[dict[str, Any]],
    *,
    sums: Any = (),
    is_staging: bool = False,
) -> dict[str, Any]:
    return {
        "table": table, "grain": grain, "is_staging": is_staging, "count": count, "sums": list(sums), "rows": rows,
    }  # fmt: skip


def _sums(connection: duckdb.DuckDBPyConnection, name: str) -> list[dict[str, Any]]:
    """Add up the amounts of the rows found, each currency for itself."""
    described = connection.execute(f"select * from {name} limit 0").description or []
    columns = {column[0]: str(column[1]) for column in described}
    amounts = [column for column, type_ in columns.items() if type_.startswith("DECIMAL")]
    if "currency" not in columns or not amounts:
        return []
    sums = ", ".join(f"sum({column}) as {column}" for column in amounts)
    return _rows(
        connection,
        f"select currency, count(*) as rows, {sums} from {Lineage.rows(name)} as r group by currency order by currency",
    )


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
