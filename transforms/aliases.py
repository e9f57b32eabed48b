"""The alias table: which keys of a body may hold which canonical field. Data, not code (``sql/staging/aliases.csv``).

From it come, for each scope (``envelope``, ``transaction``, ``line``, ``alert``, ``sync``):

- the structure that ``from_json`` reads a body into, one parse for all aliases, and
- two macros a field: ``<scope>_<field>(f, is_flat)`` gives the text of the first alias that is present, and
  ``<scope>_<field>_path(object, is_flat)`` gives that alias's path, for error messages; it reads the object's JSON
  again, so that nothing is kept ready for it (of an envelope it takes ``f``: each body needs some); but
- for a line ``line(f)``, a struct of the texts of all its fields, and ``clean_line(f)``, the same of a line without
  objects, arrays and texts with blanks around them.

A user adds aliases in ``<data dir>/aliases.csv``: the same columns, appended after the built-in ones.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ingest.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

COLUMNS = ("scope", "field", "path", "unit")
UNITS = ("", "cents", "container", "string")
_SEGMENT = re.compile(r"(?P<key>[^.\[\]\"]+)(?P<first>\[0\])?")


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

    @property
    def accessor(self) -> str:
        """The SQL that reads this alias from the struct ``f``."""
        return "f" + "".join(f'."{key}"' + ("[1]" if first else "") for key, first in self.segments)

    def value(self, text: str = "clean({})") -> str:
        """Return the SQL of this alias's value as text; NULL when it is absent.

        Args:
            text: What makes a value of a text, a number or a word of JSON.
        """
        match self.unit:
            case "container":
                return f"container({self.accessor})"
            case "string":
                return f"json_string({self.accessor})"
            case "cents":
                return f"{text.format(self.accessor)} || '¢'"
            case _:
                return text.format(self.accessor)


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

    def macros(self) -> list[str]:
        """Return the ``create macro`` statements of every field."""
        envelope_keys = {alias.segments[0][0] for alias in self._of("envelope")}
        statements: list[str] = []
        for scope in self.scopes():
            fields: dict[str, list[Alias]] = {}
            for alias in self._of(scope):
                fields.setdefault(alias.field, []).append(alias)
            if scope == "line":
                statements.extend(_line_macros(fields))
                continue
            # Without a data object the body itself is read, less its envelope keys.
            hidden = set() if scope == "envelope" else envelope_keys
            for field, aliases in fields.items():
                statements.extend(_macros_of(scope, field, aliases, hidden))
        return statements

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


def _macros_of(scope: str, field: str, aliases: list[Alias], hidden: set[str]) -> list[str]:
    values, paths = [], []
    for alias in aliases:
        shown = "not is_flat and " if alias.segments[0][0] in hidden else ""
        values.append(f"case when not is_flat then {alias.value()} end" if shown else alias.value())
        paths.append(f"when {shown}{alias.value('scalar({})')} is not null then '.{alias.path}'")
    name, path = f"{scope}_{field}", f"case {' '.join(paths)} end"
    of_value = f"create or replace macro {name}(f, is_flat) as coalesce({', '.join(values)}, null)"
    if scope == "envelope":
        return [of_value, f"create or replace macro {name}_path(f, is_flat) as {path}"]
    read = f"list_transform([object], lambda o: from_json(o, getvariable('{scope}_structure')))"
    return [
        of_value,
        f"create or replace macro {name}_path(object, is_flat) as list_transform({read}, lambda f: {path})[1]",
    ]


def _line_macros(fields: Mapping[str, list[Alias]]) -> Iterator[str]:
    # `clean` takes more steps, and each step costs a list much more than it costs rows.
    for name, text in (("line", "text(scalar({}))"), ("clean_line", "{}")):
        values = (
            f"{field} := coalesce({', '.join(alias.value(text) for alias in aliases)}, null)"
            for field, aliases in fields.items()
        )
        yield f"create or replace macro {name}(f) as struct_pack({', '.join(values)})"
