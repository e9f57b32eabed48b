"""Find the row that a person names by ``column=value`` pairs, or by values in the order of the key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbw.duck import literal
from cbw.errors import ConfigurationError
from transforms.definitions.key_hash import hash_column, hash_of, stored_hashes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import duckdb

    from transforms.definitions.model import Model

NULL = "NULL"
SHOWN = 5


def find_row(connection: duckdb.DuckDBPyConnection, model: Model, words: Sequence[str]) -> int:
    """Return the ``rowid`` of the row that the words name.

    Args:
        connection: A connection whose search path finds the table.
        model: The model of the table.
        words: ``column=value`` for any columns, or values in the order of the key; ``NULL`` is SQL's null, and
            ``'NULL'`` the text.

    Raises:
        ConfigurationError: A column does not exist, a value does not fit its column, or the words match no row or
            several.
    """
    types = _types(connection, model.name)
    wanted = _pairs(model, words, types)
    for column, text in wanted.items():
        _must_fit(connection, model.name, column, text, types[column])
    equal = (each for column, text in wanted.items() for each in _equal(column, text, types))
    rows = _rows(connection, model, " and ".join(equal) or "true")
    described = ", ".join(f"{column}={NULL if text is None else text}" for column, text in wanted.items())
    if not rows:
        raise ConfigurationError(
            f"no row of {model.name} has {described or 'any value'}", hint=_examples(connection, model)
        )
    if len(rows) > 1:
        raise ConfigurationError(
            f"more than one row of {model.name} has {described or 'any value'}",
            hint=f"give more columns: {_keys(model, rows)}",
        )
    return int(rows[0][0])


def _types(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    cursor = connection.execute(f"select * from {table} limit 0")
    return {column[0]: str(column[1]) for column in cursor.description or []}


def _pairs(model: Model, words: Sequence[str], types: dict[str, str]) -> dict[str, str | None]:
    if all(word.partition("=")[0] in types and "=" in word for word in words):
        return {word.partition("=")[0]: _value(word.partition("=")[2]) for word in words}
    for word in words:
        column, is_pair, _ = word.partition("=")
        if is_pair and column.isidentifier() and column not in types:
            raise ConfigurationError(
                f"{model.name} has no column {column}", hint=f"it has {', '.join(model.shown_columns)}"
            )
    if len(words) > len(model.key):
        raise ConfigurationError(
            f"{len(words)} values, but the key of {model.name} has {len(model.key)} columns",
            hint=f"they are {', '.join(model.key)}",
        )
    return dict(zip(model.key, map(_value, words), strict=False))


def _value(text: str) -> str | None:
    if text == NULL:
        return None
    return text[1:-1] if text == f"'{NULL}'" else text


def _equal(column: str, text: str | None, types: Mapping[str, str]) -> Iterator[str]:
    """Yield conditions with literals: to bind a parameter, DuckDB would import pandas first."""
    if text is None:
        yield f"{column} is null"
        return
    value = f"cast({literal(text)} as {types[column]})"
    if column in stored_hashes(types):
        yield f"{hash_column(column)} = {hash_of(value)}"
    yield f"{column} = {value}"


def _must_fit(
    connection: duckdb.DuckDBPyConnection, table: str, column: str, text: str | None, type_: str
) -> None:
    if text is None:
        return
    [(fits,)] = connection.execute(f"select try_cast({literal(text)} as {type_}) is not null").fetchall()
    if not fits:
        raise ConfigurationError(f"{text!r} is no {type_}, which {table}.{column} is")


def _rows(connection: duckdb.DuckDBPyConnection, model: Model, condition: str) -> list[tuple[Any, ...]]:
    columns = ", ".join(("rowid", *model.key))
    order = ", ".join(model.key)
    return connection.execute(
        f"select {columns} from {model.name} where {condition} order by {order} limit {SHOWN}"
    ).fetchall()


def _examples(connection: duckdb.DuckDBPyConnection, model: Model) -> str:
    rows = _rows(connection, model, "true")
    return f"some that exist: {_keys(model, rows)}" if rows else "the table is empty"


def _keys(model: Model, rows: Sequence[Sequence[Any]]) -> str:
    return "; ".join(
        " ".join(
            f"{column}={NULL if value is None else value}"
            for column, value in zip(model.key, row[1:], strict=True)
        )
        for row in rows
    )
