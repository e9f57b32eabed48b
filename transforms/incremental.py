"""Refresh every model by what changed: the cost follows the changed rows, not the stored ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ingest.result import first_row
from transforms.checks import CheckResult, run_check
from transforms.refresh_rule import restricted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import duckdb

    from transforms.checks import Check
    from transforms.models import Model, ModelGraph, Query

SOURCE = "raw_events"
# Rows are compared by their hash: comparing every column of every row by value costs ten times as much.
# The alias must be no column's name, or that column alone would be hashed.
_NEW = "hash(whole_row) as row_hash, whole_row.*"
_OLD = f"whole_row.rowid as row_number, {_NEW}"


class _Rows(NamedTuple):
    """Some rows, as something to select from, and how many they are."""

    relation: str
    size: int


class Change(NamedTuple):
    """What differs in one table: the rows that went and those that came, as something to select from.

    The rows that went have two columns more, ``row_number`` and ``row_hash``.
    """

    gone: str | None
    arrived: str | None


class IncrementalRefresh:
    """One refresh inside one open transaction.

    For each model, in dependency order: find the refresh keys that the changed rows of its inputs touch, old versions
    and new; run the model's own SELECT on the inputs filtered to those keys; replace the model's rows with those keys;
    and hand the rows that really differ on to the models that read it. A model whose rows come out the same stops the
    ripple.

    Args:
        connection: Its search path finds all tables; temporary tables are made in memory.
        graph: The models, all of which must have been built before.
        columns: What relations are known to have; a refresh adds what it looks up, so that the next one need not.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        graph: ModelGraph,
        columns: dict[str, frozenset[str]] | None = None,
    ) -> None:
        self._connection = connection
        self._graph = graph
        self._columns = {} if columns is None else columns
        # relation -> the rows of it that changed, old and new versions, as something to select from
        self._changed: dict[str, str] = {}
        self.changes: dict[str, Change] = {}
        """What differs in each published table, until `forget`."""

    def run(self, since: int, *, on_model: Callable[[Model], None] | None = None) -> int:
        """Bring all tables up to the last raw event.

        Args:
            since: The load sequence that the tables include.
            on_model: Called before each model, for a progress bar.

        Returns:
            How many rows of published tables were written or removed.
        """
        self._changed = {SOURCE: f"(select * from events.main.{SOURCE} where sequence > {since})"}
        rows = 0
        for model in self._graph.models:
            if on_model is not None:
                on_model(model)
            if model.inputs & self._changed.keys():
                written = self._refresh(model)
                rows += written if model.is_published else 0
        return rows

    def run_checks(self, checks: Iterable[Check]) -> list[CheckResult]:
        """Run checks on the keys that the last run touched; what did not change held before and still does.

        A check without a refresh rule runs on everything.
        """
        return [self._check(check) for check in checks]

    def forget(self) -> None:
        """Drop the temporary tables."""
        rows = self._connection.execute(
            "select table_name from duckdb_tables() where database_name = 'temp' and temporary"
        ).fetchall()
        for (name,) in rows:
            self._connection.execute(f"drop table temp.main.{name}")

    def _check(self, check: Check) -> CheckResult:
        if not check.inputs & self._changed.keys():
            return CheckResult(check.name, check.severity, 0)
        mappings = self._mappings(check)
        if self._must_replace(check, mappings):
            return run_check(self._connection, check, check.sql)
        keys = self._temporary(f"affected_{check.name}", self._affected(check, mappings))
        if keys.size == 0:
            return CheckResult(check.name, check.severity, 0)
        filters = self._filters(check, mappings, keys.relation)
        return run_check(self._connection, check, restricted(check.sql, check.tree, filters))

    def _refresh(self, model: Model) -> int:
        mappings = self._mappings(model)
        if self._must_replace(model, mappings):
            return self._replace(model)
        return self._update(model, mappings)

    def _mappings(self, model: Query) -> dict[str, tuple[str, ...]]:
        found = {name: model.refresh.mapping(name, self._columns_of(name)) for name in model.inputs}
        return {name: columns for name, columns in found.items() if columns is not None}

    def _must_replace(self, model: Query, mappings: dict[str, tuple[str, ...]]) -> bool:
        if not model.refresh.columns:
            return True
        known = mappings.keys() | model.refresh.affected.keys()
        return any(name not in known for name in model.inputs & self._changed.keys())

    def _update(self, model: Model, mappings: dict[str, tuple[str, ...]]) -> int:
        keys = self._temporary(f"affected_{model.name}", self._affected(model, mappings))
        if keys.size == 0:
            return 0
        sql = restricted(model.sql, model.tree, self._filters(model, mappings, keys.relation))
        if model.refresh.reads:
            own = _match("made", model.refresh.columns, model.refresh.columns)
            sql = f"select made.* from ({sql}\n) as made semi join {keys.relation} as k on {own}"
        return self._write(model, self._old(model, keys.relation), sql)

    def _replace(self, model: Model) -> int:
        return self._write(model, f"(select {_OLD} from build.main.{model.name} as whole_row)", model.sql)

    def _old(self, model: Model, keys: str) -> str | None:
        """Return the model's rows with these refresh keys; None when it has none, which is how most new events find it.

        Looking for row numbers first reads the key's columns alone.
        """
        table, columns = f"build.main.{model.name}", model.refresh.columns
        own = _match("source", columns, columns)
        rows = self._temporary(
            f"rows_{model.name}",
            f"select source.rowid as row_number from {table} as source semi join {keys} as k on {own}",
        )
        if rows.size == 0:
            return None
        found = rows.relation
        return f"(select {_OLD} from {table} as whole_row semi join {found} as r on whole_row.rowid = r.row_number)"

    def _write(self, model: Model, old: str | None, sql: str) -> int:
        """Write the rows that differ, and remember them for the models that read this one."""
        new = self._temporary(f"new_{model.name}", f"select {_NEW} from ({sql}\n) as whole_row")
        if old is None:
            return self._apply(
                model, None, _Rows(f"(select * exclude (row_hash) from {new.relation})", new.size)
            )
        before = self._temporary(f"old_{model.name}", old).relation
        gone = self._temporary(
            f"gone_{model.name}",
            f"select o.* from {before} as o anti join {new.relation} as n on o.row_hash = n.row_hash",
        )
        arrived = self._temporary(
            f"arrived_{model.name}",
            f"select n.* exclude (row_hash) from {new.relation} as n"
            f" anti join {before} as o on n.row_hash = o.row_hash",
        )
        return self._apply(model, gone if gone.size else None, arrived)

    def _apply(self, model: Model, gone: _Rows | None, arrived: _Rows) -> int:
        table = f"build.main.{model.name}"
        if gone is not None:
            self._connection.execute(
                f"delete from {table} as source using {gone.relation} as g where source.rowid = g.row_number"
            )
        if arrived.size:
            self._connection.execute(f"insert into {table} select * from {arrived.relation}")
        if gone is not None:
            went = f"select * exclude (row_number, row_hash) from {gone.relation}"
            self._changed[model.name] = f"({went} union all select * from {arrived.relation})"
        elif arrived.size:
            self._changed[model.name] = arrived.relation
        if model.is_published and (gone is not None or arrived.size):
            self.changes[model.name] = Change(
                None if gone is None else gone.relation, arrived.relation if arrived.size else None
            )
        return arrived.size + (0 if gone is None else gone.size)

    def _filters(self, query: Query, mappings: dict[str, tuple[str, ...]], keys: str) -> dict[str, str]:
        """Return what stands for each input: its rows with these refresh keys.

        Their row numbers are looked for first, which reads the key's columns alone; DuckDB then skips what lies between
        those rows. A join with the keys themselves would read every column of every row. Of an input that holds no key,
        it is what the rule says these keys read.
        """
        keyed = {
            name: f"(select source.* from {name} as source semi join"
            f" (select keyed.rowid as row_number from {name} as keyed semi join {keys} as k"
            f" on {_match('keyed', columns, query.refresh.columns)}) as r on source.rowid = r.row_number)"
            for name, columns in mappings.items()
        }
        return keyed | {
            name: f"(with keys as (select * from {keys}) select * from {name} where {condition})"
            for name, condition in query.refresh.reads.items()
        }

    def _affected(self, model: Query, mappings: dict[str, tuple[str, ...]]) -> str:
        parts = []
        for name in sorted(model.inputs & self._changed.keys()):
            changed = self._changed[name]
            if name in mappings:
                pairs = zip(mappings[name], model.refresh.columns, strict=True)
                columns = ", ".join(f"{column} as {key}" for column, key in pairs)
                parts.append(f"select {columns} from {changed} as changed")
            else:
                parts.append(f"with changed as (select * from {changed}) {model.refresh.affected[name]}")
        known = " and ".join(f"{column} is not null" for column in model.refresh.columns)
        union = " union all ".join(f"({part})" for part in parts)
        return f"select distinct * from ({union}) as touched where {known}"

    def _columns_of(self, relation: str) -> frozenset[str]:
        if relation not in self._columns:
            cursor = self._connection.execute(f"select * from {relation} limit 0")
            self._columns[relation] = frozenset(column[0] for column in cursor.description or [])
            cursor.fetchall()
        return self._columns[relation]

    def _temporary(self, name: str, query: str) -> _Rows:
        made = first_row(self._connection, f"create or replace temp table {name} as {query}")
        assert made is not None
        return _Rows(f"temp.main.{name}", int(made[0]))


def _match(alias: str, columns: tuple[str, ...], keys: tuple[str, ...]) -> str:
    pairs = zip(columns, keys, strict=True)
    return " and ".join(f"{alias}.{column} = k.{key}" for column, key in pairs)
