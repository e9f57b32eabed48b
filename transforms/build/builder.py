"""Build the tables, all of them or by what changed, and check them."""

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

# A warning counts rows of whole tables; between two counts, the last one stands.
WARNING_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did.

    Attributes:
        rows_changed: Rows of published tables written or removed.
        checks: What the checks said; those of blocking checks cover everything that changed.
        changes: What differs in each published table, until `Builder.forget`; None after building everything.
    """

    rows_changed: int
    checks: tuple[CheckResult, ...]
    changes: Mapping[str, Change] | None = None

    @property
    def objection(self) -> str:
        """Which blocking checks do not hold, and how often; empty when all hold."""
        failed = (check for check in self.checks if check.blocks)
        return ", ".join(f"{check.name}: {check.violations}" for check in failed)


class Builder:
    """Builds tables and remembers the last warnings.

    Args:
        graph: The models.
        checks: What must hold before a version is published, and what is worth a warning.
        many: From so many raw events on, a refresh looks for rows by their places.
        bodies: How many bodies a query of a full build reads at once.
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
        """Replace every table by its SELECT."""
        self._refresh = None
        rows = rebuild(connection, self._graph, on_model=on_model, bodies=self._bodies)
        return self._built(connection, rows, run_checks(connection, self._blocking), is_fresh=True)

    def build_changed(
        self,
        connection: duckdb.DuckDBPyConnection,
        since: int,
        on_model: Callable[[Model], None] | None = None,
        *,
        is_small: bool = True,
    ) -> Built:
        """Refresh what the raw events after load sequence ``since`` touch, and check that.

        ``is_small`` says whether they are few.
        """
        self.make_ready(connection)
        assert self._refresh is not None
        rows = self._refresh.run(since, is_small=is_small, on_model=on_model)
        built = self._built(connection, rows, self._refresh.run_checks(), is_fresh=False)
        return replace(built, changes=self._refresh.changes)

    def make_ready(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make what refreshes of this connection share, before the first one's transaction."""
        if self._refresh is None or self._refresh.connection is not connection:
            self._refresh = IncrementalRefresh(connection, self._graph, self._blocking, many=self._many)

    def forget(self) -> None:
        """Let go of what the last refresh kept of the rows that differ, after its transaction."""
        if self._refresh is None:
            return
        self._refresh.forget()
        if self._refresh.is_worn:
            self.close()

    def abandon(self) -> None:
        """Know that what refreshes shared went with its connection."""
        self._refresh = None

    def close(self) -> None:
        """Drop what refreshes share; the next one makes it again."""
        if self._refresh is not None:
            self._refresh.close()
            self._refresh = None

    def _built(
        self, connection: duckdb.DuckDBPyConnection, rows: int, results: list[CheckResult], *, is_fresh: bool
    ) -> Built:
        now = time.monotonic()
        if is_fresh or self._warned_at is None or now - self._warned_at > WARNING_SECONDS:
            self._warnings = run_checks(connection, self._warning)
            self._warned_at = now
        return Built(rows, (*results, *self._warnings))
