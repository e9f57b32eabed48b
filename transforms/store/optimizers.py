"""The optimizers of DuckDB that may give wrong results, and are switched off."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

# It passes the values of one side of a join to the scan of the other side. With several threads it may filter a CTE
# that a query reads twice by the needs of one reader, and the other reader loses rows (duckdb#22075).
JOIN_FILTERS = "join_filter_pushdown"
# The optimizers of DuckDB 1.5 that are known to give wrong results. The other merges joins that differ (#25819).
UNSAFE = ("common_subplan", JOIN_FILTERS)
# With one thread a CTE is complete before anything reads it, so that only the other optimizer is unsafe.
UNSAFE_FOR_ONE_THREAD = ("common_subplan",)


def leave_out(connection: duckdb.DuckDBPyConnection, *optimizers: str) -> None:
    """Switch off these optimizers of DuckDB, and no others, from now on.

    An optimizer that this release does not have is ignored.
    """
    rows = connection.execute("select name from duckdb_optimizers()").fetchall()
    known = {name for (name,) in rows}
    connection.execute(f"set disabled_optimizers = '{','.join(o for o in optimizers if o in known)}'")
