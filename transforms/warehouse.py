"""Read the published warehouse: ``warehouse.connect()`` for notebooks, scripts and our own commands.

A plain ``duckdb.connect("data/warehouse.duckdb")`` in a long-lived process keeps showing the version that it opened
first, because DuckDB keeps one instance per path. This reader attaches the versioned file that the link points to, and
attaches the next one after a publish.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import duckdb

from cbw.data_dir import WAREHOUSE
from cbw.errors import WarehouseError
from transforms.store.optimizers import UNSAFE, leave_out

if TYPE_CHECKING:
    import pandas as pd

# A publish may prune a version between our reading the link and opening the file; the link then points to a newer one.
_ATTEMPTS = 5


def connect(path: str | Path | None = None) -> Warehouse:
    """Open the published warehouse for reading.

    Args:
        path: ``warehouse.duckdb`` or the data directory; None means ``$CBW_DATA_DIR``, else ``./data``.

    Raises:
        WarehouseError: No version is published there yet.
    """
    place = Path(path if path is not None else os.environ.get("CBW_DATA_DIR", "data"))
    return Warehouse(place / WAREHOUSE if place.is_dir() else place)


class Warehouse:
    """A reader that always sees the newest published version, whole and without locks; for one thread at a time.

    Args:
        path: The link that each publish switches.

    Raises:
        WarehouseError: The link points to no file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = duckdb.connect(":memory:")
        self._attached: Path | None = None
        self._connection.execute("set timezone = 'UTC'")  # the same text on every machine
        leave_out(self._connection, *UNSAFE)
        try:
            self.refresh()
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection, and with it the attached version."""
        self._connection.close()

    @property
    def file(self) -> Path:
        """The versioned file attached now."""
        assert self._attached is not None
        return self._attached

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """DuckDB's own connection: for several queries that must all read the version attached now."""
        return self._connection

    def sql(self, query: str, parameters: list[Any] | None = None) -> pd.DataFrame:
        """Return a query's rows as a DataFrame, from the newest version."""
        return self.execute(query, parameters).df()

    def rows(self, query: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
        """Return a query's rows as tuples, from the newest version."""
        return self.execute(query, parameters).fetchall()

    def execute(self, query: str, parameters: list[Any] | None = None) -> duckdb.DuckDBPyConnection:
        """Run a query on the newest version and return DuckDB's own cursor.

        Raises:
            duckdb.Error: The query is wrong.
        """
        self.refresh()
        return self._connection.execute(query, parameters)

    def refresh(self) -> bool:
        """Attach the newest version; return whether it is newer than the one attached before.

        Raises:
            WarehouseError: The link points to no file.
            duckdb.Error: The file cannot be read.
        """
        for _ in range(_ATTEMPTS):
            newest = self.path.resolve()
            if newest == self._attached:
                return False
            try:
                self._attach(newest)
            except duckdb.IOException:
                if newest.exists():
                    raise
            else:
                return True
        raise WarehouseError(
            f"there is no published warehouse at {self.path}",
            hint="`cbw refresh` builds one; `cbw demo` shows one with invented data",
        )

    def _attach(self, newest: Path) -> None:
        target = str(newest).replace("'", "''")
        self._connection.execute("use memory")
        self._connection.execute("detach database if exists warehouse")
        self._attached = None
        self._connection.execute(f"attach '{target}' as warehouse (read_only)")
        self._connection.execute("use warehouse")
        self._attached = newest
