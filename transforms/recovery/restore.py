"""Restore ``events.duckdb`` from the archive and the inboxes: every delivery that either holds, exactly once.

The new file is completed in a directory of its own and renamed into place, so a killed restore is just started again.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import duckdb

from cbw.data_dir import BUILD, EVENTS
from cbw.duck import literal
from cbw.durable import sync
from transforms.archive.manifest import FILE_NAME
from transforms.archive.nights import CHANGED, PREFIX, nights_directory
from transforms.archive.owner import plan_owner
from transforms.archive.source import Archive
from transforms.recovery.fill import fill
from transforms.recovery.restored import IncompleteRestoreError, Restored
from transforms.store.damage import is_damage, set_aside
from transforms.store.files import wal_of
from transforms.store.gaps import write_gaps
from transforms.store.state import WATERMARK, remove_state

if TYPE_CHECKING:
    from pathlib import Path

    from cbw.settings import Settings
    from transforms.store.gaps import Gap

SCRATCH = "restoring"


def restore(
    settings: Settings,
    directory: Path,
    why: str,
    *,
    allow_gaps: bool = False,
    can_wait_for_nights: bool = False,
) -> Restored:
    """Put a new ``events.duckdb`` in the place of the present one, if any; the caller holds the files' lock.

    The owner's files that the data directory lacks come back too. Where losses are accepted, the data directory's own
    archive then promises only its remaining files, and names the losses.

    Args:
        settings: The data directory.
        directory: The archive; it need not exist.
        why: The word in the name under which the present file is set aside.
        allow_gaps: Restore even if deliveries are lost.
        can_wait_for_nights: Restore even if an archived night is changed: the nightly job freezes nothing before
            somebody puts it back.

    Raises:
        IncompleteRestoreError: Deliveries, nights or an owner's file would be lost; nothing was changed.
        duckdb.Error, sqlite3.Error, OSError: The disk is full or not writable; nothing was changed.
    """
    scratch = settings.data_dir / SCRATCH
    shutil.rmtree(scratch, ignore_errors=True)
    archive = Archive.open(directory)
    try:
        restored = fill(settings, scratch, archive, plan_owner(settings, directory, archive.manifest))
        if can_wait_for_nights:
            restored = replace(restored, gaps=tuple(gap for gap in restored.gaps if not _can_wait(gap)))
        if restored.gaps and not allow_gaps:
            raise IncompleteRestoreError(restored)
        restored = _accept(scratch / EVENTS, restored)
        restored.owner.write(settings.data_dir, directory)
        is_own = directory.resolve() == settings.archive_dir.resolve()
        if is_own and (restored.gaps or restored.faults):
            _lower_promises(archive, restored)
        aside = _put(settings, scratch / EVENTS, why)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return replace(restored, set_aside=aside)


def _can_wait(gap: Gap) -> bool:
    return gap.kind == "night" and gap.reason == CHANGED


def _accept(events: Path, restored: Restored) -> Restored:
    """Record the losses in the new file, and return them with the time of their acceptance."""
    if not restored.gaps:
        return restored
    now = datetime.now(tz=UTC).isoformat()
    gaps = tuple(replace(gap, accepted_at=now) for gap in restored.gaps)
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"attach {literal(str(events))} as events")
        write_gaps(connection, gaps)
        connection.execute("checkpoint events")  # the file is renamed without its WAL
    return replace(restored, gaps=gaps)


def _lower_promises(archive: Archive, restored: Restored) -> None:
    """Set the faulty files of an archive aside, and have its manifest name the others and the losses.

    The next run archives the rows that an inbox made up for.
    """
    gaps = (*restored.accepted, *restored.gaps)
    for path in _faulty(archive, restored.gaps):
        if path.exists():
            set_aside(path, "corrupt")
    lost_nights, lost_files = ({gap.name for gap in gaps if gap.kind == kind} for kind in ("night", "file"))
    manifest = archive.manifest
    replace(
        manifest,
        files=() if archive.problem else archive.files,
        gaps=tuple(gap.as_json for gap in gaps),
        nights=_without(manifest.nights, lost_nights),
        owner_files=manifest.owner_files
        and tuple(file for file in manifest.owner_files if file.name not in lost_files),
    ).write(archive.directory)


def _faulty(archive: Archive, gaps: tuple[Gap, ...]) -> list[Path]:
    paths = [archive.directory / fault.file.path for fault in archive.faults]
    nights = nights_directory(archive.directory)
    paths += [nights / f"{PREFIX}{gap.name}" for gap in gaps if gap.kind == "night"]
    return [*paths, archive.directory / FILE_NAME] if archive.problem == "damaged" else paths


def _without(names: tuple[str, ...] | None, lost: set[str]) -> tuple[str, ...] | None:
    return None if names is None else tuple(name for name in names if name not in lost)


def _put(settings: Settings, made: Path, why: str) -> Path | None:
    """Rename the new file into place; the next run builds all tables, because load sequences may differ."""
    path = settings.data_dir / EVENTS
    _invalidate_tables(settings.data_dir / BUILD)
    is_there = path.exists() or wal_of(path).exists()
    aside = set_aside(path, why) if is_there else None
    sync(made)
    made.rename(path)
    sync(path.parent)
    return aside


def _invalidate_tables(path: Path) -> None:
    if not path.exists():
        return
    try:
        with duckdb.connect(":memory:") as connection:
            connection.execute(f"attach {literal(str(path))} as build")
            remove_state(connection, WATERMARK)
    except duckdb.Error as exc:
        if not is_damage(exc):
            raise
        set_aside(path, "corrupt")
