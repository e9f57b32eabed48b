"""Search the rows of every file that compresses them for a person: DuckDB's, Parquet and SQLite."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from cbw.data_dir import PUBLISHED, REJECTS, WORKING_COPY
from cbw.duck import literal
from ingest.inbox.reader import list_inboxes
from transforms.store.files import FILES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cbw.settings import Settings
    from transforms.privacy.person import Person
    from transforms.store.store import Store

BATCH_ROWS = 5_000
# A text without these characters names no address, in any spelling.
_POSSIBLE = "[@\\\\%&]"


def search_rows(store: Store, settings: Settings, person: Person) -> dict[str, int]:
    """Return the number of values that name a person, for each file that holds one: its path below the directory."""
    counts: dict[str, int] = {}
    for path, value in _values(store, settings):
        if person.count_in(value):
            name = path.relative_to(settings.data_dir).as_posix()
            counts[name] = counts.get(name, 0) + 1
    return counts


def _values(store: Store, settings: Settings) -> Iterator[tuple[Path, bytes]]:
    data_dir = settings.data_dir
    for name, file in FILES.items():
        yield from ((data_dir / file, value) for value in _of_catalog(store, name))
    for path in [data_dir / WORKING_COPY, *sorted((data_dir / PUBLISHED).glob("*.duckdb"))]:
        with _attached(store, path) as name:
            yield from ((path, value) for value in _of_catalog(store, name))
    for path in sorted(data_dir.rglob("*.parquet")):
        source = f"read_parquet({literal(str(path))}, hive_partitioning = false)"
        yield from ((path, value) for value in _of_relation(store, source))
    for path in [*list_inboxes(settings.inbox_dir), data_dir / REJECTS]:
        if path.exists():
            yield from ((path, value) for value in _of_sqlite(path))


@contextmanager
def _attached(store: Store, path: Path) -> Iterator[str]:
    """Attach a DuckDB file to read it, unless the store has attached it already, and yield its name."""
    row = store.connection.execute(
        "select database_name from duckdb_databases() where path = ?", [str(path)]
    ).fetchone()
    if row is not None:
        yield str(row[0])
        return
    store.attach("searched", path, is_read_only=True)
    try:
        yield "searched"
    finally:
        store.connection.execute("detach searched")


def _of_catalog(store: Store, catalog: str) -> Iterator[bytes]:
    tables = store.connection.execute(
        "select table_name from duckdb_tables() where database_name = ? order by all", [catalog]
    ).fetchall()
    for (table,) in tables:
        yield from _of_relation(store, f"{catalog}.main.{table}")


def _of_relation(store: Store, relation: str) -> Iterator[bytes]:
    """Yield each text and each sequence of bytes that may name an address."""
    columns = store.connection.execute(f"select column_name, column_type from (describe from {relation})")
    for column, kind in columns.fetchall():
        if kind == "BLOB":
            query = f'select "{column}" from {relation} where "{column}" is not null'
        elif any(text in kind for text in ("VARCHAR", "JSON", "ENUM")):
            text = f'cast("{column}" as varchar)'
            query = f"select encode({text}) from {relation} where regexp_matches({text}, '{_POSSIBLE}')"
        else:
            continue
        cursor = store.connection.cursor()
        rows = cursor.execute(query)
        while batch := rows.fetchmany(BATCH_ROWS):
            yield from (value for (value,) in batch)


def _of_sqlite(path: Path) -> Iterator[bytes]:
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        tables = connection.execute("select name from sqlite_schema where type = 'table'").fetchall()
        for (table,) in tables:
            for row in connection.execute(f'select * from "{table}"'):
                yield from (value for value in map(_as_bytes, row) if value)


def _as_bytes(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    return value.encode() if isinstance(value, str) else b""
