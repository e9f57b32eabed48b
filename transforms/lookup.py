"""How the rows with some refresh keys are found in a query's inputs and in its own table."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from transforms.key_hash import hash_column, hash_of, is_hashed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from transforms.models import Query


class Lookup(NamedTuple):
    """The columns by which rows are found.

    Attributes:
        keys: Those of a relation of keys.
        values: What gives each of them out of the refresh key's own columns.
        inputs: For each input that is not read whole, those that hold them; a model's own table has them as the keys.
    """

    keys: tuple[str, ...]
    values: tuple[str, ...]
    inputs: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, query: Query, columns_of: Callable[[str], Collection[str]], own: str | None = None) -> Lookup:
        """Say how: by a key's hash where every table concerned holds it, else by the key itself.

        Args:
            query: A model or a check.
            columns_of: Gives the columns of a table.
            own: The model's own table.
        """
        rule = query.refresh
        found = {name: rule.mapping(name, frozenset(columns_of(name))) for name in query.inputs}
        inputs = {name: columns for name, columns in found.items() if columns is not None}
        tables = [*inputs.items(), *([] if own is None else [(own, rule.columns)])]
        hashed = [
            is_hashed(key)
            and not rule.reads
            and all(hash_column(columns[n]) in columns_of(name) for name, columns in tables)
            for n, key in enumerate(rule.columns)
        ]

        def stored(columns: tuple[str, ...]) -> tuple[str, ...]:
            pairs = zip(columns, hashed, strict=True)
            return tuple(hash_column(column) if by_hash else column for column, by_hash in pairs)

        return cls(
            keys=stored(rule.columns),
            values=tuple(
                hash_of(column) if by_hash else column
                for column, by_hash in zip(rule.columns, hashed, strict=True)
            ),
            inputs={name: stored(columns) for name, columns in inputs.items()},
        )

    def rows_of(self, relation: str, columns: tuple[str, ...], keys: str) -> str:
        """Return the SELECT of the row numbers of a table's rows with these keys, reading the key's columns alone."""
        return (
            f"select keyed.rowid as row_number from {relation} as keyed"
            f" semi join {keys} as k on {self.match('keyed', columns)}"
        )

    def match(self, alias: str, columns: tuple[str, ...]) -> str:
        """Return the condition that a row's columns are those of keys ``k``."""
        pairs = zip(columns, self.keys, strict=True)
        return " and ".join(f"{alias}.{column} = k.{key}" for column, key in pairs)
