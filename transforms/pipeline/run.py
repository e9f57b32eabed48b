"""One run, from top to bottom: load, state, build, publish, record."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from transforms.pipeline.build_run import BlockedError, BuildRun
from transforms.pipeline.table_state import TableState
from transforms.publish.publish import publish
from transforms.publish.versions import current_version, versions
from transforms.publish.working_copy import WorkingCopy
from transforms.store.state import PUBLISHED_VERSION, set_state

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from transforms.build.incremental import Change
    from transforms.definitions.model import Model
    from transforms.pipeline.pipeline import Pipeline
    from transforms.store.runs import Run

# Above this size a run ends with a checkpoint of the file, in bytes of its WAL. A checkpoint visits every table: a
# second and more at a million events.
MAX_WAL_BYTES = 32_000_000


def do_run(
    pipeline: Pipeline,
    run: Run,
    *,
    full: bool,
    limit: int | None,
    on_model: Callable[[Model], None] | None,
) -> Run:
    """Bring the published warehouse up to date.

    Args:
        pipeline: The owner of the private files.
        run: As it began.
        full: Build all tables, even if no event is new.
        limit: Load about so many deliveries at most; None for all.
        on_model: Called before each model, for a progress bar.

    Returns:
        The run with its outcome: ``unchanged``, ``blocked`` or ``published``.

    Raises:
        duckdb.Error, sqlite3.Error, OSError: The run failed and must be recorded as such.
        MovedError, WarehouseError: The data directory or a private file was moved away; nothing is published.
    """
    store, graph, data_dir = pipeline.store, pipeline.graph, pipeline.settings.data_dir
    run = replace(run, events_in=pipeline.load(limit))

    state = TableState.of(store, pipeline.fingerprint)
    is_behind = full or state.is_stale
    if not is_behind and state.is_published:
        version = current_version(data_dir)
        return run.ended("unchanged", watermark=state.watermark, published_version=version)

    # Ask before the build: its transaction declares the working copy outdated, so that a crash before the publish
    # cannot hide the changes that the copy lacks. Afterwards no copy looks current, and each publish would copy
    # every table where the changes of this build suffice.
    is_copy_current = WorkingCopy(store, graph).is_current()

    changes: Mapping[str, Change] | None = {}
    if is_behind:
        store.define_aliases(graph)
        build = BuildRun(store, pipeline.builder, pipeline.fingerprint, keeps_plans=pipeline.keeps_plans)
        try:
            run, changes = build.do(replace(run, mode=state.mode(full=full)), state, on_model)
        except BlockedError as exc:
            run = exc.run
            pipeline.record(run)
    else:
        run = run.ended("built", watermark=state.watermark)

    if run.status == "built":
        # The version's file holds the finished record, so that readers never see a run that is still going on.
        published = run.ended("published", published_version=max(versions(data_dir), default=0) + 1)
        pipeline.record(published)
        try:
            pipeline.require_place()
            version = publish(store, graph, changes if is_copy_current else None)
        except BaseException:
            pipeline.record(run)
            raise
        with store.transaction() as connection:
            set_state(connection, PUBLISHED_VERSION, version)
        store.checkpoint(above=MAX_WAL_BYTES)
        run = published

    pipeline.release_memory()
    return run
