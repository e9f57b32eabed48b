"""The words of bodies that mean something to models: data, not code (``sql/staging/*.csv``), made into SQL macros.

- ``transaction_types.csv``: which event a transaction type belongs to, and whether it counts. The macro
  ``transaction_type_of(x)`` is a struct of the line that matches, or NULL for a label that matches none.
- ``roles.csv``: how senders spell the roles. ``role_of(x)`` is the role, or the word in upper case.
- ``minor_units.csv``: how many decimal places ISO 4217 gives a currency, where these are not two.
  ``currency_places(x)`` is the number as text; empty for two.
- ``sources.csv``: which source's telling of a field comes first where several tell one transaction.
  ``source_rank(x)`` is its place, the best 1.

Words are compared folded: letters and digits in upper case, all between them one underscore. A transaction type matches
a pattern whose folded words it starts with (``SUBSCRIPTION-CHG 7->9`` matches ``SUBSCRIPTION-CHG``) or that it equals
without any separators (``CancelRebill``); a ``*`` at the end of a pattern stands for the rest of a word. The longest
pattern wins.
"""

from __future__ import annotations

import csv
import re

from cbw.duck import literal
from transforms.definitions.sql_file import SQL_DIR

DIRECTORY = SQL_DIR / "staging"
TRANSACTION_TYPES = "transaction_types.csv"
ROLES = "roles.csv"
MINOR_UNITS = "minor_units.csv"
SOURCES = "sources.csv"
_SEPARATORS = re.compile(r"[^A-Z0-9]+")


def vocabulary_macros() -> list[str]:
    """Return the ``create macro`` statements of every word list."""
    return [_transaction_types(), _roles(), _currency_places(), _source_rank()]


def vocabulary_text() -> str:
    """Return the word lists as they are, for a digest."""
    return "".join(
        (DIRECTORY / name).read_text("utf-8") for name in (TRANSACTION_TYPES, ROLES, MINOR_UNITS, SOURCES)
    )


def folded(word: str) -> str:
    """Return the words of a text in upper case with one underscore between them."""
    return _SEPARATORS.sub("_", word.upper()).strip("_")


def _transaction_types() -> str:
    rows = sorted(_rows(TRANSACTION_TYPES), key=lambda row: -len(folded(row["pattern"])))
    # The commonest spellings are compared before anything is folded.
    plain = (f"when {literal(row['pattern'])} then {_struct(row)}" for row in reversed(rows))
    matches = (f"when {_is_match(row['pattern'])} then {_struct(row)}" for row in rows)
    return _macro(
        "transaction_type_of",
        f"case when x is not null then case x {' '.join(plain)}"
        f" else list_transform([folded(x)], lambda w: case {' '.join(matches)} end)[1] end end",
    )


def _is_match(pattern: str) -> str:
    """Return the condition on a folded word ``w``."""
    words = folded(pattern)
    if pattern.endswith("*"):
        return f"starts_with(w, {literal(words)})"
    joined = words.replace("_", "")
    return f"starts_with(w || '_', {literal(words + '_')}) or replace(w, '_', '') = {literal(joined)}"


def _struct(row: dict[str, str]) -> str:
    event_type = literal(row["event_type"] or None)
    return (
        f"struct_pack(event_type := cast({event_type} as varchar),"
        f" transaction_type := {literal(row['transaction_type'])},"
        f" is_test := {_boolean(row['is_test'])}, counts := {_boolean(row['counts'])})"
    )


def _boolean(word: str) -> str:
    return {"yes": "true", "no": "false"}[word]


def _roles() -> str:
    rows = _rows(ROLES)
    plain = (f"when {literal(row['word'])} then {literal(row['role'])}" for row in rows)
    words = (f"when {literal(folded(row['word']))} then {literal(row['role'])}" for row in rows)
    return _macro(
        "role_of", f"case x {' '.join(plain)} else case folded(x) {' '.join(words)} else upper(x) end end"
    )


def _currency_places() -> str:
    places = (f"when {literal(row['currency'])} then {literal(row['places'])}" for row in _rows(MINOR_UNITS))
    return _macro("currency_places", f"case x {' '.join(places)} else '' end")


def _source_rank() -> str:
    ranks = (f"when {literal(row['source'])} then {int(row['rank'])}" for row in _rows(SOURCES))
    return _macro("source_rank", f"case x {' '.join(ranks)} end")


def _macro(name: str, expression: str) -> str:
    return f"create or replace macro {name}(x) as {expression}"


def _rows(name: str) -> list[dict[str, str]]:
    with (DIRECTORY / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
