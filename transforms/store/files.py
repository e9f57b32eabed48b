"""The private files by name, and a new DuckDB file put in the place of a former one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbw.data_dir import BUILD as BUILD_FILE
from cbw.data_dir import EVENTS as EVENTS_FILE
from cbw.durable import sync
from cbw.errors import WarehouseError

if TYPE_CHECKING:
    from pathlib import Path

# The tables' database, by the name it is attached as.
BUILD = "build"
# The file of each database.
FILES = {"events": EVENTS_FILE, BUILD: BUILD_FILE}


def wal_of(path: Path) -> Path:
    """Return the WAL of a DuckDB file."""
    return path.with_name(f"{path.name}.wal")


def new_build_path(data_dir: Path) -> Path:
    """Return the file that a full build fills, before it takes the place of the tables' file."""
    return data_dir / f"{BUILD}.new.duckdb"


def switch(fresh: Path, path: Path) -> None:
    """Rename a file over the former one, atomically; no process may have either open.

    Raises:
        WarehouseError: One of them still has a WAL: DuckDB would replay it into whichever file has the name.
        OSError: The file cannot be renamed.
    """
    for file in (path, fresh):
        if wal_of(file).exists():
            raise WarehouseError(
                f"{wal_of(file)} was not checkpointed into its file", hint="repeat the command"
            )
    fresh.replace(path)
    sync(path.parent)


def discard(path: Path) -> None:
    """Remove a DuckDB file that is not attached, and its WAL: DuckDB would replay it into the next file of the name."""
    for leftover in (path, wal_of(path)):
        leftover.unlink(missing_ok=True)
