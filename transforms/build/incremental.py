"""Refresh every model by what changed: the cost follows the changed rows, not the stored ones."""

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
# Raw events. Among fewer, a scan of their hashes costs no more than looking for the places of what it would find.
MANY = 2_000_000
# Rows are compared by their hash: comparing every column of every row by value costs ten times as much.
# The alias must be no column's name, or that column alone would be hashed.
_NEW = "hash(whole_row) as row_hash, whole_row.*"
_OLD = "whole_row.rowid as row_number, hash(whole_row) as row_hash"


class Change(NamedTuple):
    """What differs in one table: the rows that went and those that came, as something to select from.

    The rows that went have a column more, ``row_number``.
    """

    gone: str | None
    arrived: str | None


class IncrementalRefresh:
    """Refreshes of all tables, each inside one open transaction.

    For each model, in dependency order: find the refresh keys that the changed rows of its inputs touch, old versions
    and new; run the model's own SELECT on the inputs filtered to those keys; replace the model's rows with those keys;
    and hand the rows that really differ on to the models that read it. A model whose rows come out the same stops the
    ripple.

    One object serves a connection until tables are built anew: what is planned in one refresh serves the next. It is
    made outside of any transaction; inside of one it works as well, but plans do not last.

    Args:
        connection: Its search path finds all tables; temporary tables are made in memory.
        graph: The models, all of which must have been built before.
        checks: What is to be checked after a refresh.
        many: From so many raw events on, rows are looked for by their places; see `transforms.build.places`.
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
        # relation -> the rows of it that changed, old and new versions, as something to select from
        self._changed: dict[str, str] = {}
        self.changes: dict[str, Change] = {}
        """What differs in each published table, until `forget`."""
        self._make_tables()
        self._places = Places(self._workspace, graph, SOURCE)
        self._checks = IncrementalChecks(self._workspace, checks, self._places)

    def run(
        self, since: int, *, is_small: bool = True, on_model: Callable[[Model], None] | None = None
    ) -> int:
        """Bring all tables up to the last raw event.

        Args:
            since: The load sequence that the tables include.
            is_small: Whether few events are new, so that planning a statement costs as much as running it.
            on_model: Called before each model, for a progress bar.

        Returns:
            How many rows of published tables were written or removed.
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
        """Run the checks on the keys that the last run touched; what did not change held before and still does.

        A check without a refresh rule runs on everything. Of what the run gathered, only `changes` is left.
        """
        found = self._checks.run(self._changed)
        self._workspace.keep(f"{kind}_{name}" for name in self.changes for kind in ("new", "gone"))
        return found

    def forget(self) -> None:
        """Let go of the rows that the last run found to differ, after its transaction."""
        self.changes = {}
        self._workspace.end()

    @property
    def is_worn(self) -> bool:
        """Whether its temporary tables have grown so large that another object should be made."""
        return self._workspace.is_worn

    def close(self) -> None:
        """Drop the temporary tables and the plans."""
        self._workspace.close()

    def _new_events(self, since: int, *, is_small: bool) -> str:
        new = f"select * from events.main.{SOURCE} where sequence > {since}"
        if not is_small:
            return f"({new})"
        # Which they are is in no statement that is kept.
        self._workspace.fill(f"arrived_{SOURCE}", new, is_repeated=False)
        return self._workspace.table(f"arrived_{SOURCE}")

    def _make_tables(self) -> None:
        make = self._workspace.make
        make(f"arrived_{SOURCE}", f"select * from events.main.{SOURCE}")
        for model in self._graph.models:
            table = f"build.main.{model.name}"
            make(f"old_{model.name}", f"select {_OLD} from {table} as whole_row")
            make(f"new_{model.name}", f"select {_NEW} from {table} as whole_row")
            make(
                f"gone_{model.name}", f"select 0::bigint as row_number, whole_row.* from {table} as whole_row"
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
            own = lookup.match("made", lookup.keys)
            sql = f"select made.* from ({sql}\n) as made semi join {keys} as k on {own}"
        return self._write(model, self._old(model, lookup, keys, near), sql)

    def _old(self, model: Model, lookup: Lookup, keys: str, near: Near) -> str | None:
        """Gather the model's rows with these keys; None when there are none, as for most of what is new.

        Looking for row numbers first reads the key's columns alone.
        """
        table, name = f"build.main.{model.name}", f"old_{model.name}"
        if lookup.is_side_by_side:
            joined = f"{keys} as k on {lookup.match('whole_row', lookup.keys)}"
        else:
            rows = lookup.rows_of(model.name, lookup.keys, keys, near)
            at = near.join("whole_row", model.name, lookup.keys)
            joined = f"({rows}) as r on whole_row.rowid = r.row_number{at}"
        found = self._workspace.fill(name, f"select {_OLD} from {table} as whole_row semi join {joined}")
        return self._workspace.table(name) if found else None

    def _write(self, model: Model, old: str | None, sql: str) -> int:
        """Write the rows that differ from the old ones, and remember them for the models that read this one."""
        work, table = self._workspace, f"build.main.{model.name}"
        new, gone = (work.table(f"{kind}_{model.name}") for kind in ("new", "gone"))
        came = work.fill(
            f"new_{model.name}", f"select {_NEW} from ({self._graph.stored(model, sql)}\n) as whole_row"
        )
        went = 0
        if old is not None:
            went = work.fill(
                f"gone_{model.name}",
                f"select s.rowid as row_number, s.* from {table} as s semi join"
                f" (select o.row_number from {old} as o anti join {new} as n on o.row_hash = n.row_hash) as g"
                " on s.rowid = g.row_number",
            )
            came -= work.number(f"delete from {new} as n using {old} as o where n.row_hash = o.row_hash")
        if went:
            work.number(f"delete from {table} as s using {gone} as g where s.rowid = g.row_number")
            self._places.take_off(model.name, gone)
        arrived = f"(select * exclude (row_hash) from {new})"
        if came:
            work.number(f"insert into {table} from {arrived}")
        if went or came:
            self._changed[model.name] = (
                f"(select * exclude (row_number) from {gone} union all from {arrived})"
            )
            if model.is_published:
                self.changes[model.name] = Change(gone if went else None, arrived if came else None)
        return went + came
