"""The schema version of a private DuckDB file: recorded inside it, brought up to date when it is opened.

The files of ``sql/raw`` and ``sql/operations`` define the present tables and create missing ones. A change to an
existing table is a numbered file: ``sql/migrations/<file>/0002_<change>.sql`` takes version 1 to version 2. A new table
needs none.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cbw.duck import first_row
from cbw.errors import WarehouseError
from transforms.definitions.sql_file import SQL_DIR

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import duckdb

FIRST_VERSION = 1
MIGRATIONS = SQL_DIR / "migrations"
VERSIONS = MIGRATIONS / "schema_versions.sql"


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables that one private file must hold.

    Attributes:
        name: The stem of the file, and the name that it is attached as.
        definitions: The directory of its tables.
        migrations: The directory of the steps from one version to the next; it need not exist.
    """

    name: str
    definitions: Path
    migrations: Path

    @classmethod
    def of(cls, name: str, layer: str) -> Schema:
        """Return the schema of a file by ``sql/``."""
        return cls(name, SQL_DIR / layer, MIGRATIONS / name)

    @property
    def version(self) -> int:
        """The version that this release writes."""
        return max((number for number, _ in self.steps()), default=FIRST_VERSION)

    def steps(self) -> list[tuple[int, Path]]:
        """Return each migration with the version that it leads to, in order."""
        return sorted((int(path.stem.partition("_")[0]), path) for path in self.migrations.glob("*.sql"))

    def apply(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Create missing tables and migrate old ones; safe to kill at any moment and to repeat.

        Raises:
            WarehouseError: The file was written by a newer release; nothing is changed.
        """
        present = self.version_of(connection)
        if present is not None and present > self.version:
            raise WarehouseError(
                f"{self.name}.duckdb has schema version {present}, and this release knows {self.version}",
                hint="run the release that wrote it, or a newer one",
            )
        connection.execute(f"use {self.name}")
        try:
            if present is not None:
                self._migrate(connection, present)
            self._define(connection, is_fresh=present is None)
        finally:
            connection.execute("use memory")

    def _migrate(self, connection: duckdb.DuckDBPyConnection, present: int) -> None:
        """Take the remaining steps, each in its own transaction: DuckDB alters a table only once in a transaction."""
        for number, path in self.steps():
            if number > present:
                with transaction(connection):
                    _run(connection, VERSIONS)
                    _run(connection, path)
                    _record(connection, number)

    def _define(self, connection: duckdb.DuckDBPyConnection, *, is_fresh: bool) -> None:
        with transaction(connection):
            for path in (VERSIONS, *sorted(self.definitions.glob("*.sql"))):
                _run(connection, path)
            if is_fresh:
                _record(connection, self.version)

    def version_of(self, connection: duckdb.DuckDBPyConnection) -> int | None:
        """Return the version of the attached file; None when it holds no table yet."""
        # Without a parameter: DuckDB imports pandas to bind one, and every start would wait half a second for it.
        attached = connection.execute("select database_name, table_name from duckdb_tables()").fetchall()
        tables = {str(table) for database, table in attached if database == self.name}
        if "schema_versions" not in tables:
            return FIRST_VERSION if tables else None
        row = first_row(connection, f"select max(version) from {self.name}.schema_versions")
        assert row is not None
        return FIRST_VERSION if row[0] is None else int(row[0])


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """Commit the whole block, or nothing of it."""
    connection.execute("begin transaction")
    try:
        yield connection
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")


def _run(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    connection.execute(path.read_text(encoding="utf-8"))


def _record(connection: duckdb.DuckDBPyConnection, version: int) -> None:
    connection.execute(f"insert into schema_versions values ({version}, now())")
