"""Detect a private file that is damaged, not only unusable for a moment, and set it aside."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import duckdb

from cbw.duck import literal
from cbw.durable import sync
from transforms.store.files import wal_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# DuckDB 1.5 and 2.0 report changed bytes in these words. A full disk, a lack of memory, a missing permission and a file
# of a newer release have other words, and are no reason to touch a file.
_DAMAGE = re.compile(r"not a valid DuckDB database file|Corrupt |Could not read enough bytes")


def is_damage(error: BaseException | None) -> bool:
    """Tell whether an error, or one of its causes, says that a file is damaged."""
    if error is None:
        return False
    if isinstance(error, duckdb.SerializationException | duckdb.InternalException):
        return True
    return bool(_DAMAGE.search(str(error))) or is_damage(error.__cause__)


def damage_of(path: Path) -> str | None:
    """Read a whole file and return the damage in DuckDB's words; None when the file is sound.

    Raises:
        duckdb.Error: The file cannot be read for another reason.
    """
    with duckdb.connect(":memory:") as connection:
        try:
            connection.execute(f"attach {literal(str(path))} as examined (read_only)")
            for query in _scans(connection):
                connection.execute(query).fetchall()
        except duckdb.Error as exc:
            if is_damage(exc):
                return " ".join(str(exc).split())
            raise
    return None


def _scans(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    tables = connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = 'examined'"
    ).fetchall()
    for schema, table in tables:
        yield f'select count(*), sum(cast(hash(t) as hugeint)) from examined."{schema}"."{table}" as t'


def set_aside(path: Path, why: str) -> Path:
    """Rename a file and its WAL to a name that tells why and when; return that name.

    The WAL stays next to its file, so that DuckDB can still open the two.
    """
    aside = path.with_name(f"{path.name}.{why}-{datetime.now(tz=UTC):%Y%m%dT%H%M%S.%fZ}")
    if wal_of(path).exists():  # first: DuckDB would replay a WAL without its file into the next one
        wal_of(path).rename(wal_of(aside))
    if path.exists():
        path.rename(aside)
    sync(path.parent)
    return aside
