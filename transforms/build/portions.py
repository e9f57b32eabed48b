"""A model's SELECT in portions, so that no intermediate result of a full build is as large as the history.

DuckDB writes to disk what does not fit into its memory, but not the state of every operator: joining, parsing and
unnesting all bodies in one query needs more than the limit from some size of the history on. A model whose rows depend
on one body or event each, as its header says (``refresh by: body_id``), is the sum of what ranges of bodies give.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from transforms.definitions.model import Model

# What bodies are named by: a load sequence, so that the blocks of a table that hold no body of a range are skipped.
KEYS = (("body_id",), ("event_body_id",))
# Several row groups for each thread: DuckDB writes what an INSERT brings to the file at once if it fills row groups,
# and else keeps it in memory, uncompressed, until the build is committed.
BODIES = 250_000
# In bytes, of what a query holds of each body of a portion; beside it, parsing takes 250 MB.
MEMORY_A_BODY = 5_000


def bodies_within(memory: int) -> int:
    """Return how many bodies a query reads at once, so that so many bytes of memory suffice for it."""
    return min(memory // MEMORY_A_BODY, BODIES)


def portions(model: Model, watermark: int, *, bodies: int = BODIES) -> Iterator[str]:
    """Return SELECTs that give every row of a model once between them; the model's own, when it has no such parts.

    Args:
        model: The model.
        watermark: The last load sequence in ``raw_events``.
        bodies: How many load sequences a portion covers.
    """
    if not _is_divided(model, watermark, bodies):
        yield model.sql
        return
    [key] = model.refresh.columns
    columns = {name: model.refresh.mappings.get(name, {}).get(key, key) for name in model.inputs}
    for between in _ranges(watermark, bodies):
        filters = {
            name: f"(select * from {name} where {column} {between})" for name, column in columns.items()
        }
        yield model.restricted(filters)


def conditions(model: Model, watermark: int, *, bodies: int = BODIES) -> Iterator[str]:
    """Return conditions of which every row of a model's table, whatever it holds, meets exactly one."""
    if not _is_divided(model, watermark, bodies):
        yield "true"
        return
    for between in _ranges(watermark, bodies):
        yield f"{model.refresh.columns[0]} {between}"
    yield f"({model.refresh.columns[0]} between 1 and {watermark}) is not true"


def _is_divided(model: Model, watermark: int, bodies: int) -> bool:
    return model.refresh.columns in KEYS and watermark > bodies


def _ranges(watermark: int, bodies: int) -> Iterator[str]:
    for first in range(1, watermark + 1, bodies):
        yield f"between {first} and {min(first + bodies - 1, watermark)}"
