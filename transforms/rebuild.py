"""Build every model from raw events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.result import first_row
from transforms.optimizers import UNSAFE, leave_out

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb

    from transforms.models import Model, ModelGraph


def rebuild(
    connection: duckdb.DuckDBPyConnection,
    graph: ModelGraph,
    *,
    schema: str = "build.main",
    on_model: Callable[[Model], None] | None = None,
) -> int:
    """Replace every table by its SELECT, in dependency order, inside the open transaction.

    Args:
        connection: Its search path finds ``raw_events``, and the models' tables in ``schema``.
        graph: The models.
        schema: Where the tables are made.
        on_model: Called before each model, for a progress bar.

    Returns:
        The number of rows written to published tables.
    """
    leave_out(connection, *UNSAFE)  # a refresh left out others
    rows = 0
    for model in graph.models:
        if on_model is not None:
            on_model(model)
        order = f"\norder by {', '.join(model.stored_by)}" if model.stored_by else ""
        written = first_row(
            connection,
            f"create or replace table {schema}.{model.name} as {graph.stored(model)}{order}",
        )
        if model.is_published and written is not None:
            rows += int(written[0])
    return rows
