"""Read the published warehouse: ``warehouse.connect()`` for notebooks, scripts and our own commands.

A plain ``duckdb.connect("data/warehouse.duckdb")`` in a long-lived process goes on showing the version it opened
first: DuckDB keeps one instance per path. This reader attaches the versioned file behind the link, and attaches the
next one when a new version was published.
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

# A version may be pruned between reading the link and opening the file; the link then points to a newer one.
_ATTEMPTS = 5


def connect(path: str | Path | None = None) -> Warehouse:
    """Open the published warehouse for reading.

    Args:
        path: ``warehouse.duckdb`` or the data directory; None means ``$CBW_DATA_DIR``, else ``./data``.

    Raises:
        WarehouseError: Nothing was published there yet.
    """
    place = Path(path if path is not None else os.environ.get("CBW_DATA_DIR", "data"))
    return Warehouse(place / WAREHOUSE if place.is_dir() else place)


class Warehouse:
    """The newest published version, always; never locked, never half-built. For one thread at a time.

    Args:
        path: The link that is switched at each publish.

    Raises:
        WarehouseError: There is no file behind it.
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
        """Let the file go."""
        self._connection.close()

    @property
    def file(self) -> Path:
        """The versioned file that queries read now."""
        assert self._attached is not None
        return self._attached

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """DuckDB's own connection, on the version attached now: what must not go on to a newer one between queries."""
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
        """Go on to the newest version; return whether there was a newer one.

        Raises:
            WarehouseError: There is no file behind the link.
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
