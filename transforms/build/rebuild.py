"""Build every model from raw events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbw.duck import first_row
from ingest.load.raw_events import watermark
from transforms.build.portions import BODIES, portions
from transforms.store.optimizers import UNSAFE, leave_out

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb

    from transforms.definitions.graph import ModelGraph
    from transforms.definitions.model import Model


def rebuild(
    connection: duckdb.DuckDBPyConnection,
    graph: ModelGraph,
    *,
    schema: str = "build.main",
    on_model: Callable[[Model], None] | None = None,
    bodies: int = BODIES,
) -> int:
    """Replace every table by the rows of its SELECT, in dependency order.

    Args:
        connection: A connection whose search path finds ``raw_events``, and the models' tables in ``schema``.
        graph: The models.
        schema: The schema of the tables to create.
        on_model: Called before each model, for a progress bar.
        bodies: The number of bodies that a query reads at once.

    Returns:
        The number of rows written to published tables.
    """
    leave_out(connection, *UNSAFE)  # a refresh may have disabled other optimizers
    rows = 0
    last = watermark(connection)
    for model in graph.models:
        if on_model is not None:
            on_model(model)
        table, verb = f"{schema}.{model.name}", "create or replace table {} as"
        order = f"\norder by {', '.join(model.stored_by)}" if model.stored_by else ""
        for select in portions(model, last, bodies=bodies):
            written = first_row(connection, f"{verb.format(table)} {graph.stored(model, select)}{order}")
            verb = "insert into {}"
            if model.is_published and written is not None:
                rows += int(written[0])
    return rows
