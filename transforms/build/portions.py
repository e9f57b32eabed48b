"""Split a model's SELECT into portions, so that no intermediate result of a full build is as large as the history.

DuckDB spills to disk, but not the state of every operator: from some size of the history on, a single query that joins,
parses and unnests all bodies exceeds the memory limit. If each row of a model depends on one body or event, as its
header declares (``refresh by: body_id``), the union of its SELECT over ranges of bodies gives the whole table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from transforms.definitions.model import Model

# Refresh keys that are load sequences, so that DuckDB skips by zone map the row groups outside of a range.
KEYS = (("body_id",), ("event_body_id",))
# Largest portion, in bodies: several row groups for each thread. DuckDB writes the rows of an INSERT to the file at
# once if they fill row groups; it keeps a remainder in memory, uncompressed, until the commit.
BODIES = 250_000
# A query's memory for each body of a portion, in addition to 250 MB for parsing, in bytes.
MEMORY_A_BODY = 5_000


def bodies_within(memory: int) -> int:
    """Return the largest number of bodies that a query can read at once with ``memory`` bytes."""
    return min(memory // MEMORY_A_BODY, BODIES)


def portions(model: Model, watermark: int, *, bodies: int = BODIES) -> Iterator[str]:
    """Yield SELECTs whose union has every row of a model once; the model's own when it cannot or need not be split.

    Args:
        model: The model.
        watermark: The last load sequence in ``raw_events``.
        bodies: The number of load sequences in a portion.
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
    """Yield conditions of which every row of a model's table, even a wrong one, meets exactly one."""
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
