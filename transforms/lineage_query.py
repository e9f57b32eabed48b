"""The SELECT that finds the rows of one relation from which rows found below it were computed.

A relation is scanned as seldom as can be, for at a million events the scans are all that takes time. Where one row is
to be explained, its values stand in the query as literals, so that DuckDB passes over what cannot match and sub-queries
depend on nothing outside. Where many are, all that compare the same columns share one scan.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from transforms.explain_rule import TARGET_COLUMN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from transforms.explain_rule import Source


@dataclass(frozen=True)
class Way:
    """How rows of one relation lead to rows of another.

    Attributes:
        source: Which rows they lead to.
        targets: What to select the rows to explain from.
        literals: The values of the only row to explain as SQL; None where there are more rows. NULL is None.
    """

    source: Source
    targets: str
    literals: Mapping[str, str | None] | None = None

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
    """

    joins: str
    where: str
    is_unique: bool = True


def scans(ways: Sequence[Way]) -> Iterator[Scan]:
    """Give the scans of a relation that find all rows which some of the ways lead to."""
    plain = sorted((way for way in ways if way.source.is_plain), key=lambda way: (way.columns, way.where))
    for (columns, where), group in groupby(plain, key=lambda way: (way.columns, way.where)):
        alike = list(group)
        is_one_row = len(alike) == 1 and alike[0].literals is not None
        yield _alone(alike[0]) if is_one_row else _shared(columns, where, alike)
    yield from (_alone(way) for way in ways if not way.source.is_plain)


def _shared(columns: Sequence[str], where: str, ways: Iterable[Way]) -> Scan:
    if not columns:
        return Scan("", where)
    keys = " union all ".join(f"select {_keys(columns, way.source)} from {way.targets}" for way in ways)
    equal = " and ".join(f"source.{column} is not distinct from target.{column}" for column in columns)
    return Scan(f"semi join ({keys}) as target on {equal}", where)


def _keys(compared: Iterable[str], source: Source) -> str:
    return ", ".join(f"{source.pairs[column]} as {column}" for column in compared)


def _alone(way: Way) -> Scan:
    joined = {"via": way.source.via, "target": way.targets if way.literals is None else None}
    joins = " ".join(f"inner join {name} as {alias} on true" for alias, name in joined.items() if name)
    return Scan(joins, " and ".join(_conditions(way)) or "true", is_unique=not joins)


def _conditions(way: Way) -> Iterator[str]:
    literals = way.literals
    for column, of_target in way.source.pairs.items():
        if literals is None:
            yield f"source.{column} is not distinct from target.{of_target}"
        else:
            value = literals[of_target]
            yield f"source.{column} " + ("is null" if value is None else f"= {value}")
    if where := way.source.where:
        yield f"({where if literals is None else _with_literals(where, literals)})"


def _with_literals(where: str, literals: Mapping[str, str | None]) -> str:
    return TARGET_COLUMN.sub(lambda found: literals[found[1]] or "null", where)
