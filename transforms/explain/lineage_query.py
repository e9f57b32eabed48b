"""The SELECT that finds the rows of one relation from which rows found below it were computed.

A relation is scanned as seldom as can be, for at a million events the scans are all that takes time. Where one row is
to be explained, its values stand in the query as literals, so that DuckDB passes over what cannot match and sub-queries
depend on nothing outside. Where many are, all that compare the same columns share one scan.
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

# Up to so many rows to explain, rows with their hashes are looked for first: DuckDB then passes over what lies between.
FEW = 2000


@dataclass(frozen=True)
class Way:
    """How rows of one relation lead to rows of another.

    Attributes:
        source: Which rows they lead to.
        targets: What to select the rows to explain from.
        literals: The values of the only row to explain as SQL; None where there are more rows. NULL is None.
        count: How many rows there are to explain.
    """

    source: Source
    targets: str
    literals: Mapping[str, str | None] | None = None
    count: int = 1

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the relation that are compared."""
        return tuple(sorted(self.source.pairs))

    @property
    def where(self) -> str:
        """The condition beside."""
        return self.source.where or "true"


@dataclass(frozen=True)
class Scan:
    """What stands behind ``from relation as source``.

    Attributes:
        joins: Joins.
        where: The condition.
        is_unique: Whether it gives no row twice, because what is joined is looked up alone.
        columns: Columns that alone decide: it finds all rows that share their values with a row it finds. May be none.
    """

    joins: str
    where: str
    is_unique: bool = True
    columns: tuple[str, ...] = ()

    def has_all_for(self, source: Source) -> bool:
        """Tell whether a row that it finds leads, by ``source``, to rows that it finds as well."""
        if not self.columns or source.where or source.via:
            return False
        return source.pairs == dict(zip(self.columns, self.columns, strict=True))


@dataclass(frozen=True)
class Hashed:
    """What a relation holds the hashes of (see `transforms.definitions.key_hash`), and from what it is read.

    Attributes:
        relation: Its name.
        types: For each column that has its hash beside it, the column's type.
    """

    relation: str = ""
    types: Mapping[str, str] = field(default_factory=dict)

    def hash_of(self, column: str, value: str) -> str:
        """Return the hash that a column holds beside a value."""
        return hash_of(f"cast({value} as {self.types[column]})")


NOTHING_HASHED = Hashed()


def scans(ways: Sequence[Way], hashed: Hashed = NOTHING_HASHED) -> Iterator[Scan]:
    """Give the scans of a relation that find all rows which some of the ways lead to."""
    plain = sorted((way for way in ways if way.source.is_plain), key=lambda way: (way.columns, way.where))
    for (columns, where), group in groupby(plain, key=lambda way: (way.columns, way.where)):
        alike = list(group)
        is_one_row = len(alike) == 1 and alike[0].literals is not None
        yield _alone(alike[0], hashed) if is_one_row else _shared(columns, where, alike, hashed)
    yield from (_alone(way, hashed) for way in ways if not way.source.is_plain)


def _shared(columns: tuple[str, ...], where: str, ways: Sequence[Way], hashed: Hashed) -> Scan:
    if not columns:
        return Scan("", where)
    deciding = columns if where == "true" else ()
    keys = " union all ".join(f"select {_keys(columns, way.source)} from {way.targets}" for way in ways)
    equal = " and ".join(f"source.{column} is not distinct from target.{column}" for column in columns)
    near = _near(columns, keys, hashed) if sum(way.count for way in ways) <= FEW else ""
    return Scan(f"{near}semi join ({keys}) as target on {equal}", where, columns=deciding)


def _near(columns: Sequence[str], keys: str, hashed: Hashed) -> str:
    """Return the join with the rows whose hashes are those of some key, which reads the hashes alone."""
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


def _alone(way: Way, hashed: Hashed) -> Scan:
    joined = {"via": way.source.via, "target": way.targets if way.literals is None else None}
    joins = " ".join(f"inner join {name} as {alias} on true" for alias, name in joined.items() if name)
    deciding = way.columns if not joins and way.source.where is None else ()
    return Scan(
        joins, " and ".join(_conditions(way, hashed)) or "true", is_unique=not joins, columns=deciding
    )


def _conditions(way: Way, hashed: Hashed) -> Iterator[str]:
    literals = way.literals
    for column, of_target in way.source.pairs.items():
        if literals is None:
            yield f"source.{column} is not distinct from target.{of_target}"
        else:
            value = literals[of_target]
            if value is not None and column in hashed.types:
                yield f"source.{hash_column(column)} = {hashed.hash_of(column, value)}"
            yield f"source.{column} " + ("is null" if value is None else f"= {value}")
    if where := way.source.where:
        yield f"({where if literals is None else _with_literals(where, literals)})"


def _with_literals(where: str, literals: Mapping[str, str | None]) -> str:
    return TARGET_COLUMN.sub(lambda found: literals[found[1]] or "null", where)
