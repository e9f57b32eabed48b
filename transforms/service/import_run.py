"""Get imports into the tables: in this process, or by the pipeline that runs already."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cbw.errors import AlreadyServedError, WarehouseError
from transforms.pipeline.pipeline import Pipeline
from transforms.store.heartbeat import Heartbeat

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cbw.settings import Settings
    from ingest.load.import_inbox import ImportInbox
    from transforms.store.runs import Run

POLL_SECONDS = 0.2
# A running pipeline that has not answered for this long may be gone: then the work is ours.
TAKE_OVER_SECONDS = 5.0
# How a run ends that has loaded what there was.
ENDED = {"published", "unchanged", "blocked"}


@dataclass(frozen=True, slots=True)
class ImportRun:
    """What became of imports.

    Attributes:
        added: Deliveries that were not in ``raw_events`` before; None while a running pipeline still has to load them.
        status: Of the run that loaded them (see `Run`); ``loaded`` without a refresh, ``waiting`` before the load.
        published_version: What readers see now.
        detail: Why the run was blocked or failed.
    """

    added: int | None
    status: str
    published_version: int | None = None
    detail: str | None = None


def loaded_positions(settings: Settings) -> dict[str, int]:
    """Return how far each inbox was loaded when the pipeline last said so; look before there is something to load."""
    beat = Heartbeat.read(settings.data_dir)
    return {} if beat is None else beat.positions


def load_only(settings: Settings, imports: Sequence[ImportInbox]) -> ImportRun:
    """Load imports into ``raw_events``, and leave the tables to the next refresh.

    Raises:
        duckdb.Error, sqlite3.Error, OSError: The load failed; it can be repeated.
    """
    pipeline = _open(settings)
    if pipeline is None:
        return ImportRun(None, "waiting")
    with pipeline:
        before = pipeline.store.positions()
        pipeline.load()
        return ImportRun(_added(imports, before, pipeline.store.positions()), "loaded")


def refresh(
    settings: Settings,
    imports: Sequence[ImportInbox],
    before: Mapping[str, int],
    run: Callable[[Pipeline], Run],
) -> ImportRun:
    """Load imports and bring the published warehouse up to date.

    Args:
        settings: Where the files are.
        imports: What must be loaded; the loader finds them in the inbox directory.
        before: `loaded_positions`, from before the imports were made.
        run: Runs a pipeline of our own, where no other is running.

    Raises:
        WarehouseError: The running pipeline fails; the imports are kept, and loaded when it works again.
        duckdb.Error, sqlite3.Error, OSError: Our own run failed; it can be repeated.
    """
    while True:
        pipeline = _open(settings)
        if pipeline is not None:
            with pipeline:
                before = pipeline.store.positions()
                done = run(pipeline)
                added = _added(imports, before, pipeline.store.positions())
            return ImportRun(added, done.status, done.published_version, done.detail)
        beat = _wait(settings, imports)
        if beat is not None:
            added = _added(imports, before, beat.positions)
            return ImportRun(added, beat.last_status, beat.published_version, beat.last_error)


def _open(settings: Settings) -> Pipeline | None:
    try:
        return Pipeline(settings, is_lasting=False)
    except AlreadyServedError:
        return None


def _wait(settings: Settings, imports: Sequence[ImportInbox]) -> Heartbeat | None:
    """Return the beat after the run that loaded all imports; None when it does not come soon."""
    old = _said(Heartbeat.read(settings.data_dir))
    deadline = time.monotonic() + TAKE_OVER_SECONDS
    while time.monotonic() < deadline:
        beat = Heartbeat.read(settings.data_dir)
        if beat is not None and _has_loaded(beat, imports):
            return beat
        if beat is not None and beat.last_status == "failed" and _said(beat) != old:
            raise WarehouseError(
                f"the running pipeline fails: {beat.last_error}",
                hint="the import is kept, and loaded when it works again",
            )
        time.sleep(POLL_SECONDS)
    return None


def _said(beat: Heartbeat | None) -> Heartbeat | None:
    """Return what a beat says of its last run, whenever it was said."""
    return beat and replace(beat, beat_at="")


def _has_loaded(beat: Heartbeat, imports: Sequence[ImportInbox]) -> bool:
    return beat.last_status in ENDED and all(
        each.deliveries <= beat.positions.get(each.inbox_id, 0) for each in imports
    )


def _added(imports: Sequence[ImportInbox], before: Mapping[str, int], after: Mapping[str, int]) -> int:
    ids = {each.inbox_id for each in imports}  # the same history may have been named twice
    return sum(after.get(inbox_id, 0) - before.get(inbox_id, 0) for inbox_id in ids)
