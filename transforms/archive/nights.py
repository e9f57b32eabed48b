"""The second copy of frozen nights: raw events cannot reproduce them.

``archive/nights/night_date=YYYY-MM-DD/`` holds one Parquet file per table and a manifest with their hashes. It appears
whole, by a rename, and is never changed. ``withdrawn-<time>/`` holds those that a clock ahead of ours froze.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cbw.data_dir import ARCHIVE, make_below
from cbw.duck import literal
from cbw.durable import sync
from cbw.errors import WarehouseError
from cbw.logs import Logger
from transforms.archive.digest import sha256_of
from transforms.archive.manifest import ArchiveManifest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from pathlib import Path

    from transforms.store.store import Store

MANIFEST = "manifest.json"
PREFIX = "night_date="
CHANGED = "changed"
# Each SELECT reads the rows that those before it added.
TABLES = ("nightly_entries", "nightly_figures", "restatement_events", "restatements")
FROZEN = ("nightly_roll_ups", *TABLES)

log = Logger(__name__)


def archive_nights(store: Store) -> int:
    """Archive every frozen night that is not archived yet, and return their number.

    Idempotent, and safe to kill at any moment.

    Raises:
        duckdb.Error, OSError: The disk is full or not writable; archived nights stay as they are.
    """
    archived = set(archived_nights(_directory(store)))
    written = 0
    for (night,) in store.connection.execute(
        "select night_date from events.main.nightly_roll_ups order by night_date"
    ).fetchall():
        if str(night) not in archived:
            _write(store, str(night))
            written += 1
    return written


def nights_directory(events: Path) -> Path:
    """Return the directory of the nights next to an archive of raw events."""
    return events.parent / "nights"


def archived_nights(directory: Path) -> list[str]:
    """Return the dates of the archived nights, in order."""
    paths = directory.glob(f"{PREFIX}*[0-9]/{MANIFEST}")
    return sorted(path.parent.name.removeprefix(PREFIX) for path in paths)


def night_faults(directory: Path, promised: Iterable[str] = ()) -> dict[str, str]:
    """Return the nights that are ``missing``, though an archive's manifest names them, or ``changed``.

    Args:
        directory: The directory of the nights.
        promised: The dates that the manifest names.
    """
    present = archived_nights(directory)
    faults = dict.fromkeys(set(promised) - set(present), "missing")
    for night in present:
        try:
            _check(directory / f"{PREFIX}{night}")
        except WarehouseError:
            faults[night] = CHANGED
    return dict(sorted(faults.items()))


def restore_nights(store: Store) -> int:
    """Restore the archived nights that ``events.duckdb`` lacks, and return their number.

    Raises:
        WarehouseError: A file of the archive is damaged; nothing was restored.
    """
    held = {
        str(night)
        for (night,) in store.connection.execute(
            "select night_date from events.main.nightly_roll_ups"
        ).fetchall()
    }
    directory = _directory(store)
    lost = [night for night in archived_nights(directory) if night not in held]
    for night in lost:
        _check(directory / f"{PREFIX}{night}")
    with store.transaction():
        insert_nights(store, directory, lost)
    return len(lost)


def insert_nights(store: Store, directory: Path, nights: Iterable[str]) -> None:
    """Insert archived nights that are whole; the caller owns the transaction."""
    for night in nights:
        for table in FROZEN:
            path = directory / f"{PREFIX}{night}" / f"{table}.parquet"
            store.connection.execute(
                f"insert into events.main.{table} by name "
                f"select * from read_parquet({literal(str(path))}, hive_partitioning = false)"
            )


def restore_nights_if_whole(store: Store) -> None:
    """Restore nights as `restore_nights` does, but log damage: refreshes go on, and the nightly job raises it again."""
    try:
        restored = restore_nights(store)
    except WarehouseError as exc:
        log.error("nights.not_restored", problem=str(exc))  # noqa: TRY400 - the sentence says it all
    else:
        if restored:
            log.warning("nights.restored", nights=restored)


def withdraw_copies(store: Store, nights: list[date]) -> Path:
    """Move the archived copies of nights into a new directory, where nobody restores them from, and return it.

    The archive's manifest promises them no longer.

    Raises:
        OSError: The archive cannot be written.
    """
    events = store.data_dir / ARCHIVE / "events"
    manifest = ArchiveManifest.read(events)
    if manifest.nights:
        dates = {str(night) for night in nights}
        replace(manifest, nights=tuple(night for night in manifest.nights if night not in dates)).write(
            events
        )
    aside = _directory(store) / f"withdrawn-{datetime.now(tz=UTC):%Y%m%dT%H%M%S.%fZ}"
    aside.mkdir()
    for night in nights:
        path = _directory(store) / f"night_date={night}"
        path.rename(aside / path.name)
    for directory in (aside, aside.parent):
        sync(directory)
    return aside


def _directory(store: Store) -> Path:
    return nights_directory(store.data_dir / ARCHIVE / "events")


def _write(store: Store, night: str) -> None:
    directory = _directory(store) / f"{PREFIX}{night}"
    unfinished = directory.with_name(f"{directory.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)  # a killed run's
    make_below(store.data_dir, unfinished)
    hashes = {table: _copy(store, night, table, unfinished / f"{table}.parquet") for table in FROZEN}
    manifest = unfinished / MANIFEST
    manifest.write_text(json.dumps({"sha256": hashes}, indent=1) + "\n", encoding="utf-8")
    for path in (manifest, unfinished):
        sync(path)
    unfinished.rename(directory)
    for parent in (directory.parent, directory.parent.parent, store.data_dir):
        sync(parent)


def _copy(store: Store, night: str, table: str, path: Path) -> str:
    """Write a night's rows of a table and return the file's SHA-256."""
    store.connection.execute(
        f"copy (select * from events.main.{table} where night_date = date '{night}' order by all) "
        f"to {literal(str(path))} (format parquet, compression zstd)"
    )
    sync(path)
    return sha256_of(path)


def _check(directory: Path) -> None:
    try:
        hashes = json.loads((directory / MANIFEST).read_bytes())["sha256"]
        damaged = [table for table in FROZEN if sha256_of(directory / f"{table}.parquet") != hashes[table]]
    except (OSError, ValueError, LookupError, TypeError) as exc:
        raise _damage(directory, str(exc)) from exc
    if damaged:
        raise _damage(directory, f"{', '.join(damaged)} changed")


def _damage(directory: Path, problem: str) -> WarehouseError:
    return WarehouseError(
        f"the frozen night in {directory} is damaged: {problem}",
        hint="put a copy back; or move it and the nights after it away: they are then frozen again, as known today",
    )
