"""Walk from one row of a table down to the deliveries it was computed from."""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cbw.duck import first_row, literal
from transforms.definitions.key_hash import stored_hashes
from transforms.explain.explain_rule import Source, sources
from transforms.explain.lineage_query import Hashed, Way, scans

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import duckdb

    from transforms.definitions.graph import ModelGraph
    from transforms.definitions.model import Model
    from transforms.explain.lineage_query import Scan

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
            self._find(RAW, ["source.sequence"], ways[RAW])

    def _visit(self, model: Model, ways: Sequence[Way]) -> list[Way]:
        """Find the rows of a model that ways lead to; return the ways on from there."""
        behind = sources(model, self._columns)
        own = [source for source in behind if source.relation == model.name]
        self._find(model.name, self._wanted(model, behind), ways, own)
        further = [source for source in behind if source.relation != model.name]
        return [self._way(source, model.name) for source in further] if self._counts[model.name] else []

    def _wanted(self, model: Model, behind: list[Source]) -> list[str]:
        """Return the columns to keep of the rows found, so that their table is not read a second time."""
        amounts = self.amounts(model)
        asked = {column for source in behind for column in source.target_columns}
        kept = {*model.key, *asked, *amounts, *(["currency"] if amounts else [])}
        return [f"source.{column}" for column in sorted(kept)]

    def _find(
        self, relation: str, columns: Sequence[str], ways: Sequence[Way], own: Sequence[Source] = ()
    ) -> None:
        """Make the table of the rows found, of those that decide them, of those that decide these, and so on.

        Args:
            relation: Where they are.
            columns: What to keep of them.
            ways: What leads to the first of them.
            own: How rows of the table lead to others of it; then the number of the scan that found a row is kept as
                ``found_by``, because each round goes on from what the round before added.
        """
        done: list[Scan] = []
        hashed = Hashed(relation, stored_hashes(self.types(relation)))
        coming = list(scans(ways, hashed))
        while coming:
            first, before = len(done), self._counts.get(relation, 0)
            for scan in coming:
                kept = [*columns, f"{len(done)} as found_by"] if own else columns
                self._take(relation, kept, scan, is_first=not done)
                done.append(scan)
            is_grown = self._counts[relation] > before
            ways = list(self._own_ways(relation, own, done, first)) if is_grown else []
            coming = list(scans(ways, hashed))

    def _own_ways(
        self, relation: str, own: Iterable[Source], done: Sequence[Scan], first: int
    ) -> Iterator[Way]:
        """Give the ways on within a table from what the scans from ``first`` on found, where more may be behind it."""
        for source in own:
            latest = [str(n) for n, scan in enumerate(done) if n >= first and not scan.has_all_for(source)]
            if latest:
                targets = f"select * from {self.found(relation)} where found_by in ({', '.join(latest)})"
                yield Way(source, f"({targets})", count=self._counts[relation])

    def _take(self, relation: str, columns: Sequence[str], scan: Scan, *, is_first: bool) -> None:
        """Add what a scan finds and those before it did not."""
        known = self.found(relation)
        if is_first:
            statement, beyond = f"create or replace temp table lineage_{relation} as", ""
        else:
            statement = f"insert into {known}"
            beyond = f"anti join {known} as known on source.rowid = known.found_rowid"
        written = first_row(self._connection, f"{statement} {_select(relation, columns, scan, beyond)}")
        assert written is not None
        self._counts[relation] = self._counts.get(relation, 0) + int(written[0])

    def _way(self, source: Source, target: str) -> Way:
        count = self._counts[target]
        return Way(source, self.found(target), self._literals(target) if count == 1 else None, count)

    def _literals(self, relation: str) -> dict[str, str | None]:
        """Return the values of the only row found."""
        types = self.types(self.found(relation))
        [row] = self._connection.execute(
            f"select {', '.join(f'cast({name} as varchar)' for name in types)} from {self.found(relation)}"
        ).fetchall()
        return {
            name: None if value is None else f"cast({literal(value)} as {type_})"
            for (name, type_), value in zip(types.items(), row, strict=True)
        }

    def _columns(self, relation: str) -> frozenset[str]:
        return frozenset(self.types(relation))


def _select(relation: str, columns: Sequence[str], scan: Scan, beyond: str) -> str:
    distinct = "" if scan.is_unique else "distinct "
    selected = ", ".join(("source.rowid as found_rowid", *columns))
    return f"select {distinct}{selected} from {relation} as source {scan.joins} {beyond} where {scan.where}"
