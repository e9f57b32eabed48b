"""The SELECT that finds the rows of one relation behind the rows of downstream tables.

At a million events the scans take all the time, so each relation is scanned as few times as possible. To explain a
single row, the query holds its values as literals: DuckDB then skips the row groups that cannot match, by zone map, and
no subquery is correlated. To explain many rows, all edges that compare the same columns share one scan.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from transforms.definitions.key_hash import hash_column, hash_of
from transforms.explain.explain_rule import TARGET_COLUMN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from transforms.explain.explain_rule import Source

# Most rows to explain for which a query first locates the row numbers by hash: DuckDB then skips the rows between them.
FEW = 2000


@dataclass(frozen=True)
class Edge:
    """A step of the lineage, from rows to explain to their rows in one source relation.

    Attributes:
        source: The rule that finds the source rows.
        targets: The relation or subquery of the rows to explain.
        literals: The values of the only row to explain as SQL, with None for NULL; None when there are more rows.
        count: The number of rows to explain.
    """

    source: Source
    targets: str
    literals: Mapping[str, str | None] | None = None
    count: int = 1

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the source relation to compare."""
        return tuple(sorted(self.source.pairs))

    @property
    def where(self) -> str:
        """The condition in addition to the compared columns."""
        return self.source.where or "true"


@dataclass(frozen=True)
class Scan:
    """The joins and the condition after ``from relation as source``.

    Attributes:
        joins: The joins.
        where: The condition.
        is_unique: Whether the scan returns no row twice, because all its joins are semi-joins.
        columns: The columns that alone decide: the scan finds every row that shares their values with one it finds.
            Empty when there are none.
    """

    joins: str
    where: str
    is_unique: bool = True
    columns: tuple[str, ...] = ()

    def has_all_for(self, source: Source) -> bool:
        """Return whether the scan already finds all rows to which ``source`` leads from its rows."""
        if not self.columns or source.where or source.via:
            return False
        return source.pairs == dict(zip(self.columns, self.columns, strict=True))


@dataclass(frozen=True)
class Hashed:
    """The columns of a relation with a stored hash (see `transforms.definitions.key_hash`).

    Attributes:
        relation: Its name.
        types: The type of each column with a stored hash.
    """

    relation: str = ""
    types: Mapping[str, str] = field(default_factory=dict)

    def hash_of(self, column: str, value: str) -> str:
        """Return the expression of the hash that the relation stores for a value of a column."""
        return hash_of(f"cast({value} as {self.types[column]})")


NOTHING_HASHED = Hashed()


def scans(edges: Sequence[Edge], hashed: Hashed = NOTHING_HASHED) -> Iterator[Scan]:
    """Yield the scans of a relation that together find all rows to which the edges lead."""
    plain = sorted(
        (edge for edge in edges if edge.source.is_plain), key=lambda edge: (edge.columns, edge.where)
    )
    for (columns, where), group in groupby(plain, key=lambda edge: (edge.columns, edge.where)):
        same = list(group)
        is_one_row = len(same) == 1 and same[0].literals is not None
        yield _scan_of_one(same[0], hashed) if is_one_row else _scan_of_many(columns, where, same, hashed)
    yield from (_scan_of_one(edge, hashed) for edge in edges if not edge.source.is_plain)


def _scan_of_many(columns: tuple[str, ...], where: str, edges: Sequence[Edge], hashed: Hashed) -> Scan:
    if not columns:
        return Scan("", where)
    deciding = columns if where == "true" else ()
    keys = " union all ".join(f"select {_keys(columns, edge.source)} from {edge.targets}" for edge in edges)
    equal = " and ".join(f"source.{column} is not distinct from target.{column}" for column in columns)
    near = _near(columns, keys, hashed) if sum(edge.count for edge in edges) <= FEW else ""
    return Scan(f"{near}semi join ({keys}) as target on {equal}", where, columns=deciding)


def _near(columns: Sequence[str], keys: str, hashed: Hashed) -> str:
    """Return the semi-join with the rows whose hashes match some key, for which DuckDB reads the hashes alone."""
    known = [column for column in columns if column in hashed.types]
    if not known:
        return ""
    hashes = ", ".join(f"{hashed.hash_of(column, column)} as {hash_column(column)}" for column in known)
    names = ", ".join(hash_column(column) for column in known)
    wanted = f"(select {hashes} from ({keys})) as wanted using ({names})"
    rows = f"select near.rowid as near_rowid from {hashed.relation} as near semi join {wanted}"
    return f"semi join ({rows}) as near on source.rowid = near.near_rowid "


def _keys(compared: Iterable[str], source: Source) -> str:
    return ", ".join(f"{source.pairs[column]} as {column}" for column in compared)


def _scan_of_one(edge: Edge, hashed: Hashed) -> Scan:
    joined = {"via": edge.source.via, "target": edge.targets if edge.literals is None else None}
    joins = " ".join(f"inner join {name} as {alias} on true" for alias, name in joined.items() if name)
    deciding = edge.columns if not joins and edge.source.where is None else ()
    return Scan(
        joins, " and ".join(_conditions(edge, hashed)) or "true", is_unique=not joins, columns=deciding
    )


def _conditions(edge: Edge, hashed: Hashed) -> Iterator[str]:
    literals = edge.literals
    for column, of_target in edge.source.pairs.items():
        if literals is None:
            yield f"source.{column} is not distinct from target.{of_target}"
        else:
            value = literals[of_target]
            if value is not None and column in hashed.types:
                yield f"source.{hash_column(column)} = {hashed.hash_of(column, value)}"
            yield f"source.{column} " + ("is null" if value is None else f"= {value}")
    if where := edge.source.where:
        yield f"({where if literals is None else _with_literals(where, literals)})"


def _with_literals(where: str, literals: Mapping[str, str | None]) -> str:
    return TARGET_COLUMN.sub(lambda match: literals[match[1]] or "null", where)
