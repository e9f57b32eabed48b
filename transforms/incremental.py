"""Refresh every model by what changed: the cost follows the changed rows, not the stored ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from transforms.checks import CheckResult, count_of
from transforms.lookup import Lookup
from transforms.refresh_rule import restricted
from transforms.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb

    from transforms.checks import Check
    from transforms.models import Model, ModelGraph, Query

SOURCE = "raw_events"
# Rows are compared by their hash: comparing every column of every row by value costs ten times as much.
# The alias must be no column's name, or that column alone would be hashed.
_NEW = "hash(whole_row) as row_hash, whole_row.*"
_OLD = f"whole_row.rowid as row_number, {_NEW}"


class Change(NamedTuple):
    """What differs in one table: the rows that went and those that came, as something to select from.

    The rows that went have two columns more, ``row_number`` and ``row_hash``.
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
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, graph: ModelGraph, checks: tuple[Check, ...] = ()
    ) -> None:
        self.connection = connection
        self._graph = graph
        self._checks = checks
        self._workspace = Workspace(connection)
        # relation -> the rows of it that changed, old and new versions, as something to select from
        self._changed: dict[str, str] = {}
        self.changes: dict[str, Change] = {}
        """What differs in each published table, until `forget`."""
        self._make_tables()

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

        A check without a refresh rule runs on everything.
        """
        return [self._check(check) for check in self._checks]

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
        make, columns_of = self._workspace.make, self._workspace.columns_of
        make(f"arrived_{SOURCE}", f"select * from events.main.{SOURCE}")
        for model in self._graph.models:
            table = f"build.main.{model.name}"
            make(f"old_{model.name}", f"select {_OLD} from {table} as whole_row")
            make(f"new_{model.name}", f"select {_NEW} from {table} as whole_row")
            make(f"gone_{model.name}", f"select {_OLD} from {table} as whole_row")
            make(f"arrived_{model.name}", f"select * from {table}")
        owned = [(model, Lookup.of(model, columns_of, model.name)) for model in self._graph.models]
        for query, lookup in (*owned, *((check, Lookup.of(check, columns_of)) for check in self._checks)):
            if query.refresh.columns:
                # Of any input: a key has one type everywhere.
                name = min(lookup.inputs.keys() | query.refresh.affected.keys())
                touched = self._touched(query, lookup, name, name)
                make(f"keys_{query.name}", _distinct_keys(query, lookup, touched))

    def _check(self, check: Check) -> CheckResult:
        if not check.inputs & self._changed.keys():
            return CheckResult(check.name, check.severity, 0)
        lookup = Lookup.of(check, self._workspace.columns_of)
        if self._must_replace(check, lookup):
            sql = check.sql
        else:
            keys = self._keys(check, lookup)
            if keys is None:
                return CheckResult(check.name, check.severity, 0)
            sql = restricted(check.sql, check.tree, self._filters(check, lookup, keys))
        return CheckResult(check.name, check.severity, self._workspace.number(count_of(sql)))

    def _refresh(self, model: Model) -> int:
        lookup = Lookup.of(model, self._workspace.columns_of, model.name)
        if self._must_replace(model, lookup):
            return self._write(model, f"(select {_OLD} from build.main.{model.name} as whole_row)", model.sql)
        keys = self._keys(model, lookup)
        if keys is None:
            return 0
        sql = restricted(model.sql, model.tree, self._filters(model, lookup, keys))
        if model.refresh.reads:
            own = lookup.match("made", lookup.keys)
            sql = f"select made.* from ({sql}\n) as made semi join {keys} as k on {own}"
        return self._write(model, self._old(model, lookup, keys), sql)

    def _must_replace(self, query: Query, lookup: Lookup) -> bool:
        if not query.refresh.columns:
            return True
        known = lookup.inputs.keys() | query.refresh.affected.keys()
        return any(name not in known for name in query.inputs & self._changed.keys())

    def _old(self, model: Model, lookup: Lookup, keys: str) -> str | None:
        """Gather the model's rows with these keys; None when there are none, as for most of what is new.

        Looking for row numbers first reads the key's columns alone.
        """
        table, name = f"build.main.{model.name}", f"old_{model.name}"
        rows = lookup.rows_of(table, lookup.keys, keys)
        found = self._workspace.fill(
            name,
            f"select {_OLD} from {table} as whole_row semi join ({rows}) as r on whole_row.rowid = r.row_number",
        )
        return self._workspace.table(name) if found else None

    def _write(self, model: Model, old: str | None, sql: str) -> int:
        """Write the rows that differ from the old ones, and remember them for the models that read this one."""
        work, table = self._workspace, f"build.main.{model.name}"
        new, gone, arrived = (work.table(f"{kind}_{model.name}") for kind in ("new", "gone", "arrived"))
        work.fill(
            f"new_{model.name}", f"select {_NEW} from ({self._graph.stored(model, sql)}\n) as whole_row"
        )
        went, but_old = 0, ""
        if old is not None:
            went = work.fill(
                f"gone_{model.name}",
                f"select o.* from {old} as o anti join {new} as n on o.row_hash = n.row_hash",
            )
            but_old = f" anti join {old} as o on n.row_hash = o.row_hash"
        came = work.fill(f"arrived_{model.name}", f"select n.* exclude (row_hash) from {new} as n{but_old}")
        if went:
            work.number(f"delete from {table} as s using {gone} as g where s.rowid = g.row_number")
        if came:
            work.number(f"insert into {table} select * from {arrived}")
        if went or came:
            self._changed[model.name] = (
                f"(select * exclude (row_number, row_hash) from {gone} union all select * from {arrived})"
            )
            if model.is_published:
                self.changes[model.name] = Change(gone if went else None, arrived if came else None)
        return went + came

    def _filters(self, query: Query, lookup: Lookup, keys: str) -> dict[str, str]:
        """Return what stands for each input: its rows with these keys.

        Their row numbers are looked for first, which reads the key's columns alone; DuckDB then skips what lies between
        those rows. A join with the keys themselves would read every column of every row. Of an input that holds no key,
        it is what the rule says these keys read.
        """
        keyed = {
            name: f"(select source.* from {name} as source semi join ({lookup.rows_of(name, columns, keys)}) as r"
            " on source.rowid = r.row_number)"
            for name, columns in lookup.inputs.items()
        }
        return keyed | {
            name: f"(with keys as (select * from {keys}) select * from {name} where {condition})"
            for name, condition in query.refresh.reads.items()
        }

    def _keys(self, query: Query, lookup: Lookup) -> str | None:
        """Gather the keys that changed rows touch; None when there are none."""
        touched = " union all ".join(
            f"({self._touched(query, lookup, name, self._changed[name])})"
            for name in sorted(query.inputs & self._changed.keys())
        )
        found = self._workspace.fill(f"keys_{query.name}", _distinct_keys(query, lookup, touched))
        return self._workspace.table(f"keys_{query.name}") if found else None

    def _touched(self, query: Query, lookup: Lookup, name: str, rows: str) -> str:
        """Return the SELECT of the refresh keys that rows of an input touch."""
        rule = query.refresh
        if name not in lookup.inputs:
            return f"with changed as (select * from {rows}) {rule.affected[name]}"
        held = rule.mapping(name, frozenset(self._workspace.columns_of(name)))
        assert held is not None
        columns = ", ".join(f"{column} as {key}" for column, key in zip(held, rule.columns, strict=True))
        return f"select {columns} from {rows} as changed"


def _distinct_keys(query: Query, lookup: Lookup, touched: str) -> str:
    keys = ", ".join(f"{value} as {key}" for value, key in zip(lookup.values, lookup.keys, strict=True))
    known = " and ".join(f"{column} is not null" for column in query.refresh.columns)
    return f"select distinct {keys} from ({touched}) as touched where {known}"
