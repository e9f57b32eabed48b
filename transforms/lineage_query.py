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
    def is_shared(self) -> bool:
        """Whether ways that compare the same columns can be gone in one scan."""
        return self.literals is None and self.source.is_plain

    @property
    def compared(self) -> tuple[str, ...]:
        """The columns of the relation that are compared, in alphabetical order."""
        return tuple(sorted(self.source.pairs))


def finding(relation: str, columns: Sequence[str], ways: Sequence[Way]) -> str:
    """Return the SELECT of ``found_rowid`` and the columns, each row once.

    Args:
        relation: Where to look.
        columns: What to give of each row beside its ``rowid``.
        ways: What leads there.
    """
    selected = ", ".join(("source.rowid as found_rowid", *(f"source.{column}" for column in columns)))
    return "select distinct * from (" + " union all ".join(_selects(relation, selected, ways)) + ") as q"


def _selects(relation: str, selected: str, ways: Sequence[Way]) -> Iterator[str]:
    shared = sorted((way for way in ways if way.is_shared), key=lambda way: way.compared)
    for compared, group in groupby(shared, key=lambda way: way.compared):
        yield f"select {selected} from {relation} as source {_shared(compared, list(group))}"
    for way in ways:
        if not way.is_shared:
            yield f"select {selected} from {relation} as source {_alone(way)}"


def _shared(compared: Sequence[str], ways: Sequence[Way]) -> str:
    conditions = dict.fromkeys(way.source.where or "true" for way in ways)
    if not compared:
        return f"where ({') or ('.join(conditions)})"
    numbers = {condition: number for number, condition in enumerate(conditions)}
    keys = " union ".join(
        f"select {_keys(compared, way.source)}, {numbers[way.source.where or 'true']} as way from {way.targets}"
        for way in ways
    )
    equal = " and ".join(f"source.{column} is not distinct from target.{column}" for column in compared)
    cases = " ".join(f"when {number} then ({condition})" for condition, number in numbers.items())
    # no semi join: DuckDB would compare every row with every other for the sake of the cases
    return f"inner join ({keys}) as target on {equal} where case target.way {cases} end"


def _keys(compared: Iterable[str], source: Source) -> str:
    return ", ".join(f"{source.pairs[column]} as {column}" for column in compared)


def _alone(way: Way) -> str:
    source = way.source
    joined = f" inner join {source.via} as via on true" if source.via else ""
    if way.literals is None:
        joined += f" inner join {way.targets} as target on true"
    return f"{joined} where {' and '.join(_conditions(way)) or 'true'}"


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
