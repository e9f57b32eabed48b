"""Text keys are looked for by their hash, which is stored beside them.

A refresh looks for a few keys in tables of millions of rows, some hundred times. A hash of 32 bits is read in a sixth
of the time that the text takes. Two keys with one hash are refreshed together, and the one that did not change comes
out as it was: what is kept never depends on the hash. Private tables hold it; readers never see it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Keys that are short already, and that DuckDB packs: dates, row numbers and hashes.
SHORT = ("_date", "_id", "_hash")
HASH_TYPE = "UINTEGER"


def is_hashed(column: str) -> bool:
    """Tell whether a refresh key is looked for by its hash, as its name says."""
    return not column.endswith(SHORT)


def hash_column(column: str) -> str:
    """Return the name of the column that holds a key's hash."""
    return f"{column}_hash"


def hash_of(column: str) -> str:
    """Return the expression of a key's hash."""
    return f"cast(hash({column}) >> 32 as {HASH_TYPE.lower()})"


def stored_hashes(types: Mapping[str, str]) -> dict[str, str]:
    """Return which columns of a stored table have their hash beside them, each with its type.

    Args:
        types: The type of each column, as DuckDB names it.
    """
    return {column: type_ for column, type_ in types.items() if types.get(hash_column(column)) == HASH_TYPE}


def with_hashes(sql: str, columns: Iterable[str]) -> str:
    """Return a SELECT that gives what ``sql`` gives, and the hash of each of these columns behind it."""
    hashes = "".join(f", {hash_of(f'made.{column}')} as {hash_column(column)}" for column in columns)
    return f"select made.*{hashes} from ({sql}\n) as made" if hashes else sql
