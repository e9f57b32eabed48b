"""Locate the rows with some refresh keys, in a query's inputs and in its own table."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from transforms.build.near import NO_PLACES
from transforms.definitions.key_hash import hash_column, hash_of, is_hashed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from transforms.build.near import Near
    from transforms.definitions.model import Query

# Suffixes of keys whose rows a table stores together: days, blocks and buckets.
CONTIGUOUS = ("_date", "block_id", "bucket_id")


class Lookup(NamedTuple):
    """The columns by which a query locates rows.

    Attributes:
        query: The model or check.
        keys: The columns of a relation of keys; a model's own table has the same.
        values: The expression of each of these columns in terms of the refresh key.
        inputs: The columns of each input that hold the keys; an input without is read whole.
        held: The columns of each of the same inputs that hold the refresh key itself.
    """

    query: Query
    keys: tuple[str, ...]
    values: tuple[str, ...]
    inputs: dict[str, tuple[str, ...]]
    held: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, query: Query, columns_of: Callable[[str], Collection[str]], own: str | None = None) -> Lookup:
        """Choose for each key its hash, if every table concerned stores it, or else the key itself.

        Args:
            query: A model or a check.
            columns_of: Returns the columns of a table.
            own: The model's own table.
        """
        rule = query.refresh
        mappings = {name: rule.mapping(name, frozenset(columns_of(name))) for name in query.inputs}
        held = {name: columns for name, columns in mappings.items() if columns is not None}
        tables = [*held.items(), *([] if own is None else [(own, rule.columns)])]
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
            query,
            keys=stored(rule.columns),
            values=tuple(
                hash_of(column) if by_hash else column
                for column, by_hash in zip(rule.columns, hashed, strict=True)
            ),
            inputs={name: stored(columns) for name, columns in held.items()},
            held=held,
        )

    def rows_of(self, name: str, columns: tuple[str, ...], keys: str, near: Near = NO_PLACES) -> str:
        """Return the SELECT of the row numbers of a table's rows with these keys, which reads the key's columns alone.

        Args:
            name: The table.
            columns: The table's columns that hold the keys.
            keys: A relation of keys.
            near: The places of the rows, if known.
        """
        return (
            f"select keyed.rowid as row_number from {name} as keyed"
            f" semi join {keys} as k on {self.match('keyed', columns)}{near.join('keyed', name, columns)}"
        )

    @property
    def is_contiguous(self) -> bool:
        """Whether tables store the rows with one key together, so that locating single rows gains nothing."""
        return len(self.keys) == 1 and self.keys[0].endswith(CONTIGUOUS)

    def match(self, alias: str, columns: tuple[str, ...]) -> str:
        """Return the condition that a row's columns equal those of the keys, whose alias is ``k``."""
        pairs = zip(columns, self.keys, strict=True)
        return " and ".join(f"{alias}.{column} = k.{key}" for column, key in pairs)

    def must_read_whole(self, changed: Collection[str]) -> bool:
        """Return whether a change of one of these relations may concern every row."""
        if not self.query.refresh.columns:
            return True
        known = self.inputs.keys() | self.query.refresh.affected.keys()
        return any(name not in known for name in self.query.inputs & set(changed))

    def touched(self, changed: Mapping[str, str]) -> str:
        """Return the SELECT of the keys in changed rows.

        Args:
            changed: For each relation with changed rows, a relation of these rows; `must_read_whole` is false for all.
        """
        names = sorted(self.query.inputs & changed.keys())
        touched = " union all ".join(f"({self._touched(name, changed[name])})" for name in names)
        shown = ", ".join(f"{value} as {key}" for value, key in zip(self.values, self.keys, strict=True))
        known = " and ".join(f"{column} is not null" for column in self.query.refresh.columns)
        return f"select distinct {shown} from ({touched}) as touched where {known}"

    def keys_of_any(self) -> str:
        """Return the SELECT of all keys in one relation that holds them, for their types; these are the same in all."""
        name = min(self.query.inputs & (self.held.keys() | self.query.refresh.affected.keys()))
        return self.touched({name: name})

    def _touched(self, name: str, rows: str) -> str:
        rule = self.query.refresh
        if name not in self.held:
            return f"with changed as (select * from {rows}) {rule.affected[name]}"
        columns = ", ".join(
            f"{column} as {key}" for column, key in zip(self.held[name], rule.columns, strict=True)
        )
        return f"select {columns} from {rows} as changed"

    def filters(
        self,
        keys: str,
        rows: Mapping[tuple[str, tuple[str, ...]], str] | None = None,
        near: Near = NO_PLACES,
    ) -> dict[str, str]:
        """Return a subquery for each input with its rows for these keys.

        The subquery first locates the row numbers, which reads the key's columns alone; DuckDB then skips the rows
        between them. A join with the keys themselves would read every column of every row. For an input without the
        key, the subquery has the condition of the refresh rule.

        Args:
            keys: A relation of keys.
            rows: For an input and its key columns, a relation of the row numbers, if known.
            near: The places of the rows, if known.
        """
        keyed = {}
        for name, columns in self.inputs.items():
            if self.is_contiguous:
                joined = f"{keys} as k on {self.match('source', columns)}"
            else:
                known = (
                    f"({self.rows_of(name, columns, keys, near)})" if rows is None else rows[name, columns]
                )
                # The places as well: DuckDB compares a row group with row numbers ten times as slowly as with places.
                joined = f"{known} as r on source.rowid = r.row_number{near.join('source', name, columns)}"
            keyed[name] = f"(select source.* from {name} as source semi join {joined})"
        return keyed | {
            name: f"(with keys as (select * from {keys}) select * from {name} where {condition})"
            for name, condition in self.query.refresh.reads.items()
        }
