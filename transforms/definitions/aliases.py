"""The alias table: the keys of a body that may hold each canonical field. Data, not code (``sql/staging/aliases.csv``).

Its scopes are ``envelope``, ``transaction``, ``line``, ``alert`` and ``sync``. The aliases of a scope define the
structure into which ``from_json`` reads an object, in one parse for all of them, and the macros of `alias_macros`.

An owner adds aliases in ``<data dir>/aliases.csv``, with the same columns; the models try them after the built-in ones.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from dataclasses import dataclass
from dataclasses import field as attribute
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
        scope: The kind of object that has the key.
        field: The canonical name of the field.
        path: Dotted path inside that object; ``[0]`` after a key means an array's first element.
        unit: ``cents`` for amounts in cents, ``container`` for objects and arrays, ``string`` for JSON strings only.
    """

    scope: str
    field: str
    path: str
    unit: str
    place: str = attribute(default="", compare=False, repr=False)
    """The file and line it was read from."""

    @property
    def line(self) -> str:
        """The line of the file that says it."""
        return f"{self.scope},{self.field},{self.path},{self.unit}"

    @property
    def segments(self) -> list[tuple[str, bool]]:
        """The keys of the path, each with whether ``[0]`` follows it."""
        return [(match["key"], match["first"] is not None) for match in _SEGMENT.finditer(self.path)]


@dataclass(frozen=True, slots=True)
class AliasTable:
    """All aliases, in the order in which the models try them."""

    aliases: tuple[Alias, ...]

    @classmethod
    def from_files(cls, *paths: Path) -> AliasTable:
        """Read the built-in table and then the owner's, if that exists.

        Raises:
            ConfigurationError: A line is wrong or contradicts another; the message names file, line and value.
        """
        aliases: dict[tuple[str, str, str], Alias] = {}
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
                known = aliases.setdefault((alias.scope, alias.field, alias.path), alias)
                if known.unit != alias.unit:
                    raise _contradiction(
                        alias, known, "reads the same key in another unit", _unit_hint(known)
                    )
        return cls(tuple(aliases.values()))

    @property
    def fingerprint(self) -> str:
        """A digest that changes when any alias does."""
        return hashlib.sha256(repr(self.aliases).encode()).hexdigest()[:16]

    def scopes(self) -> list[str]:
        """Return the scopes, in order of appearance."""
        return list(dict.fromkeys(alias.scope for alias in self.aliases))

    def structure(self, scope: str) -> str:
        """Return the structure of one scope as an argument of ``from_json``.

        Raises:
            ConfigurationError: One alias needs a key to be a value, and another needs it to be an object.
        """
        tree = _Tree()
        for alias in self._of(scope):
            tree.add(alias)
        return json.dumps(tree.kinds)

    def paths(self) -> list[tuple[str, str]]:
        """Return each path that the models read, with the scope of its object; ``[*]`` stands for an array's elements.

        A transaction contains its lines, either as an array or as a single object.
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
    alias = Alias(**{name: row[name].strip() for name in COLUMNS}, place=f"{path}, line {line}")
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


class _Tree:
    """The keys of one scope as they grow, each with the alias that first named it."""

    def __init__(self) -> None:
        self.kinds: dict[str, Any] = {}
        self._owners: dict[tuple[str, ...], Alias] = {}
        # The spelling of each key, by its parents and itself in lower case.
        self._leaves: dict[tuple[tuple[str, ...], str], str] = {}

    def add(self, alias: Alias) -> None:
        """Add the keys of one more alias.

        Raises:
            ConfigurationError: Another alias reads one of them as another kind, or spells it in another case.
        """
        *parents, (leaf, first) = alias.segments
        tree, keys = self.kinds, tuple(key for key, _ in alias.segments)
        for depth, (key, _) in enumerate(parents, 1):
            self._own(keys[:depth], alias)
            tree = tree.setdefault(key, {})
            if not isinstance(tree, dict):
                raise self._clash(alias, keys[:depth])
        self._own(keys, alias)
        kind: Any = "JSON" if alias.unit in {"container", "string"} else "VARCHAR"
        kind = [kind] if first else kind
        if tree.setdefault(leaf, kind) != kind:
            raise self._clash(alias, keys)

    def _own(self, keys: tuple[str, ...], alias: Alias) -> None:
        """Refuse a key that differs from another only in its case: DuckDB's structures cannot hold both."""
        leaf = self._leaves.setdefault((keys[:-1], keys[-1].lower()), keys[-1])
        if leaf != keys[-1]:
            known = self._owners[(*keys[:-1], leaf)]
            hint = f"have the sender spell the key as {known.path}: such keys cannot be told apart"
            raise _contradiction(alias, known, "names a key that differs only in its case", hint)
        self._owners.setdefault(keys, alias)

    def _clash(self, alias: Alias, keys: tuple[str, ...]) -> ConfigurationError:
        known, name = self._owners[keys], ".".join(keys)
        return _contradiction(alias, known, f"reads {name} as another kind", _kind_hint(alias, known, name))


def _kind_hint(alias: Alias, known: Alias, name: str) -> str:
    """Return the line to write instead of one that reads a key as another kind."""
    start = f"{alias.scope},{alias.field}"
    if known.path == f"{alias.path}[0]":
        return f"to read the first element, write {start},{known.path},{alias.unit}"
    if known.unit == "container":
        return "to read a field of its lines, write line,FIELD,KEY, with one of the fields of the scope line"
    if known.path == name:
        return f"to read the value, write {start},{name},{alias.unit}"
    return f"to read a value inside, write {start},{name}.KEY,{alias.unit} with the key that holds it"


def _unit_hint(known: Alias) -> str:
    return f"to read it as we do, leave your line out or write {known.line}; else have the sender give it another key"


def _contradiction(alias: Alias, known: Alias, how: str, hint: str) -> ConfigurationError:
    return ConfigurationError(
        f"{alias.place}: {alias.line} contradicts {known.line} ({known.place}), which {how}", hint=hint
    )


def read_aliases(settings: Settings) -> AliasTable:
    """Return the built-in aliases and the owner's.

    Raises:
        ConfigurationError: A line of the owner's file is wrong.
    """
    return AliasTable.from_files(SQL_DIR / "staging" / "aliases.csv", settings.data_dir / USER_ALIASES)
