"""How the rows with some refresh keys are found in a query's inputs and in its own table."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from transforms.build.near import NOWHERE
from transforms.definitions.key_hash import hash_column, hash_of, is_hashed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from transforms.build.near import Near
    from transforms.definitions.model import Query

# Keys that many rows share, written together: days, and what counts what was loaded together.
SIDE_BY_SIDE = ("_date", "block_id", "bucket_id")


class Lookup(NamedTuple):
    """The columns by which rows are found.

    Attributes:
        query: The model or check that looks for them.
        keys: Those of a relation of keys.
        values: What gives each of them out of the refresh key's own columns.
        inputs: For each input that is not read whole, those that hold them; a model's own table has them as the keys.
        held: For each of the same inputs, those that hold the refresh key's own columns.
    """

    query: Query
    keys: tuple[str, ...]
    values: tuple[str, ...]
    inputs: dict[str, tuple[str, ...]]
    held: dict[str, tuple[str, ...]]

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
        held = {name: columns for name, columns in found.items() if columns is not None}
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

    def rows_of(self, name: str, columns: tuple[str, ...], keys: str, near: Near = NOWHERE) -> str:
        """Return the SELECT of the row numbers of a table's rows with these keys, reading the key's columns alone.

        Args:
            name: The table.
            columns: Those of it that hold the keys.
            keys: A relation of keys.
            near: Where the rows stand, as far as that is known.
        """
        return (
            f"select keyed.rowid as row_number from {name} as keyed"
            f" semi join {keys} as k on {self.match('keyed', columns)}{near.join('keyed', name, columns)}"
        )

    @property
    def is_side_by_side(self) -> bool:
        """Whether a table has the rows with one key side by side, so that looking for each of them is no gain."""
        return len(self.keys) == 1 and self.keys[0].endswith(SIDE_BY_SIDE)

    def match(self, alias: str, columns: tuple[str, ...]) -> str:
        """Return the condition that a row's columns are those of keys ``k``."""
        pairs = zip(columns, self.keys, strict=True)
        return " and ".join(f"{alias}.{column} = k.{key}" for column, key in pairs)

    def must_read_whole(self, changed: Collection[str]) -> bool:
        """Tell whether a change of one of these relations may concern every row."""
        if not self.query.refresh.columns:
            return True
        known = self.inputs.keys() | self.query.refresh.affected.keys()
        return any(name not in known for name in self.query.inputs & set(changed))

    def touched(self, changed: Mapping[str, str]) -> str:
        """Return the SELECT of the keys that changed rows touch.

        Args:
            changed: The rows of each relation that changed, as something to select from; none must be read whole.
        """
        names = sorted(self.query.inputs & changed.keys())
        touched = " union all ".join(f"({self._touched(name, changed[name])})" for name in names)
        shown = ", ".join(f"{value} as {key}" for value, key in zip(self.values, self.keys, strict=True))
        known = " and ".join(f"{column} is not null" for column in self.query.refresh.columns)
        return f"select distinct {shown} from ({touched}) as touched where {known}"

    def keys_of_any(self) -> str:
        """Return the SELECT of all keys in one of the relations that hold them; a key has one type everywhere."""
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
        near: Near = NOWHERE,
    ) -> dict[str, str]:
        """Return what stands for each input: its rows with these keys.

        Their row numbers are looked for first, which reads the key's columns alone; DuckDB then skips what lies between
        those rows. A join with the keys themselves would read every column of every row. Of an input that holds no key,
        it is what the rule says these keys read.

        Args:
            keys: A relation of keys.
            rows: The row numbers of an input's rows with these keys, where they are known.
            near: Where they stand, as far as that is known.
        """
        keyed = {}
        for name, columns in self.inputs.items():
            if self.is_side_by_side:
                joined = f"{keys} as k on {self.match('source', columns)}"
            else:
                known = (
                    f"({self.rows_of(name, columns, keys, near)})" if rows is None else rows[name, columns]
                )
                # The places, too: DuckDB compares row numbers with a block of rows ten times as slowly.
                joined = f"{known} as r on source.rowid = r.row_number{near.join('source', name, columns)}"
            keyed[name] = f"(select source.* from {name} as source semi join {joined})"
        return keyed | {
            name: f"(with keys as (select * from {keys}) select * from {name} where {condition})"
            for name, condition in self.query.refresh.reads.items()
        }
