"""Publish: a new versioned file, made durable, then one atomic switch of the link that readers open.

A reader that holds the old version goes on with it; nobody ever sees a half-made file, and nobody is locked out.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp

from transforms.models import SQL_DIR, Model, ModelGraph, read_header
from transforms.store import STORAGE_VERSION, Store, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

KEEP_VERSIONS = 3
OPERATIONS = ("pipeline_runs", "check_results", "verifications")
# Readers may not write: whoever opens a file for writing locks all others out.
READ_ONLY = 0o444

_VERSION = re.compile(r"warehouse-(\d+)\.duckdb")


@dataclass(frozen=True, slots=True)
class Documentation:
    """What a published table says about itself."""

    grain: str
    columns: dict[str, str]


def publish(store: Store, graph: ModelGraph) -> int:
    """Copy every published table into a new version and switch readers to it.

    Safe to kill at any moment: until the switch, readers have the version before; a half-made file is removed by the
    next publish.

    Returns:
        The number of the new version.

    Raises:
        OSError: The disk is full or not writable; readers keep the version before.
        duckdb.Error: The copy failed; the same.
    """
    directory = store.data_dir / "published"
    directory.mkdir(parents=True, exist_ok=True)
    version = max(versions(store.data_dir), default=0) + 1
    path = directory / f"warehouse-{version}.duckdb"
    unfinished = path.with_suffix(".tmp")
    _clear(directory)
    _write(store, graph, unfinished)
    unfinished.chmod(READ_ONLY)
    _sync(unfinished)
    unfinished.rename(path)
    _sync(directory)
    _switch(store.data_dir, path)
    _prune(store.data_dir)
    return version


def versions(data_dir: Path) -> list[int]:
    """Return the published versions that are on disk, oldest first."""
    found = (_VERSION.fullmatch(path.name) for path in (data_dir / "published").glob("warehouse-*.duckdb"))
    return sorted(int(match[1]) for match in found if match)


def current_version(data_dir: Path) -> int | None:
    """Return the version that readers open now; None before the first publish."""
    link = data_dir / "warehouse.duckdb"
    match = _VERSION.fullmatch(link.readlink().name) if link.is_symlink() else None
    return None if match is None else int(match[1])


@cache
def documentation_of_operations() -> dict[str, Documentation]:
    """Return what the run and check tables say of themselves, from their definitions."""
    found = {}
    for name in OPERATIONS:
        path = SQL_DIR / "operations" / f"{name}.sql"
        text = path.read_text(encoding="utf-8")
        columns = {
            column.name: " ".join(comment for node in column.walk() for comment in node.comments or [])
            for column in sqlglot.parse_one(text, read="duckdb").find_all(exp.ColumnDef)
        }
        found[name] = Documentation(read_header(path, text)[0], columns)
    return found


def _write(store: Store, graph: ModelGraph, path: Path) -> None:
    connection = store.connection
    connection.execute(f"attach {quoted(str(path))} as published (storage_version {quoted(STORAGE_VERSION)})")
    try:
        connection.execute("begin transaction")
        for model in graph.published:
            _copy(store, model.name, _order(model), Documentation(model.grain, model.column_comments))
        for name, documentation in documentation_of_operations().items():
            _copy(store, name, "", documentation)
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        connection.execute("detach published")
        raise
    connection.execute("detach published")


def _order(model: Model) -> str:
    # Reports are read by eye; facts are large, and sorting them would cost more than it gives.
    return f" order by {', '.join(model.key)}" if model.layer == "reports" else ""


def _copy(store: Store, name: str, order: str, documentation: Documentation) -> None:
    store.connection.execute(f"create table published.main.{name} as select * from build.main.{name}{order}")
    for statement in _comments(name, documentation):
        store.connection.execute(statement)


def _comments(name: str, documentation: Documentation) -> Iterable[str]:
    yield f"comment on table published.main.{name} is {quoted(documentation.grain)}"
    for column, text in documentation.columns.items():
        yield f"comment on column published.main.{name}.{column} is {quoted(text.strip())}"


def _switch(data_dir: Path, path: Path) -> None:
    link = data_dir / "warehouse.duckdb"
    fresh = data_dir / "warehouse.duckdb.new"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(path.relative_to(data_dir))
    fresh.replace(link)
    _sync(data_dir)


def _clear(directory: Path) -> None:
    for leftover in (*directory.glob("*.tmp"), *directory.glob("*.wal")):
        leftover.unlink()


def _prune(data_dir: Path) -> None:
    for version in versions(data_dir)[:-KEEP_VERSIONS]:
        (data_dir / "published" / f"warehouse-{version}.duckdb").unlink()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
