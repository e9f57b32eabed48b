"""Build all tables or refresh the changed rows, and check the result."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from transforms.build.incremental import MANY, IncrementalRefresh
from transforms.build.portions import BODIES
from transforms.build.rebuild import rebuild
from transforms.definitions.checks import CheckResult, run_checks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import duckdb

    from transforms.build.incremental import Change
    from transforms.definitions.checks import Check
    from transforms.definitions.graph import ModelGraph
    from transforms.definitions.model import Model

# Least time between two runs of the warning checks, which read whole tables, in seconds.
WARNING_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Built:
    """The result of a build.

    Attributes:
        rows_changed: The number of rows of published tables written or removed.
        checks: The results of the checks; the blocking ones cover every change.
        changes: The changes of each published table, valid until `Builder.clear_changes`; None after a full build.
    """

    rows_changed: int
    checks: tuple[CheckResult, ...]
    changes: Mapping[str, Change] | None = None

    @property
    def objection(self) -> str:
        """The blocking checks that fail, with their violations; empty when all hold."""
        failed = (check for check in self.checks if check.blocks)
        return ", ".join(f"{check.name}: {check.violations}" for check in failed)


class Builder:
    """Builds tables, and remembers the last warnings.

    Args:
        graph: The models.
        checks: The checks, blocking and warning.
        many: The number of raw events from which a refresh locates rows by their places.
        bodies: The number of bodies that a query of a full build reads at once.
    """

    def __init__(
        self, graph: ModelGraph, checks: tuple[Check, ...], *, many: int = MANY, bodies: int = BODIES
    ) -> None:
        self._graph = graph
        self._bodies = bodies
        self._many = many
        self._blocking = tuple(check for check in checks if check.is_blocking)
        self._warning = tuple(check for check in checks if not check.is_blocking)
        self._warnings: list[CheckResult] = []
        self._warned_at: float | None = None
        self._refresh: IncrementalRefresh | None = None

    def build_all(
        self, connection: duckdb.DuckDBPyConnection, on_model: Callable[[Model], None] | None = None
    ) -> Built:
        """Replace every table by the rows of its SELECT."""
        self._refresh = None
        rows = rebuild(connection, self._graph, on_model=on_model, bodies=self._bodies)
        return self._built(connection, rows, run_checks(connection, self._blocking), runs_all=True)

    def build_changed(
        self,
        connection: duckdb.DuckDBPyConnection,
        since: int,
        on_model: Callable[[Model], None] | None = None,
        *,
        is_small: bool = True,
    ) -> Built:
        """Refresh the rows that the raw events after load sequence ``since`` affect, and check them.

        Args:
            connection: The connection, inside a transaction.
            since: The last load sequence that the tables include.
            on_model: Called before each model, for a progress bar.
            is_small: Whether the new events are few.
        """
        self.initialise(connection)
        assert self._refresh is not None
        rows = self._refresh.run(since, is_small=is_small, on_model=on_model)
        built = self._built(connection, rows, self._refresh.run_checks(), runs_all=False)
        return replace(built, changes=self._refresh.changes)

    def initialise(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Create the temporary tables that the refreshes of a connection share, outside of any transaction."""
        if self._refresh is None or self._refresh.connection is not connection:
            self._refresh = IncrementalRefresh(connection, self._graph, self._blocking, many=self._many)

    def clear_changes(self) -> None:
        """Delete the changed rows that the last refresh kept for the publish, after its transaction."""
        if self._refresh is None:
            return
        self._refresh.clear_changes()
        if self._refresh.must_be_replaced:
            self.close()

    def reset(self) -> None:
        """Start without temporary tables and plans, after their connection was closed."""
        self._refresh = None

    def close(self) -> None:
        """Drop the temporary tables and plans; the next refresh creates them again."""
        if self._refresh is not None:
            self._refresh.close()
            self._refresh = None

    def _built(
        self, connection: duckdb.DuckDBPyConnection, rows: int, results: list[CheckResult], *, runs_all: bool
    ) -> Built:
        now = time.monotonic()
        if runs_all or self._warned_at is None or now - self._warned_at > WARNING_SECONDS:
            self._warnings = run_checks(connection, self._warning)
            self._warned_at = now
        return Built(rows, (*results, *self._warnings))
