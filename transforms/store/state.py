"""The state of the tables: values by name, in `build_state`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbw.duck import literal

if TYPE_CHECKING:
    import duckdb

# The last load sequence that the tables include.
WATERMARK = "watermark"
# The digest of the definitions, aliases and zone that the tables were built by.
FINGERPRINT = "fingerprint"
# The version that readers see; absent while the tables hold changes that are not published.
PUBLISHED_VERSION = "published_version"
# The last run that the working copy holds; absent while the working copy is behind the tables.
WORKING_COPY = "working_copy"
# The last run that the working copy held when it was made whole.
WORKING_COPY_MADE = "working_copy_made"


def set_state(connection: duckdb.DuckDBPyConnection, name: str, value: object) -> None:
    """Store a value; the caller owns the transaction."""
    remove_state(connection, name)
    connection.execute(f"insert into build.build_state values ({literal(name)}, {literal(str(value))})")


def remove_state(connection: duckdb.DuckDBPyConnection, *names: str) -> None:
    """Remove values that no longer hold; the caller owns the transaction."""
    for name in names:
        connection.execute(f"delete from build.build_state where name = {literal(name)}")


def get_state(connection: duckdb.DuckDBPyConnection, name: str) -> str | None:
    """Return a value; None when it is not set."""
    states = dict(connection.execute("select name, value from build.build_state").fetchall())
    return states.get(name)
