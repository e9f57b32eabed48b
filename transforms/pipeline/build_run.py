"""Refresh the tables or build all of them, and record that in the same transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from cbw.logs import Logger
from ingest.load.raw_events import watermark
from transforms.build.new_build import new_build
from transforms.store.failure import describe
from transforms.store.runs import record
from transforms.store.state import (
    FINGERPRINT,
    PUBLISHED_VERSION,
    WATERMARK,
    WORKING_COPY,
    remove_state,
    set_state,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from transforms.build.builder import Builder, Built
    from transforms.build.incremental import Change
    from transforms.definitions.model import Model
    from transforms.pipeline.table_state import TableState
    from transforms.store.runs import Run
    from transforms.store.store import Store

log = Logger(__name__)


class BlockedError(Exception):
    """A blocking check failed, and the build was rolled back.

    Args:
        run: The blocked run; its detail names the check.
    """

    def __init__(self, run: Run) -> None:
        super().__init__(run.detail)
        self.run = run


class BuildRun:
    """The part of a run between loading and publishing.

    Args:
        store: The private files.
        builder: Builds and checks the tables.
        fingerprint: The digest of the definitions, aliases and zone in use.
        keeps_plans: Whether the plans of a small refresh are kept for the next.
    """

    def __init__(self, store: Store, builder: Builder, fingerprint: str, *, keeps_plans: bool) -> None:
        self._store = store
        self._builder = builder
        self._fingerprint = fingerprint
        self._keeps_plans = keeps_plans

    def do(
        self, run: Run, state: TableState, on_model: Callable[[Model], None] | None
    ) -> tuple[Run, Mapping[str, Change] | None]:
        """Build, check and record: all of it or nothing.

        Args:
            run: Its mode chooses between a refresh and a full build.
            state: The state of the tables before it.
            on_model: Called before each model, for a progress bar.

        Returns:
            The run, and the changes of each published table; None instead of changes after a full build.

        Raises:
            BlockedError: A blocking check failed.
            duckdb.Error, OSError: The build failed and was rolled back.
        """
        self._store.use_threads(state.threads(run.mode))
        if run.mode == "incremental":
            return self._refresh(run, state, on_model)
        self._builder.close()
        try:
            return self._build_all(run, on_model), None
        except duckdb.OutOfMemoryException as exc:
            # Each thread needs memory of its own, and nothing predicts how much.
            log.warning("pipeline.retry", run_id=run.run_id, threads=1, detail=describe(exc))
            self._store.use_threads(1)
            return self._build_all(run, on_model), None

    def _refresh(
        self, run: Run, state: TableState, on_model: Callable[[Model], None] | None
    ) -> tuple[Run, Mapping[str, Change] | None]:
        self._builder.initialise(self._store.connection)
        with self._store.transaction() as connection:
            is_small = state.is_little_behind and self._keeps_plans
            built = self._builder.build_changed(connection, state.watermark, on_model, is_small=is_small)
            return self._settle(run, built), built.changes

    def _build_all(self, run: Run, on_model: Callable[[Model], None] | None) -> Run:
        with new_build(self._store):
            built = self._builder.build_all(self._store.connection, on_model)
            with self._store.transaction():
                return self._settle(run, built)

    def _settle(self, run: Run, built: Built) -> Run:
        """Record the state of the tables in the open transaction, or raise where a blocking check failed."""
        connection = self._store.connection
        run = run.ended(
            "built", watermark=watermark(connection), rows_changed=built.rows_changed, checks=built.checks
        )
        if built.objection:
            raise BlockedError(run.ended("blocked", detail=built.objection))
        set_state(connection, WATERMARK, run.watermark)
        set_state(connection, FINGERPRINT, self._fingerprint)
        remove_state(connection, PUBLISHED_VERSION, WORKING_COPY)
        record(connection, run)
        return run
