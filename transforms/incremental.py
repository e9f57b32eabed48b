"""Refresh every model by what changed: the cost follows the changed rows, not the stored ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from transforms.checks import CheckResult, run_check
from transforms.refresh_rule import restricted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import duckdb

    from transforms.checks import Check
    from transforms.models import Model, ModelGraph, Query

SOURCE = "raw_events"


class IncrementalRefresh:
    """One refresh inside one open transaction.

    For each model, in dependency order: find the refresh keys that the changed rows of its inputs touch, old versions
    and new; run the model's own SELECT on the inputs filtered to those keys; replace the model's rows with those keys;
    and hand the rows that really differ on to the models that read it. A model whose rows come out the same stops the
    ripple.

    Args:
        connection: Its search path finds all tables; temporary tables are made in memory.
        graph: The models, all of which must have been built before.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, graph: ModelGraph) -> None:
        self._connection = connection
        self._graph = graph
        # relation -> the rows of it that changed, old and new versions, as something to select from
        self._changed: dict[str, str] = {}

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
        return run_check(
            self._connection, check, restricted(check.sql, check.tree, self._filters(check, mappings, keys))
        )

    def _refresh(self, model: Model) -> int:
        mappings = self._mappings(model)
        if self._must_replace(model, mappings):
            return self._replace(model)
        return self._update(model, mappings)

    def _mappings(self, model: Query) -> dict[str, tuple[str, ...]]:
        found = {name: model.refresh.mapping(name, self._columns(name)) for name in model.inputs}
        return {name: columns for name, columns in found.items() if columns is not None}

    def _must_replace(self, model: Query, mappings: dict[str, tuple[str, ...]]) -> bool:
        if not model.refresh.columns:
            return True
        known = mappings.keys() | model.refresh.affected.keys()
        return any(name not in known for name in model.inputs & self._changed.keys())

    def _update(self, model: Model, mappings: dict[str, tuple[str, ...]]) -> int:
        keys = self._temporary(f"affected_{model.name}", self._affected(model, mappings))
        if self._count(keys) == 0:
            return 0
        own = _match("source", model.refresh.columns, model.refresh.columns)
        old = self._temporary(
            f"old_{model.name}",
            f"select source.* from build.main.{model.name} as source semi join {keys} as k on {own}",
        )
        sql = restricted(model.sql, model.tree, self._filters(model, mappings, keys))
        new = self._temporary(f"new_{model.name}", sql)
        changed = self._difference(model, old, new)
        if changed:
            self._connection.execute(
                f"delete from build.main.{model.name} as source using {keys} as k where {own}"
            )
            self._connection.execute(f"insert into build.main.{model.name} select * from {new}")
        return changed

    def _replace(self, model: Model) -> int:
        new = self._temporary(f"new_{model.name}", model.sql)
        changed = self._difference(model, f"build.main.{model.name}", new)
        if changed:
            self._connection.execute(f"delete from build.main.{model.name}")
            self._connection.execute(f"insert into build.main.{model.name} select * from {new}")
        return changed

    def _filters(self, query: Query, mappings: dict[str, tuple[str, ...]], keys: str) -> dict[str, str]:
        return {
            name: f"(select source.* from {name} as source semi join {keys} as k"
            f" on {_match('source', columns, query.refresh.columns)})"
            for name, columns in mappings.items()
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
        return "select distinct * from (" + " union all ".join(f"({part})" for part in parts) + ") as touched"

    def _difference(self, model: Model, old: str, new: str) -> int:
        changed = self._temporary(
            f"changed_{model.name}",
            f"(select * from {old} except all select * from {new}) union all"
            f" (select * from {new} except all select * from {old})",
        )
        count = self._count(changed)
        if count:
            self._changed[model.name] = changed
        return count

    def _columns(self, relation: str) -> frozenset[str]:
        cursor = self._connection.execute(f"select * from {relation} limit 0")
        return frozenset(column[0] for column in cursor.description or [])

    def _temporary(self, name: str, query: str) -> str:
        self._connection.execute(f"create or replace temp table {name} as {query}")
        return f"temp.main.{name}"

    def _count(self, relation: str) -> int:
        row = self._connection.execute(f"select count(*) from {relation}").fetchone()
        assert row is not None
        return int(row[0])


def _match(alias: str, columns: tuple[str, ...], keys: tuple[str, ...]) -> str:
    pairs = zip(columns, keys, strict=True)
    return " and ".join(f"{alias}.{column} is not distinct from k.{key}" for column, key in pairs)
