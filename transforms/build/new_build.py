"""Write a full build into a new file, which replaces ``build.duckdb`` once it is finished and checked.

DuckDB scans a table of an uncommitted transaction with one thread, and keeps part of it in memory until the commit. In
a file that nobody reads yet the build can commit each table at once, and undo everything by deleting the file.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from transforms.store.files import BUILD, FILES, discard, new_build_path, switch
from transforms.store.schema import Schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from transforms.store.store import Store

FORMER = "former"


@contextmanager
def new_build(store: Store) -> Iterator[None]:
    """Attach a new file as ``build``, which holds the records of runs alone; the block builds the tables in it.

    After the block the new file replaces ``build.duckdb``; if the block raises, the former file is attached again
    unchanged. Safe to kill at any moment: one rename replaces the file.

    Args:
        store: The private files, without prepared statements and without an open transaction.

    Raises:
        duckdb.Error, OSError: The new file could not be written.
    """
    store.connection.execute(f"checkpoint {BUILD}")
    store.detach(BUILD)
    try:
        # Detached, the former file would have no lock: another process could open it and prevent its return.
        store.attach(FORMER, store.data_dir / FILES[BUILD])
        _begin(store)
        yield
        store.connection.execute(f"checkpoint {BUILD}")
        store.detach(BUILD)
        store.detach(FORMER)
        switch(new_build_path(store.data_dir), store.data_dir / FILES[BUILD])
    finally:
        store.detach(BUILD)
        store.detach(FORMER)
        discard(new_build_path(store.data_dir))
        store.attach(BUILD)
        store.use_tables()


def _begin(store: Store) -> None:
    """Attach a new file with the records of the former one."""
    discard(new_build_path(store.data_dir))
    schema = Schema.of(BUILD, "operations")
    store.attach(BUILD, new_build_path(store.data_dir))
    schema.apply(store.connection)
    with store.transaction() as connection:
        for path in sorted(schema.definitions.glob("*.sql")):
            connection.execute(
                f"insert into {BUILD}.main.{path.stem} by name select * from {FORMER}.main.{path.stem}"
            )
    store.use_tables()
