"""Write ``events.duckdb`` again, so that it holds its rows and no other bytes.

A page that an update freed keeps its old bytes. And DuckDB writes whole blocks: the unused end of a block holds old
bytes of the process's memory. So DuckDB does not copy rows from file to file. It writes them to Parquet, which has no
unused ends, closes the old file, releases all freed memory, and makes the new file from the Parquet files alone.
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

# The rows of a row group. DuckDB keeps one in memory until it is full, and its default of 122,880 bodies exceeds a
# small memory limit.
PARQUET_ROWS = 8_192


def compact_events(store: Store) -> None:
    """Replace the file by a copy of its rows, in one rename.

    Safe to kill at any moment, and to repeat. The store goes on with the new file. The disk needs room for the copy and
    for the rows as Parquet.

    Raises:
        WarehouseError: The copy differs, or a WAL was not checkpointed; the file stays as it is.
        duckdb.Error, OSError: The copy could not be written; the file stays as it is.
    """
    path = store.data_dir / EVENTS
    fresh = store.data_dir / f"{EVENTS}.compacting"
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
    """Return the name of each table, its number of rows, and the sum of their hashes."""
    tables = store.connection.execute(
        "select table_name from duckdb_tables() where database_name = ? order by all", [catalog]
    ).fetchall()
    content = "select count(*), coalesce(sum(hash(whole_row)), 0) from {catalog}.main.{name} as whole_row"
    return [(name, *store.one(content.format(catalog=catalog, name=name))) for (name,) in tables]


@contextmanager
def _in_order(store: Store) -> Iterator[None]:
    """Keep the order of rows: a refresh skips the blocks of old rows only where load sequences are in order.

    With one thread: each thread buffers rows beyond DuckDB's memory limit, 600 MB for a million events.
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
            raise WarehouseError(f"{path.name} does not hold the rows of {EVENTS}, which stays as it is")
    finally:
        connection.execute("use memory")
        connection.execute("detach compacted")
    sync(path)
