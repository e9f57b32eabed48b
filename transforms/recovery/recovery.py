"""Open the private files; restore or rebuild a lost or damaged one without being asked, and report it.

``build.duckdb`` is built from raw events by the next run. ``events.duckdb`` is restored from the archive and the
inboxes. A damaged file is set aside under another name and never deleted.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import duckdb

from cbw.data_dir import BUILD, EVENTS
from cbw.errors import AlreadyServedError, ConfigurationError, WarehouseError
from cbw.locks import hold_files
from cbw.logs import Logger
from ingest.load.raw_events import watermark
from transforms.archive.manifest import ArchiveManifest
from transforms.archive.source import source_archive
from transforms.publish.versions import versions
from transforms.recovery.restore import restore
from transforms.recovery.restored import IncompleteRestoreError, Restored
from transforms.store.damage import damage_of, is_damage, set_aside
from transforms.store.files import wal_of
from transforms.store.heartbeat import Heartbeat
from transforms.store.recoveries import Recovery, record_recovery
from transforms.store.state import WATERMARK, get_state, remove_state
from transforms.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from cbw.settings import Settings

log = Logger(__name__)


def open_store(settings: Settings, suspicion: BaseException | None = None) -> Store:
    """Open both files; the caller holds their lock.

    Args:
        settings: Where they are.
        suspicion: An error that a damaged file may have caused: then both files are first read whole.

    Raises:
        IncompleteRestoreError: ``events.duckdb`` is lost, and deliveries with it; nothing was changed.
        WarehouseError: A file cannot be opened.
        ConfigurationError: The user's alias table is wrong, or the data directory cannot be made.
    """
    if is_damage(suspicion):
        _recover_damaged(settings)
    _recover_lost(settings)
    try:
        store = Store.open(settings)
    except (AlreadyServedError, ConfigurationError):
        raise
    except (WarehouseError, duckdb.Error) as exc:
        if not is_damage(exc) or not _recover_damaged(settings):
            raise
        store = Store.open(settings)
    return _recover_behind(store, settings)


def _recover_damaged(settings: Settings) -> bool:
    """Read both files whole, restore or rebuild a damaged one, and tell whether there was one."""
    is_any_damaged = False
    for file in (BUILD, EVENTS):
        path = settings.data_dir / file
        cause = damage_of(path) if path.exists() else None
        if cause is None:
            continue
        is_any_damaged = True
        if file == BUILD:
            _report(settings, BUILD, f"damaged ({cause})", set_aside(path, "corrupt"))
        else:
            restore_events(settings, settings.archive_dir, f"damaged ({cause})", "corrupt")
    return is_any_damaged


def _recover_lost(settings: Settings) -> None:
    events, build = settings.data_dir / EVENTS, settings.data_dir / BUILD
    is_known = events.exists() or build.exists() or _has_history(settings)
    for path in (events, build):
        if not path.exists() and wal_of(path).exists():
            set_aside(path, "lost")  # DuckDB would replay a WAL without its file into the new one
    if is_known and not build.exists():
        _report(settings, BUILD, "lost", None)
    if is_known and not events.exists():
        restore_events(settings, settings.archive_dir, "lost", "lost")


def _has_history(settings: Settings) -> bool:
    """Tell whether anything that is left shows that there were raw events here."""
    beat = Heartbeat.read(settings.data_dir)
    is_loaded = beat is not None and bool(beat.positions)
    return is_loaded or bool(versions(settings.data_dir)) or any(settings.archive_dir.glob("*/*.parquet"))


def _recover_behind(store: Store, settings: Settings) -> Store:
    """Restore a file that opens but lacks events of the archive: a power cut can lose a whole WAL."""
    held = watermark(store.connection)
    try:
        through = ArchiveManifest.read(settings.archive_dir).through
    except WarehouseError as exc:
        log.error("archive.manifest_damaged", problem=str(exc))  # noqa: TRY400 - archiving and verifying stop at it
        through = 0
    if through > held:
        store.close()
        cause = f"behind the archive (load sequence {held:,} of {through:,})"
        restore_events(settings, settings.archive_dir, cause, "behind")
        store = Store.open(settings)
    elif int(get_state(store.connection, WATERMARK) or 0) > held:
        # The lost events get new load sequences, which may differ from those that the tables were built by.
        with store.transaction() as connection:
            remove_state(connection, WATERMARK)
    return store


def restore_events(
    settings: Settings,
    directory: Path,
    cause: str,
    why: str,
    *,
    allow_gaps: bool = False,
    is_on_request: bool = False,
) -> Restored:
    """Restore ``events.duckdb``, and report it in the log and to ``cbw status``.

    Raises:
        IncompleteRestoreError: Deliveries would be lost; nothing was changed. That is reported as well.
    """
    try:
        done = restore(settings, directory, why, allow_gaps=allow_gaps, can_wait_for_nights=not is_on_request)
    except IncompleteRestoreError as exc:
        _report(settings, EVENTS, cause, None, exc.restored, outcome="refused")
        raise
    _report(settings, EVENTS, cause, done.set_aside, done, outcome="restored")
    return done


def restore_on_request(
    settings: Settings, source: Path | None, *, allow_gaps: bool, replace: bool
) -> Restored:
    """Restore ``events.duckdb`` on request.

    Args:
        settings: The data directory.
        source: The archive, or a directory above it; None for the one in the data directory.
        allow_gaps: Restore even if deliveries are lost.
        replace: Set aside even a file that is not damaged.

    Raises:
        ConfigurationError: There is neither archive nor inbox to restore from, or the file is not damaged.
        IncompleteRestoreError: Deliveries would be lost; nothing was changed.
        AlreadyServedError: A pipeline is running.
    """
    directory = source_archive(settings, source)
    lock = hold_files(settings.data_dir)
    try:
        cause, why = _state_of_events(settings, replace=replace)
        return restore_events(settings, directory, cause, why, allow_gaps=allow_gaps, is_on_request=True)
    finally:
        os.close(lock)


def _state_of_events(settings: Settings, *, replace: bool) -> tuple[str, str]:
    path = settings.data_dir / EVENTS
    if not path.exists():
        return "lost", "lost"
    damage = damage_of(path)
    if damage is not None:
        return f"damaged ({damage})", "corrupt"
    if not replace:
        raise ConfigurationError(
            f"{path} is there, and it is not damaged",
            hint="--replace sets it aside under another name and restores",
        )
    return "replaced on request", "replaced"


def _report(
    settings: Settings,
    file: str,
    cause: str,
    aside: Path | None,
    done: Restored | None = None,
    *,
    outcome: str = "rebuilt",
) -> None:
    restored = done or Restored(0, 0, ())
    recovery = Recovery(
        at=datetime.now(tz=UTC).isoformat(), file=file, cause=cause, outcome=outcome,
        set_aside=None if aside is None else aside.name, from_archive=restored.from_archive,
        from_inboxes=restored.from_inboxes, missing=restored.missing, detail=restored.detail,
        remarks=restored.remarks,
    )  # fmt: skip
    write = log.error if recovery.detail else log.warning
    write("pipeline.recovery", **recovery.as_json)
    record_recovery(settings.data_dir, recovery)
