"""Put a new DuckDB file in the place of a former one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbw.durable import sync
from cbw.errors import WarehouseError

if TYPE_CHECKING:
    from pathlib import Path


def switch(fresh: Path, path: Path) -> None:
    """Give a file the name of the former one, at once; nobody may have either open.

    Raises:
        WarehouseError: One of them has a log still, which would be replayed into whichever file has the name.
        OSError: It could not be renamed.
    """
    for file in (path, fresh):
        log = file.with_name(f"{file.name}.wal")
        if log.exists():
            raise WarehouseError(f"{log} was not folded into its file", hint="repeat the command")
    fresh.replace(path)
    sync(path.parent)


# The file of the tables, and the name it is attached as.
BUILD = "build"


def new_build_path(data_dir: Path) -> Path:
    """Return where a full build makes its file."""
    return data_dir / f"{BUILD}.new.duckdb"


def discard(path: Path) -> None:
    """Remove a DuckDB file that is not attached, and its log, which would be replayed into the next of that name."""
    for leftover in (path, path.with_name(f"{path.name}.wal")):
        leftover.unlink(missing_ok=True)
