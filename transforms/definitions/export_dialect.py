"""The alias table and the word lists of the models, as an import of exports needs them in Python."""

from __future__ import annotations

import csv
from functools import cache
from typing import TYPE_CHECKING

from ingest.exports.dialect import Dialect, TransactionType
from transforms.definitions.vocabulary import DIRECTORY, ROLES, TRANSACTION_TYPES, folded

if TYPE_CHECKING:
    from transforms.definitions.aliases import AliasTable


def export_dialect(table: AliasTable) -> Dialect:
    """Return the dialect of a transaction's aliases, the owner's among them."""
    fields = table.fields("transaction")
    keys = {
        name: tuple(alias.path for alias in aliases if len(alias.segments) == 1 and not alias.segments[0][1])
        for name, aliases in fields.items()
    }
    return Dialect(
        {name: own for name, own in keys.items() if name != "lines"},
        frozenset(keys["lines"]),
        frozenset(alias.segments[0][0] for aliases in fields.values() for alias in aliases),
        transaction_type,
        role,
    )


@cache
def transaction_type(word: str) -> TransactionType | None:
    """Return the meaning of a transaction type, as the macro ``transaction_type_of`` does."""
    said = folded(word)
    for pattern, is_open, known in _transaction_types():
        is_match = said.startswith(pattern) if is_open else f"{said}_".startswith(f"{pattern}_")
        if is_match or (not is_open and said.replace("_", "") == pattern.replace("_", "")):
            return known
    return None


@cache
def role(word: str) -> str:
    """Return the role that a word means, as the macro ``role_of`` does."""
    return _roles().get(folded(word), word.upper())


@cache
def _transaction_types() -> list[tuple[str, bool, TransactionType]]:
    rows = sorted(_rows(TRANSACTION_TYPES), key=lambda row: -len(folded(row["pattern"])))
    return [
        (
            folded(row["pattern"]),
            row["pattern"].endswith("*"),
            TransactionType(
                row["transaction_type"],
                row["event_type"] or None,
                row["is_test"] == "yes",
                row["counts"] == "yes",
            ),
        )
        for row in rows
    ]


@cache
def _roles() -> dict[str, str]:
    return {folded(row["word"]): row["role"] for row in _rows(ROLES)}


def _rows(name: str) -> list[dict[str, str]]:
    with (DIRECTORY / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
