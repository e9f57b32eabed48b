"""The alias table: which keys of a body may hold which canonical field. Data, not code (``sql/staging/aliases.csv``).

It has scopes: ``envelope``, ``transaction``, ``line``, ``alert``, ``sync``. From a scope's aliases come the structure
that ``from_json`` reads an object into, one parse for all of them, and the macros of `alias_macros`.

A user adds aliases in ``<data dir>/aliases.csv``: the same columns, appended after the built-in ones.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cbw.data_dir import USER_ALIASES
from cbw.errors import ConfigurationError
from transforms.definitions.sql_file import SQL_DIR

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from cbw.settings import Settings

COLUMNS = ("scope", "field", "path", "unit")
UNITS = ("", "cents", "container", "string")
_SEGMENT = re.compile(r"(?P<key>[^.\[\]\"*]+)(?P<first>\[0\])?")


@dataclass(frozen=True, slots=True)
class Alias:
    """One key under which a sender may put a field.

    Attributes:
        scope: Which object is read.
        field: The canonical name.
        path: Dotted path inside that object; ``[0]`` after a key takes an array's first element.
        unit: ``cents`` for amounts in cents, ``container`` for objects and arrays, ``string`` for JSON strings only.
    """

    scope: str
    field: str
    path: str
    unit: str

    @property
    def segments(self) -> list[tuple[str, bool]]:
        """The keys of the path, each with whether its first element is meant."""
        return [(match["key"], match["first"] is not None) for match in _SEGMENT.finditer(self.path)]


@dataclass(frozen=True, slots=True)
class AliasTable:
    """All aliases, in the order in which they are tried."""

    aliases: tuple[Alias, ...]

    @classmethod
    def from_files(cls, *paths: Path) -> AliasTable:
        """Read the built-in table and then the user's; a file that does not exist holds nothing.

        Raises:
            ConfigurationError: A line is not understood; the message names file, line and value.
        """
        found: dict[tuple[str, str, str], Alias] = {}
        scopes: set[str] = set()
        for number, path in enumerate(paths):
            for alias in _read(path):
                if number == 0:
                    scopes.add(f"{alias.scope}.{alias.field}")
                elif f"{alias.scope}.{alias.field}" not in scopes:
                    raise ConfigurationError(
                        f"{path}: there is no field {alias.scope}.{alias.field}",
                        hint="an alias adds a key to a known field; see sql/staging/aliases.csv for their names",
                    )
                found.setdefault((alias.scope, alias.field, alias.path), alias)
        return cls(tuple(found.values()))

    @property
    def fingerprint(self) -> str:
        """A digest that changes when any alias does."""
        return hashlib.sha256(repr(self.aliases).encode()).hexdigest()[:16]

    def scopes(self) -> list[str]:
        """Return the scopes, in order of appearance."""
        return list(dict.fromkeys(alias.scope for alias in self.aliases))

    def structure(self, scope: str) -> str:
        """Return the structure of one scope as ``from_json`` takes it.

        Raises:
            ConfigurationError: One alias needs a key to be a value and another needs it to be an object.
        """
        tree: dict[str, Any] = {}
        for alias in self._of(scope):
            _grow(tree, alias)
        return json.dumps(tree)

    def paths(self) -> list[tuple[str, str]]:
        """Return each path that is read with the scope of the object it starts from; an array's elements are ``[*]``.

        A line stands in the transaction that lists it, where its list may be an array or a single object.
        """
        own = [(alias.scope, alias.path.replace("[0]", "[*]")) for alias in self.aliases]
        lists = [alias.path for alias in self._of("transaction") if alias.unit == "container"]
        lines = [
            ("transaction", f"{path}{element}")
            for path in lists
            for element in (
                "[*]",
                *(f"{each}.{alias.path}" for each in ("", "[*]") for alias in self._of("line")),
            )
        ]
        return list(dict.fromkeys(own + lines))

    def fields(self, scope: str) -> dict[str, list[Alias]]:
        """Return the aliases of each field of a scope, in order of appearance."""
        fields: dict[str, list[Alias]] = {}
        for alias in self._of(scope):
            fields.setdefault(alias.field, []).append(alias)
        return fields

    def _of(self, scope: str) -> Iterable[Alias]:
        return (alias for alias in self.aliases if alias.scope == scope)


def _read(path: Path) -> list[Alias]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise ConfigurationError(f"{path}: the first line must be {','.join(COLUMNS)}")
        return [_checked(path, reader.line_num, row) for row in reader]


def _checked(path: Path, line: int, row: dict[str, str]) -> Alias:
    if None in row or None in row.values():
        raise ConfigurationError(f"{path}, line {line}: must have {len(COLUMNS)} values")
    alias = Alias(**{name: row[name].strip() for name in COLUMNS})
    if alias.unit not in UNITS:
        raise ConfigurationError(
            f"{path}, line {line}: unit {alias.unit!r} is none of {', '.join(UNITS[1:])} or empty"
        )
    spelled = ".".join(key + ("[0]" if first else "") for key, first in alias.segments)
    if spelled != alias.path or not alias.path:
        raise ConfigurationError(
            f"{path}, line {line}: {alias.path!r} is no dotted path such as customer.country"
        )
    return alias


def _grow(tree: dict[str, Any], alias: Alias) -> None:
    *parents, (leaf, first) = alias.segments
    for key, _ in parents:
        _check_case(tree, key, alias)
        tree = tree.setdefault(key, {})
        if not isinstance(tree, dict):
            raise _clash(alias)
    _check_case(tree, leaf, alias)
    kind: Any = "JSON" if alias.unit in {"container", "string"} else "VARCHAR"
    kind = [kind] if first else kind
    if tree.setdefault(leaf, kind) != kind:
        raise _clash(alias)


def _check_case(tree: dict[str, Any], key: str, alias: Alias) -> None:
    """Refuse a key that DuckDB, whose structures do not tell cases apart, would silently take for another."""
    for other in tree:
        if other.lower() == key.lower() and other != key:
            raise ConfigurationError(
                f"alias {alias.path!r} of {alias.scope}.{alias.field} differs from the key {other!r} only in its case",
                hint="keys that differ only in their case cannot be told apart; have the sender spell it as listed",
            )


def _clash(alias: Alias) -> ConfigurationError:
    return ConfigurationError(
        f"alias {alias.path!r} of {alias.scope}.{alias.field} reads a key that another alias reads as another kind"
    )


def read_aliases(settings: Settings) -> AliasTable:
    """Return the built-in alias table and the user's additions.

    Raises:
        ConfigurationError: A line of the user's is not understood.
    """
    return AliasTable.from_files(SQL_DIR / "staging" / "aliases.csv", settings.data_dir / USER_ALIASES)
