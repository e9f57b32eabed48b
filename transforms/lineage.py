"""Walk from one row of a table down to the deliveries it was computed from."""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ingest.result import first_row
from transforms.explain_rule import Source, sources
from transforms.lineage_query import Way, scans
from transforms.store import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import duckdb

    from transforms.lineage_query import Scan
    from transforms.models import Model, ModelGraph

RAW = "raw_events"


class Lineage:
    """The rows behind one row: of its own table, and of every table further up that had a part in it.

    Args:
        connection: Its search path finds all tables; temporary tables are made in memory.
        graph: The models.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, graph: ModelGraph) -> None:
        self._connection = connection
        self._graph = graph
        self._counts: dict[str, int] = {}
        self._types: dict[str, dict[str, str]] = {}

    @property
    def counts(self) -> dict[str, int]:
        """How many rows of each table, nearest first: each table comes before those it was computed from."""
        order = [model.name for model in reversed(self._graph.models)] + [RAW]
        return {name: self._counts[name] for name in order if self._counts.get(name)}

    @staticmethod
    def found(relation: str) -> str:
        """Return the table of the rows found: ``found_rowid``, the key, and the amounts of a published table."""
        return f"temp.main.lineage_{relation}"

    @classmethod
    def rows(cls, relation: str) -> str:
        """Return the rows found of a table with all their columns, as something to select from."""
        known = cls.found(relation)
        return (
            f"(select rows.* from {relation} as rows semi join {known} as known on rows.rowid = found_rowid)"
        )

    def types(self, relation: str) -> Mapping[str, str]:
        """Return the type of each column of a table."""
        if relation not in self._types:
            described = self._connection.execute(f"select * from {relation} limit 0").description or []
            self._types[relation] = {column[0]: str(column[1]) for column in described}
        return self._types[relation]

    def amounts(self, model: Model) -> list[str]:
        """Return the columns of a published table that are summed by currency."""
        types = self.types(model.name) if model.is_published else {}
        return [name for name, type_ in types.items() if type_.startswith("DECIMAL") and "currency" in types]

    @contextmanager
    def of(self, model: Model, row_number: int) -> Iterator[None]:
        """Find what a row was computed from; inside the block it can be read.

        Args:
            model: Whose row.
            row_number: Its ``rowid``.
        """
        try:
            self._walk(model, row_number)
            yield
        finally:
            for name in self._counts:
                self._connection.execute(f"drop table {self.found(name)}")
            self._counts = {}

    def _walk(self, model: Model, row_number: int) -> None:
        ways: defaultdict[str, list[Way]] = defaultdict(list)
        ways[model.name].append(Way(Source(model.name, where=f"source.rowid = {row_number}"), "", {}))
        for each in reversed(self._graph.models):
            if each.name in ways:
                for way in self._visit(each, ways[each.name]):
                    ways[way.source.relation].append(way)
        if RAW in ways:
            self._find(RAW, ["sequence"], ways[RAW])

    def _visit(self, model: Model, ways: Sequence[Way]) -> list[Way]:
        """Find the rows of a model that ways lead to; return the ways on from there."""
        behind = sources(model, self._columns)
        columns = self._wanted(model, behind)
        self._find(model.name, columns, ways)
        self._close(model.name, columns, [source for source in behind if source.relation == model.name])
        further = [source for source in behind if source.relation != model.name]
        return [self._way(source, model.name) for source in further] if self._counts[model.name] else []

    def _wanted(self, model: Model, behind: list[Source]) -> list[str]:
        """Return the columns to keep of the rows found, so that their table is not read a second time."""
        amounts = self.amounts(model)
        asked = {column for source in behind for column in source.target_columns}
        return sorted({*model.key, *asked, *amounts, *(["currency"] if amounts else [])})

    def _find(self, relation: str, columns: Sequence[str], ways: Sequence[Way]) -> None:
        """Make the table of the rows found: by the first scan, and then of each other what is new."""
        first, *others = scans(ways)
        self._counts[relation] = self._write(
            f"create or replace temp table lineage_{relation} as {_select(relation, columns, first)}"
        )
        for scan in others:
            self._add(relation, columns, scan)

    def _close(self, relation: str, columns: Sequence[str], own: list[Source]) -> None:
        """Add the rows that decide those found, and those that decide them, until there are no more."""
        number, before = 0, 0
        while own and self._counts[relation] > before:
            before = self._counts[relation]
            latest = f"(select * from {self.found(relation)} where found_round = {number})"
            number += 1
            for scan in scans([Way(source, latest) for source in own]):
                self._add(relation, columns, scan, number)

    def _add(self, relation: str, columns: Sequence[str], scan: Scan, number: int = 0) -> None:
        known = self.found(relation)
        beyond = f"anti join {known} as known on source.rowid = known.found_rowid"
        select = _select(relation, columns, scan, number, beyond)
        self._counts[relation] += self._write(f"insert into {known} {select}")

    def _way(self, source: Source, target: str) -> Way:
        return Way(source, self.found(target), self._literals(target) if self._counts[target] == 1 else None)

    def _literals(self, relation: str) -> dict[str, str | None]:
        """Return the values of the only row found."""
        types = self.types(self.found(relation))
        [row] = self._connection.execute(
            f"select {', '.join(f'cast({name} as varchar)' for name in types)} from {self.found(relation)}"
        ).fetchall()
        return {
            name: None if value is None else f"cast({quoted(value)} as {type_})"
            for (name, type_), value in zip(types.items(), row, strict=True)
        }

    def _write(self, statement: str) -> int:
        written = first_row(self._connection, statement)
        assert written is not None
        return int(written[0])

    def _columns(self, relation: str) -> frozenset[str]:
        return frozenset(self.types(relation))


def _select(relation: str, columns: Sequence[str], scan: Scan, number: int = 0, beyond: str = "") -> str:
    distinct = "" if scan.is_unique else "distinct "
    selected = ", ".join(f"source.{column}" for column in ("rowid as found_rowid", *columns))
    return (
        f"select {distinct}{selected}, {number} as found_round"
        f" from {relation} as source {scan.joins} {beyond} where {scan.where}"
    )
