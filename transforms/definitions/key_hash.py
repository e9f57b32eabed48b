"""The hashes by which DuckDB locates text keys; private tables store them next to the keys.

A refresh locates a few keys in tables of millions of rows, some hundred times, and DuckDB reads a hash of 32 bits in a
sixth of the time of the text. A refresh recomputes two keys with one hash together, and the unchanged one comes out the
same: the tables never depend on the hash. Readers never see it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Suffixes of keys that are short already, and that DuckDB compresses well: dates, row numbers and hashes.
SHORT = ("_date", "_id", "_hash")
HASH_TYPE = "UINTEGER"


def is_hashed(column: str) -> bool:
    """Return whether DuckDB locates a refresh key of this name by its hash."""
    return not column.endswith(SHORT)


def hash_column(column: str) -> str:
    """Return the name of the column that holds a key's hash."""
    return f"{column}_hash"


def hash_of(column: str) -> str:
    """Return the expression of a key's hash."""
    return f"cast(hash({column}) >> 32 as {HASH_TYPE.lower()})"


def stored_hashes(types: Mapping[str, str]) -> dict[str, str]:
    """Return the columns of a table that are stored with their hash, each with its type.

    Args:
        types: DuckDB's name for the type of each column.
    """
    return {column: type_ for column, type_ in types.items() if types.get(hash_column(column)) == HASH_TYPE}


def with_hashes(sql: str, columns: Iterable[str]) -> str:
    """Return a SELECT of the columns of ``sql`` followed by the hash of each of ``columns``."""
    hashes = "".join(f", {hash_of(f'model_rows.{column}')} as {hash_column(column)}" for column in columns)
    return f"select model_rows.*{hashes} from ({sql}\n) as model_rows" if hashes else sql
