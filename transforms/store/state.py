"""Facts about the tables, by name, in `build_state`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from cbw.duck import literal

if TYPE_CHECKING:
    import duckdb


def set_state(connection: duckdb.DuckDBPyConnection, name: str, value: object) -> None:
    """Remember a fact about the tables; the caller owns the transaction."""
    forget_state(connection, name)
    connection.execute(f"insert into build.build_state values ({literal(name)}, {literal(str(value))})")


def forget_state(connection: duckdb.DuckDBPyConnection, *names: str) -> None:
    """Forget facts about the tables that do not hold any more; the caller owns the transaction."""
    for name in names:
        connection.execute(f"delete from build.build_state where name = {literal(name)}")


def get_state(connection: duckdb.DuckDBPyConnection, name: str) -> str | None:
    """Return a fact about the tables; None when it was never set."""
    states = dict(connection.execute("select name, value from build.build_state").fetchall())
    return states.get(name)


# What `build_state` calls the last run that the working copy holds; absent while it is behind the tables.
STATE = "working_copy"


# What it calls the last run that the file held when it was made anew.
MADE = "working_copy_made"
