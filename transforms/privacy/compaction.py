"""Write ``events.duckdb`` anew, so that nothing is in it but its rows.

A page that an update freed goes on holding what was in it. And DuckDB writes whole blocks: the unused end of one holds
what was in that piece of the process's memory before. So rows do not go from file to file. They go through Parquet,
which is written to the byte; then the old file is let go, with all memory that was freed, and the new one is made from
nothing else.
"""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cbw.data_dir import EVENTS
from cbw.duck import literal
from cbw.durable import sync
from cbw.errors import WarehouseError
from transforms.store.files import discard, switch
from transforms.store.store import STORAGE_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from transforms.store.store import Store

# In a row group. It waits in memory until it is full, and DuckDB's 122,880 bodies are more than a small limit allows.
PARQUET_ROWS = 8_192


def compact_events(store: Store) -> None:
    """Replace the file by a copy of what it holds, in one rename.

    Safe to kill at any moment, and to repeat. The store goes on with the new file. Beside the file it takes room for
    the copy, and for the rows as Parquet.

    Raises:
        WarehouseError: The copy holds something else, or a log was not folded; the file stays.
        duckdb.Error, OSError: It could not be written; the same.
    """
    path = store.data_dir / EVENTS
    fresh = store.data_dir / "events.duckdb.compacting"
    rows = store.data_dir / "events.compacting"
    _clear(fresh, rows)
    with _in_order(store):
        try:
            content = _content(store, "events")
            store.connection.execute("checkpoint events")
            options = f"format parquet, row_group_size {PARQUET_ROWS}"
            store.connection.execute(f"export database events to {literal(str(rows))} ({options})")
            store.detach("events")
            store.release_memory()
            _make(store, fresh, rows, content)
            switch(fresh, path)
        finally:
            store.detach("events")
            store.attach("events")
            store.use_tables()
            _clear(fresh, rows)


def _clear(fresh: Path, rows: Path) -> None:
    discard(fresh)
    if rows.exists():
        shutil.rmtree(rows)


def _content(store: Store, catalog: str) -> list[tuple[str, int, int]]:
    """Return the name of each table, how many rows it has, and the sum of their hashes."""
    tables = store.connection.execute(
        "select table_name from duckdb_tables() where database_name = ? order by all", [catalog]
    ).fetchall()
    content = "select count(*), coalesce(sum(hash(whole_row)), 0) from {catalog}.main.{name} as whole_row"
    return [(name, *store.one(content.format(catalog=catalog, name=name))) for (name,) in tables]


@contextmanager
def _in_order(store: Store) -> Iterator[None]:
    """Keep the order of rows: load sequences in order are what makes a refresh skip the blocks of old rows.

    With one thread: each buffers rows beyond DuckDB's memory limit, of a million events 600 MB.
    """
    store.connection.execute("set preserve_insertion_order = true")
    store.use_threads(1)
    try:
        yield
    finally:
        store.use_threads(None)
        store.connection.execute("set preserve_insertion_order = false")


def _make(store: Store, path: Path, rows: Path, content: list[tuple[str, int, int]]) -> None:
    connection = store.connection
    connection.execute(
        f"attach {literal(str(path))} as compacted (storage_version {literal(STORAGE_VERSION)})"
    )
    try:
        connection.execute("use compacted")
        connection.execute(f"import database {literal(str(rows))}")
        if _content(store, "compacted") != content:
            raise WarehouseError(f"{path.name} does not hold what events.duckdb holds, which stays as it is")
    finally:
        connection.execute("use memory")
        connection.execute("detach compacted")
    sync(path)
