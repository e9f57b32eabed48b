"""Refresh every model incrementally: the cost follows the changed rows, not the stored ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from transforms.build.incremental_checks import IncrementalChecks
from transforms.build.lookup import Lookup
from transforms.build.places import Places
from transforms.build.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb

    from transforms.build.near import Near
    from transforms.definitions.checks import Check, CheckResult
    from transforms.definitions.graph import ModelGraph
    from transforms.definitions.model import Model

SOURCE = "raw_events"
# Fewest raw events for which a refresh locates rows by their places; in a shorter history, scanning the hashes costs no
# more.
MANY = 2_000_000
# A refresh compares rows by their hash: comparing every column by value costs ten times as much. No column may have
# the alias's name, or DuckDB would hash that column alone.
_NEW = "hash(whole_row) as row_hash, whole_row.*"
_OLD = "whole_row.rowid as row_number, hash(whole_row) as row_hash"


class Change(NamedTuple):
    """The changed rows of one table.

    Attributes:
        removed_rows: A relation of the rows removed, which has one more column, ``row_number``; None for no rows.
        new_rows: A relation of the rows added; None for no rows.
    """

    removed_rows: str | None
    new_rows: str | None


class IncrementalRefresh:
    """Refreshes all tables, each refresh inside one open transaction.

    For each model, in dependency order, a refresh collects the refresh keys in the changed rows of its inputs, old
    versions and new; runs the model's SELECT on the inputs, restricted to those keys; replaces the model's rows with
    those keys; and passes the rows that differ on to the models that read it. A model whose rows come out the same
    passes nothing on.

    One object serves a connection until the next full build, so that each refresh reuses the plans of those before.
    Create it outside of any transaction: inside of one it works, but DuckDB drops the plans.

    Args:
        connection: A connection whose search path finds all tables; DuckDB keeps its temporary tables in memory.
        graph: The models; their tables must exist.
        checks: The checks to run after a refresh.
        many: The number of raw events from which to locate rows by their places; see `transforms.build.places`.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        graph: ModelGraph,
        checks: tuple[Check, ...] = (),
        *,
        many: int = MANY,
    ) -> None:
        self.connection = connection
        self._many = many
        self._graph = graph
        self._workspace = Workspace(connection)
        # relation -> a relation of its changed rows, old versions and new
        self._changed: dict[str, str] = {}
        self.changes: dict[str, Change] = {}
        """The changes of each published table, valid until `clear_changes`."""
        self._make_tables()
        self._places = Places(self._workspace, graph, SOURCE)
        self._checks = IncrementalChecks(self._workspace, checks, self._places)

    def run(
        self, since: int, *, is_small: bool = True, on_model: Callable[[Model], None] | None = None
    ) -> int:
        """Bring all tables up to the last raw event.

        Args:
            since: The last load sequence that the tables include.
            is_small: Whether the new events are few, so that planning a statement costs as much as running it.
            on_model: Called before each model, for a progress bar.

        Returns:
            The number of rows of published tables written or removed.
        """
        self._workspace.begin(keeps_plans=is_small)
        self._places.begin(is_used=is_small and since >= self._many)
        self.changes = {}
        self._changed = {SOURCE: self._new_events(since, is_small=is_small)}
        rows = 0
        for model in self._graph.models:
            if on_model is not None:
                on_model(model)
            if model.inputs & self._changed.keys():
                written = self._refresh(model)
                rows += written if model.is_published else 0
        return rows

    def run_checks(self) -> list[CheckResult]:
        """Run the checks on the refresh keys of the last run, and empty all temporary tables except `changes`.

        Rows that did not change held before the run and still do. A check without a refresh rule reads whole tables.
        """
        results = self._checks.run(self._changed)
        self._workspace.empty_except(f"{kind}_{name}" for name in self.changes for kind in ("new", "removed"))
        return results

    def clear_changes(self) -> None:
        """Delete the changed rows of the last run, after its transaction."""
        self.changes = {}
        self._workspace.end()

    @property
    def must_be_replaced(self) -> bool:
        """Whether its temporary tables hold so many deleted rows that a new object is cheaper."""
        return self._workspace.must_be_replaced

    def close(self) -> None:
        """Drop the temporary tables and the plans."""
        self._workspace.close()

    def _new_events(self, since: int, *, is_small: bool) -> str:
        new = f"select * from events.main.{SOURCE} where sequence > {since}"
        if not is_small:
            return f"({new})"
        # The table keeps ``since`` out of every prepared statement.
        self._workspace.fill(f"new_{SOURCE}", new, is_repeated=False)
        return self._workspace.table(f"new_{SOURCE}")

    def _make_tables(self) -> None:
        make = self._workspace.make
        make(f"new_{SOURCE}", f"select * from events.main.{SOURCE}")
        for model in self._graph.models:
            table = f"build.main.{model.name}"
            make(f"old_{model.name}", f"select {_OLD} from {table} as whole_row")
            make(f"new_{model.name}", f"select {_NEW} from {table} as whole_row")
            make(
                f"removed_{model.name}",
                f"select 0::bigint as row_number, whole_row.* from {table} as whole_row",
            )
        for model in self._graph.models:
            if model.refresh.columns:
                make(f"keys_{model.name}", self._lookup(model).keys_of_any())

    def _lookup(self, model: Model) -> Lookup:
        return Lookup.of(model, self._workspace.columns_of, model.name)

    def _refresh(self, model: Model) -> int:
        lookup = self._lookup(model)
        if lookup.must_read_whole(self._changed):
            return self._write(model, f"(select {_OLD} from build.main.{model.name} as whole_row)", model.sql)
        if not self._workspace.fill(f"keys_{model.name}", lookup.touched(self._changed)):
            return 0
        keys = self._workspace.table(f"keys_{model.name}")
        near = self._places.near_model(model, lookup, keys)
        sql = model.restricted(lookup.filters(keys, near=near))
        if model.refresh.reads:
            own = lookup.match("model_rows", lookup.keys)
            sql = f"select model_rows.* from ({sql}\n) as model_rows semi join {keys} as k on {own}"
        return self._write(model, self._old(model, lookup, keys, near), sql)

    def _old(self, model: Model, lookup: Lookup, keys: str, near: Near) -> str | None:
        """Collect the model's rows with these keys; None when there are none, as for most new events.

        DuckDB locates the row numbers first, which reads the key's columns alone.
        """
        table, name = f"build.main.{model.name}", f"old_{model.name}"
        if lookup.is_contiguous:
            joined = f"{keys} as k on {lookup.match('whole_row', lookup.keys)}"
        else:
            rows = lookup.rows_of(model.name, lookup.keys, keys, near)
            at = near.join("whole_row", model.name, lookup.keys)
            joined = f"({rows}) as r on whole_row.rowid = r.row_number{at}"
        count = self._workspace.fill(name, f"select {_OLD} from {table} as whole_row semi join {joined}")
        return self._workspace.table(name) if count else None

    def _write(self, model: Model, old: str | None, sql: str) -> int:
        """Write the rows that differ from the old ones, and record them for the models that read this one."""
        work, table = self._workspace, f"build.main.{model.name}"
        new, removed = (work.table(f"{kind}_{model.name}") for kind in ("new", "removed"))
        new_count = work.fill(
            f"new_{model.name}", f"select {_NEW} from ({self._graph.stored(model, sql)}\n) as whole_row"
        )
        removed_count = 0
        if old is not None:
            removed_count = work.fill(
                f"removed_{model.name}",
                f"select s.rowid as row_number, s.* from {table} as s semi join"
                f" (select o.row_number from {old} as o anti join {new} as n on o.row_hash = n.row_hash) as g"
                " on s.rowid = g.row_number",
            )
            new_count -= work.run(f"delete from {new} as n using {old} as o where n.row_hash = o.row_hash")
        if removed_count:
            work.run(f"delete from {table} as s using {removed} as g where s.rowid = g.row_number")
            self._places.record_removed(model.name, removed)
        new_rows = f"(select * exclude (row_hash) from {new})"
        if new_count:
            work.run(f"insert into {table} from {new_rows}")
        if removed_count or new_count:
            self._changed[model.name] = (
                f"(select * exclude (row_number) from {removed} union all from {new_rows})"
            )
            if model.is_published:
                self.changes[model.name] = Change(
                    removed if removed_count else None, new_rows if new_count else None
                )
        return removed_count + new_count
