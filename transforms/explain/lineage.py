"""Walk from one row of a table down to the deliveries from which it was computed."""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cbw.duck import first_row, literal
from transforms.definitions.key_hash import stored_hashes
from transforms.explain.explain_rule import Source, sources
from transforms.explain.lineage_query import Edge, Hashed, scans

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import duckdb

    from transforms.definitions.graph import ModelGraph
    from transforms.definitions.model import Model
    from transforms.explain.lineage_query import Scan

RAW = "raw_events"


class Lineage:
    """The rows behind one row: those of its own table, and those of every upstream table.

    Args:
        connection: A connection whose search path finds all tables; DuckDB keeps its temporary tables in memory.
        graph: The models.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, graph: ModelGraph) -> None:
        self._connection = connection
        self._graph = graph
        self._counts: dict[str, int] = {}
        self._types: dict[str, dict[str, str]] = {}

    @property
    def counts(self) -> dict[str, int]:
        """The number of rows of each table, nearest first: each table comes before its upstream tables."""
        order = [model.name for model in reversed(self._graph.models)] + [RAW]
        return {name: self._counts[name] for name in order if self._counts.get(name)}

    @staticmethod
    def row_table(relation: str) -> str:
        """Return the temporary table of a relation's rows: ``source_rowid``, the key, and the amounts."""
        return f"temp.main.lineage_{relation}"

    @classmethod
    def rows(cls, relation: str) -> str:
        """Return a subquery with all columns of a relation's rows."""
        known = cls.row_table(relation)
        return (
            f"(select rows.* from {relation} as rows semi join {known} as known on rows.rowid = source_rowid)"
        )

    def types(self, relation: str) -> Mapping[str, str]:
        """Return the type of each column of a table."""
        if relation not in self._types:
            described = self._connection.execute(f"select * from {relation} limit 0").description or []
            self._types[relation] = {column[0]: str(column[1]) for column in described}
        return self._types[relation]

    def amounts(self, model: Model) -> list[str]:
        """Return the amounts of a published table that has a currency."""
        types = self.types(model.name) if model.is_published else {}
        return [name for name, type_ in types.items() if type_.startswith("DECIMAL") and "currency" in types]

    @contextmanager
    def of(self, model: Model, row_number: int) -> Iterator[None]:
        """Find the rows behind a row; the caller can read them inside the block.

        Args:
            model: The model of the row's table.
            row_number: The row's ``rowid``.
        """
        try:
            self._walk(model, row_number)
            yield
        finally:
            for name in self._counts:
                self._connection.execute(f"drop table {self.row_table(name)}")
            self._counts = {}

    def _walk(self, model: Model, row_number: int) -> None:
        edges: defaultdict[str, list[Edge]] = defaultdict(list)
        edges[model.name].append(Edge(Source(model.name, where=f"source.rowid = {row_number}"), "", {}))
        for each in reversed(self._graph.models):
            if each.name in edges:
                for edge in self._visit(each, edges[each.name]):
                    edges[edge.source.relation].append(edge)
        if RAW in edges:
            self._find(RAW, ["source.sequence"], edges[RAW])

    def _visit(self, model: Model, edges: Sequence[Edge]) -> list[Edge]:
        """Find the rows of a model that edges lead to; return the edges from these rows to upstream tables."""
        all_sources = sources(model, self._columns)
        own = [source for source in all_sources if source.relation == model.name]
        self._find(model.name, self._columns_to_keep(model, all_sources), edges, own)
        upstream = [source for source in all_sources if source.relation != model.name]
        return [self._edge(source, model.name) for source in upstream] if self._counts[model.name] else []

    def _columns_to_keep(self, model: Model, all_sources: list[Source]) -> list[str]:
        """Return the columns to copy into the table of rows, so that nothing reads the model's table a second time."""
        amounts = self.amounts(model)
        compared = {column for source in all_sources for column in source.target_columns}
        columns = {*model.key, *compared, *amounts, *(["currency"] if amounts else [])}
        return [f"source.{column}" for column in sorted(columns)]

    def _find(
        self, relation: str, columns: Sequence[str], edges: Sequence[Edge], own: Sequence[Source] = ()
    ) -> None:
        """Fill the table of a relation's rows, round by round until a round adds none.

        Args:
            relation: The relation to search.
            columns: The columns to keep.
            edges: The edges that lead to its first rows.
            own: The edges from rows of the relation to others of it. Each round follows them from the rows that the
                previous round added, which ``scan_number`` tells apart.
        """
        done: list[Scan] = []
        hashed = Hashed(relation, stored_hashes(self.types(relation)))
        pending = list(scans(edges, hashed))
        while pending:
            first, before = len(done), self._counts.get(relation, 0)
            for scan in pending:
                selected = [*columns, f"{len(done)} as scan_number"] if own else columns
                self._add_rows(relation, selected, scan, is_first=not done)
                done.append(scan)
            has_grown = self._counts[relation] > before
            edges = list(self._own_edges(relation, own, done, first)) if has_grown else []
            pending = list(scans(edges, hashed))

    def _own_edges(
        self, relation: str, own: Iterable[Source], done: Sequence[Scan], first: int
    ) -> Iterator[Edge]:
        """Yield the edges within a relation from the rows of the scans since ``first`` that may lead to more rows."""
        for source in own:
            latest = [str(n) for n, scan in enumerate(done) if n >= first and not scan.has_all_for(source)]
            if latest:
                targets = (
                    f"select * from {self.row_table(relation)} where scan_number in ({', '.join(latest)})"
                )
                yield Edge(source, f"({targets})", count=self._counts[relation])

    def _add_rows(self, relation: str, columns: Sequence[str], scan: Scan, *, is_first: bool) -> None:
        """Add the rows of a scan that no scan before it found."""
        known = self.row_table(relation)
        if is_first:
            statement, beyond = f"create or replace temp table lineage_{relation} as", ""
        else:
            statement = f"insert into {known}"
            beyond = f"anti join {known} as known on source.rowid = known.source_rowid"
        written = first_row(self._connection, f"{statement} {_select(relation, columns, scan, beyond)}")
        assert written is not None
        self._counts[relation] = self._counts.get(relation, 0) + int(written[0])

    def _edge(self, source: Source, target: str) -> Edge:
        count = self._counts[target]
        return Edge(source, self.row_table(target), self._literals(target) if count == 1 else None, count)

    def _literals(self, relation: str) -> dict[str, str | None]:
        """Return the values of the only row as SQL literals."""
        types = self.types(self.row_table(relation))
        [row] = self._connection.execute(
            f"select {', '.join(f'cast({name} as varchar)' for name in types)} from {self.row_table(relation)}"
        ).fetchall()
        return {
            name: None if value is None else f"cast({literal(value)} as {type_})"
            for (name, type_), value in zip(types.items(), row, strict=True)
        }

    def _columns(self, relation: str) -> frozenset[str]:
        return frozenset(self.types(relation))


def _select(relation: str, columns: Sequence[str], scan: Scan, beyond: str) -> str:
    distinct = "" if scan.is_unique else "distinct "
    selected = ", ".join(("source.rowid as source_rowid", *columns))
    return f"select {distinct}{selected} from {relation} as source {scan.joins} {beyond} where {scan.where}"
