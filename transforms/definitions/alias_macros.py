"""Generate the SQL macros that read an object's values by their aliases.

For each scope of the alias table, where ``f`` is an object as ``from_json`` reads it:

- ``<scope>_first(f, is_flat)``: a struct of all fields, each with the text of the first alias that the object has. That
  is the field's value, unless the text is an object or an array or has blanks around it.
- ``<scope>_values(first, object, is_flat)``: the same struct of final values: it strips blanks, and skips an alias with
  an object or an array. Few objects need this, and for the others it is one test.
- ``<scope>_<field>_path(object, is_flat)``: the path of the alias that counts, for error messages. It reads the JSON
  again, so that nothing is kept ready for it; but of an envelope it takes ``f``, because each body needs some.

- ``<scope>_<field>_is(f, x)``: whether any alias of a field holds ``x``, and not only the one that counts.

A line's macros are ``line(f)`` and ``clean_line(f)``, the second for lines without values to remove,
and ``line_in_minor_units(l, places)``, which marks the amounts in minor units with the decimal places of a currency.

DuckDB plans an expression for each alias separately: so the macros test the value of a field and not of its aliases.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbw.duck import literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from transforms.definitions.aliases import Alias, AliasTable

# Separates the values of a row in one text. A value that contains it costs the careful reading, but stays correct.
_SEPARATOR = "\x1f"


def alias_macros(table: AliasTable) -> list[str]:
    """Return the ``create macro`` statements of every scope."""
    envelope_keys = {alias.segments[0][0] for field in table.fields("envelope").values() for alias in field}
    statements: list[str] = []
    for scope in table.scopes():
        fields = table.fields(scope)
        if scope == "line":
            statements.extend(_line_macros(fields))
        else:
            # A flat body, without a data object, has the fields itself, next to the keys of the envelope.
            hidden = set() if scope == "envelope" else envelope_keys
            statements.extend(_Scope(scope, fields, hidden).macros())
    return statements


class _Scope:
    """The macros of one scope.

    Args:
        name: The scope's name.
        fields: The aliases of each field.
        hidden: The keys of a flat body that belong to the envelope.
    """

    def __init__(self, name: str, fields: Mapping[str, list[Alias]], hidden: set[str]) -> None:
        self._name = name
        self._fields = fields
        self._hidden = hidden
        # The other fields, containers and JSON strings, have a test for each alias.
        self._tested_later = [field for field, aliases in fields.items() if all(map(_is_plain, aliases))]

    def macros(self) -> Iterator[str]:
        """Return the statements."""
        firsts = _pack((field, self._first(field)) for field in self._fields)
        yield f"create or replace macro {self._name}_first(f, is_flat) as {firsts}"
        texts = ", ".join(f"first.{field}" for field in self._tested_later)
        values = _pack((field, self._value(field)) for field in self._fields)
        yield (
            f"create or replace macro {self._name}_values(first, object, is_flat) as case"
            f" when are_clean(concat_ws({literal(_SEPARATOR)}, {texts})) then first"
            f" else list_transform([first], lambda t: {values})[1] end"
        )
        if self._name == "envelope":
            for field in self._fields:
                yield f"create or replace macro envelope_{field}_path(f, is_flat) as {self._path_in_struct(field)}"
        else:
            for field in self._tested_later:
                yield f"create or replace macro {self._name}_{field}_path(object, is_flat) as {self._path(field)}"

        for field in self._tested_later:
            read = ", ".join(_value(alias, "{}") for alias in self._fields[field])
            yield f"create or replace macro {self._name}_{field}_is(f, x) as coalesce(x in ({read}), false)"

    def _first(self, field: str) -> str:
        text = "{}" if field in self._tested_later else "text(scalar({}))"
        values = (self._unless_hidden(alias, _value(alias, text)) for alias in self._fields[field])
        return f"coalesce({', '.join(values)}, null)"

    def _unless_hidden(self, alias: Alias, value: str) -> str:
        return f"case when not is_flat then {value} end" if self._is_hidden(alias) else value

    def _value(self, field: str) -> str:
        if field not in self._tested_later:
            return f"t.{field}"
        in_place = self._of_shown(
            field, lambda aliases: f"first_scalar(object, {_paths(aliases)}, {_marks(aliases)})"
        )
        return f"careful(t.{field}, {in_place})"

    def _path(self, field: str) -> str:
        return self._of_shown(field, lambda aliases: f"first_path(object, {_paths(aliases)})")

    def _is_hidden(self, alias: Alias) -> bool:
        return alias.segments[0][0] in self._hidden

    def _of_shown(self, field: str, sql: Callable[[list[Alias]], str]) -> str:
        """Return the SQL of a field, which reads no hidden alias in a flat body."""
        every = self._fields[field]
        shown = [alias for alias in every if not self._is_hidden(alias)]
        if shown == every:
            return sql(every)
        return f"case when is_flat then {sql(shown) if shown else 'null'} else {sql(every)} end"

    def _path_in_struct(self, field: str) -> str:
        paths = (
            f"when {_value(alias, 'scalar({})')} is not null then {literal(f'.{alias.path}')}"
            for alias in self._fields[field]
        )
        return f"case {' '.join(paths)} end"


def _line_macros(fields: Mapping[str, list[Alias]]) -> Iterator[str]:
    # A test costs much more on the elements of a list than on rows: only `line` tests its values.
    for name, text in (("line", "text(scalar({}))"), ("clean_line", "{}")):
        values = _pack(
            (field, f"coalesce({', '.join(_value(alias, text) for alias in aliases)}, null)")
            for field, aliases in fields.items()
        )
        yield f"create or replace macro {name}(f) as {values}"
    marked = _pack(
        (field, f"in_minor_units(l.{field}, places)" if _has_minor_units(aliases) else f"l.{field}")
        for field, aliases in fields.items()
    )
    yield f"create or replace macro line_in_minor_units(l, places) as {marked}"


def _has_minor_units(aliases: Iterable[Alias]) -> bool:
    return any(alias.unit == "cents" for alias in aliases)


def _is_plain(alias: Alias) -> bool:
    return alias.unit in {"", "cents"}


def _value(alias: Alias, text: str) -> str:
    """Return the SQL of an alias's value in the struct ``f``; NULL when it is absent.

    Args:
        alias: The alias.
        text: A format of SQL that turns a text, a number or a word of JSON into a value.
    """
    read = "f" + "".join(f'."{key}"' + ("[1]" if first else "") for key, first in alias.segments)
    match alias.unit:
        case "container":
            return f"container({read})"
        case "string":
            return f"json_string({read})"
        case "cents":
            return f"{text.format(read)} || '¢'"
        case _:
            return text.format(read)


def _paths(aliases: Iterable[Alias]) -> str:
    """Return the list of the aliases' paths, in DuckDB's syntax for a path in JSON."""
    return _list(
        "$" + "".join(f'."{key}"' + ("[0]" if first else "") for key, first in alias.segments)
        for alias in aliases
    )


def _marks(aliases: Iterable[Alias]) -> str:
    return _list("¢" if alias.unit == "cents" else "" for alias in aliases)


def _pack(values: Iterable[tuple[str, str]]) -> str:
    return f"struct_pack({', '.join(f'{field} := {value}' for field, value in values)})"


def _list(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(literal, texts))}]"
