"""A full build goes into a new file, which takes the place of ``build.duckdb`` when it is finished and checked.

Tables that one transaction makes are scanned by one thread, and part of them waits in memory for the commit. In a file
that nobody reads yet each table is committed as soon as it is made; and what is undone is a file that is deleted.
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
    """Let ``build`` be an empty file that has only the records of runs; the block fills it.

    Afterwards it is ``build.duckdb``, and the former file is gone; when the block raises, the former one is back as it
    was. Safe to kill at any moment: the name is switched at once.

    Args:
        store: The private files; nothing may be planned on them, and no transaction be open.

    Raises:
        duckdb.Error, OSError: The new file could not be written.
    """
    store.connection.execute(f"checkpoint {BUILD}")
    store.detach(BUILD)
    try:
        # Attached all the time, or somebody could open it meanwhile and keep it from coming back.
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
    """Attach the new file, with the records of the former one."""
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
