"""Walk from one row of a table down to the deliveries it was computed from."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from ingest.result import first_row
from transforms.explain_rule import sources

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

    from transforms.explain_rule import Source
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

    @property
    def counts(self) -> dict[str, int]:
        """How many rows of each table, nearest first: each table comes before those it was computed from."""
        order = [model.name for model in reversed(self._graph.models)] + [RAW]
        return {name: self._counts[name] for name in order if self._counts.get(name)}

    @staticmethod
    def rows(relation: str) -> str:
        """Return the rows found of a table, as something to select from."""
        known = f"temp.main.lineage_{relation}"
        return f"(select rows.* from {relation} as rows semi join {known} as known on rows.rowid = known.id)"

    @contextmanager
    def of(self, model: Model, row_number: int) -> Iterator[None]:
        """Find what a row was computed from; inside the block it can be read.

        Args:
            model: Whose row.
            row_number: Its ``rowid``.
        """
        try:
            self._add(model.name, f"select {row_number} as id")
            for each in reversed(self._graph.models):
                if self._counts.get(each.name):
                    self._ascend(each)
            yield
        finally:
            for name in self._counts:
                self._connection.execute(f"drop table temp.main.lineage_{name}")
            self._counts = {}

    def _ascend(self, model: Model) -> None:
        found = sources(model, self._columns)
        self._close(model, [source for source in found if source.relation == model.name])
        for source in found:
            if source.relation != model.name:
                self._add(source.relation, self._query(source, model))

    def _close(self, model: Model, own: list[Source]) -> None:
        """Add the rows that decide those found, until there are no more."""
        before = 0
        while own and self._counts[model.name] > before:
            before = self._counts[model.name]
            for source in own:
                self._add(model.name, self._query(source, model))

    def _query(self, source: Source, target: Model) -> str:
        return (
            f"select distinct source.rowid as id from {source.relation} as source"
            f" inner join {self.rows(target.name)} as target on {source.condition}"
        )

    def _add(self, relation: str, query: str) -> None:
        known = f"temp.main.lineage_{relation}"
        if relation in self._counts:
            written = first_row(
                self._connection,
                f"insert into {known} select id from ({query}) as q anti join {known} as k using (id)",
            )
        else:
            written = first_row(
                self._connection, f"create or replace temp table lineage_{relation} as {query}"
            )
        assert written is not None
        self._counts[relation] = self._counts.get(relation, 0) + int(written[0])

    def _columns(self, relation: str) -> frozenset[str]:
        cursor = self._connection.execute(f"select * from {relation} limit 0")
        return frozenset(column[0] for column in cursor.description or [])
