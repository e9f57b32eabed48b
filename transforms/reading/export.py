"""Export published tables as Parquet or CSV files with a manifest that describes them.

An export reads one version throughout, even if a run publishes the next meanwhile. The same version gives the same
bytes: DuckDB writes each table in the order of its key, and no file holds the time of the export.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cbw.data_dir import SPILL
from cbw.duck import literal
from cbw.durable import sync
from cbw.errors import ConfigurationError, WarehouseError
from transforms.definitions.sql_file import SQL_DIR, read_header
from transforms.reading.cells import safe_sql
from transforms.reading.manifest import ExportedTable, Manifest, files_of_export
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import duckdb

    from cbw.settings import Settings

COPY_OPTIONS = {"parquet": "format parquet, compression zstd", "csv": "format csv, header true"}


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """The tables, the format and the target of an export.

    Attributes:
        directory: The directory to create; an empty one may exist.
        tables: The tables to export; all when empty.
        form: ``parquet`` or ``csv``.
        replace: Whether to replace an earlier export in the directory.
        exact: Whether text cells of CSV stay as they were sent, also those that a spreadsheet would run as a formula.
    """

    directory: Path
    tables: tuple[str, ...] = ()
    form: str = "parquet"
    replace: bool = False
    exact: bool = False

    @property
    def cells(self) -> str:
        """How text cells are written: ``exact``, or ``safe`` for a spreadsheet."""
        return "safe" if self.form == "csv" and not self.exact else "exact"


def export(
    settings: Settings, plan: ExportPlan, on_table: Callable[[str, int], None] = lambda _name, _total: None
) -> Manifest:
    """Write published tables into a new directory, whole or not at all.

    Args:
        settings: The location of the warehouse, and the memory limit for sorting.
        plan: The tables, the format and the target.
        on_table: Called before each table with its name and the number of tables.

    Raises:
        ConfigurationError: A table is unknown, or the directory holds a file that no export wrote.
        WarehouseError: No version is published yet, or the directory cannot be written.
    """
    target = plan.directory.absolute()
    _check_target(target, replace=plan.replace)
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.unfinished")
    with Warehouse(settings.warehouse_path) as warehouse:
        chosen = _chosen(warehouse.connection, plan.tables)
        try:
            unfinished.mkdir(parents=True)
            manifest = _write(warehouse, settings, unfinished, chosen, plan, on_table)
            _put(unfinished, target)
        except OSError as exc:
            raise WarehouseError(f"{target} cannot be written: {exc.strerror or exc}") from exc
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return manifest


def _check_target(directory: Path, *, replace: bool) -> None:
    if not directory.exists():
        return
    if not directory.is_dir():
        raise ConfigurationError(f"{directory} is no directory")
    present = {path.name for path in directory.iterdir()}
    if present and not replace:
        raise ConfigurationError(f"{directory} is not empty", hint="--replace replaces an earlier export")
    if foreign := present - files_of_export(directory):
        raise ConfigurationError(
            f"{directory} holds files that no export wrote: {', '.join(sorted(foreign)[:3])}",
            hint="--replace replaces an earlier export and nothing else",
        )


def _chosen(connection: duckdb.DuckDBPyConnection, tables: Sequence[str]) -> list[str]:
    rows = connection.execute(
        "select table_name from duckdb_tables() where database_name = 'warehouse' order by table_name"
    ).fetchall()
    published = [str(row[0]) for row in rows]
    for name in tables:
        if name not in published:
            raise ConfigurationError(f"there is no table {name}", hint=f"one of {', '.join(published)}")
    return [name for name in published if name in tables] if tables else published


def _write(
    warehouse: Warehouse,
    settings: Settings,
    directory: Path,
    tables: Sequence[str],
    plan: ExportPlan,
    on_table: Callable[[str, int], None],
) -> Manifest:
    connection = warehouse.connection
    spill = directory / SPILL
    connection.execute(f"set memory_limit = {literal(settings.memory_limit)}")
    connection.execute(f"set temp_directory = {literal(str(spill))}")
    exported = []
    for name in tables:
        on_table(name, len(tables))
        exported.append(_copy(connection, name, directory / f"{name}.{plan.form}", plan))
    version = int(warehouse.file.stem.removeprefix("warehouse-"))
    manifest = Manifest(version, _as_of(connection, version), plan.form, exported, plan.cells)
    manifest.write(directory)
    shutil.rmtree(spill, ignore_errors=True)
    sync(directory)
    return manifest


def _copy(connection: duckdb.DuckDBPyConnection, name: str, path: Path, plan: ExportPlan) -> ExportedTable:
    columns = {str(row[0]): str(row[1]) for row in connection.execute(f"describe {name}").fetchall()}
    texts = [column for column, kind in columns.items() if kind == "VARCHAR"] if plan.cells == "safe" else []
    safely = ", ".join(f"{safe_sql(f't.{column}')} as {column}" for column in texts)
    chosen = f"t.* replace ({safely})" if texts else "t.*"
    order = ", ".join(f"t.{column}" for column in _key(name, columns))
    copied = connection.execute(
        f"copy (select {chosen} from {name} as t order by {order}) "
        f"to {literal(str(path))} ({COPY_OPTIONS[plan.form]})"
    ).fetchone()
    assert copied is not None
    sync(path)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    described = [{"name": column, "type": kind} for column, kind in columns.items()]
    return ExportedTable(name, path.name, int(copied[0]), path.stat().st_size, digest, described)


def _key(name: str, columns: dict[str, str]) -> list[str]:
    """Return the key of the table's model; all columns when another release, with another key, published the table."""
    for path in SQL_DIR.glob(f"*/{name}.sql"):
        _, options = read_header(path, path.read_text(encoding="utf-8"))
        key = [part.strip() for part in options.get("key", "").split(",")]
        if set(key) <= columns.keys():
            return key
    return list(columns)


def _as_of(connection: duckdb.DuckDBPyConnection, version: int) -> str | None:
    row = connection.execute(
        "select max(started_at) from pipeline_runs where published_version = ?", [version]
    ).fetchone()
    return None if row is None or row[0] is None else str(row[0].isoformat())


def _put(unfinished: Path, directory: Path) -> None:
    """Rename the finished export into place; move an earlier one out of the way first, and delete it afterwards."""
    if directory.exists() and any(directory.iterdir()):
        earlier = unfinished.with_suffix(".replaced")
        directory.rename(earlier)
        unfinished.rename(directory)
        shutil.rmtree(earlier)
    else:
        unfinished.rename(directory)
    sync(directory.parent)
