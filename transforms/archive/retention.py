"""Purge inbox rows that are loaded, archived and old enough.

The pipeline prunes, not the receiver: it alone knows which rows are loaded and archived, and the receiver keeps to one
task. The pipeline writes to the receiver's file in small transactions with pauses, so that a delivery never waits long.
"""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cbw.errors import WarehouseError
from ingest.inbox.damage import is_damage
from ingest.inbox.reader import InboxReader, list_inboxes
from ingest.load.import_inbox import importing, is_import
from transforms.archive.check import verify_archive
from transforms.archive.manifest import ArchiveManifest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from cbw.settings import Settings
    from transforms.archive.manifest import ArchivedFile
    from transforms.store.store import Store

DAY_MICROSECONDS = 86_400_000_000

_ARCHIVED = """
select
    inbox_id,
    least(
        max(inbox_sequence),
        coalesce(min(inbox_sequence) filter (where sequence > ?) - 1, max(inbox_sequence))
    )
from events.raw_events
group by inbox_id
"""


@dataclass(frozen=True, slots=True)
class Retained:
    """The rows and files that a run purged.

    Attributes:
        deliveries: Rows pruned from inboxes.
        imports: Import inboxes removed whole.
    """

    deliveries: int
    imports: int


def retain(store: Store, settings: Settings) -> Retained:
    """Prune the inboxes; run it after `archive`, from the process that owns the store.

    Idempotent, and safe to kill at any moment.

    Raises:
        WarehouseError: A file of the archive that holds rows to prune is lost or changed; nothing is pruned.
        AlreadyServedError: An import is under way.
        sqlite3.OperationalError: An inbox was locked for longer than a second; the rest waits for the next run.
    """
    before = round(time.time() * 1_000_000 - settings.inbox_retention_days * DAY_MICROSECONDS)
    manifest = ArchiveManifest.read(settings.archive_dir)
    archived = dict(store.connection.execute(_ARCHIVED, [manifest.through]).fetchall())
    with importing(settings.inbox_dir):
        oldest = {path: _oldest(path, archived, before) for path in list_inboxes(settings.inbox_dir)}
        due = {path: received_at for path, received_at in oldest.items() if received_at is not None}
        _check(settings.archive_dir, manifest, due.values(), before)
        pruned = [_prune(path, archived, before) for path in due]
    return Retained(sum(rows for rows, _ in pruned), sum(is_removed for _, is_removed in pruned))


def _oldest(path: Path, archived: Mapping[str, int], before: int) -> int | None:
    """Return the time of the oldest delivery that can be pruned; None when there is none, or damage hides it."""
    try:
        with InboxReader(path) as inbox:
            return inbox.oldest_through(archived.get(inbox.inbox_id, 0), before)
    except sqlite3.DatabaseError as exc:
        if is_damage(exc):  # kept whole: it is evidence, and may be the only copy
            return None
        raise


def _check(directory: Path, manifest: ArchiveManifest, oldest: Iterable[int], before: int) -> None:
    """Read the files of every day to prune: the inbox's copy must not be the last."""
    first, last = _day(min(oldest, default=before)), _day(before)
    faults = verify_archive(directory, [file for file in manifest.files if first <= _day_of(file) <= last])
    if faults:
        raise WarehouseError(
            f"nothing is pruned, because the archive is not whole: {', '.join(map(str, faults[:3]))}",
            hint="put the files back, or move the archive away: the next run then writes it again",
        )


def _day(microseconds: int) -> str:
    return f"{datetime.fromtimestamp(microseconds / 1_000_000, tz=UTC):%Y-%m-%d}"


def _day_of(file: ArchivedFile) -> str:
    return file.path.partition("/")[0].removeprefix("received_date=")


def _prune(path: Path, archived: Mapping[str, int], before: int) -> tuple[int, bool]:
    """Prune one inbox; an import that is empty afterwards has no writer, and its file is removed."""
    with InboxReader(path) as inbox:
        rows = inbox.delete_through(archived[inbox.inbox_id], before)
        is_done = is_import(inbox.inbox_id) and not inbox.read_after(0, 1, 1)
    if is_done:
        for name in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
            name.unlink(missing_ok=True)
    return rows, is_done
