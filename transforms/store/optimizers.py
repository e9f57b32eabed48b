"""Which of DuckDB's optimizers may be trusted with money."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

# It hands what one side of a join holds to the scan of the other side. When several threads work, it may cut what a
# query reads twice down to what one of its readers needs, and rows are lost (duckdb#22075).
JOIN_FILTERS = "join_filter_pushdown"
# Those of DuckDB 1.5 that are known to give wrong results. The other takes joins for the same that are not (#25819).
UNSAFE = ("common_subplan", JOIN_FILTERS)
# What is left of them for one thread, which runs what comes first before what reads it.
UNSAFE_FOR_ONE_THREAD = ("common_subplan",)


def leave_out(connection: duckdb.DuckDBPyConnection, *optimizers: str) -> None:
    """Let DuckDB plan without some of its optimizers, these alone, from now on.

    One that a release has not is passed over.
    """
    rows = connection.execute("select name from duckdb_optimizers()").fetchall()
    known = {name for (name,) in rows}
    connection.execute(f"set disabled_optimizers = '{','.join(o for o in optimizers if o in known)}'")
