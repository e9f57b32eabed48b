"""Restore ``events.duckdb`` from the archive and the inboxes: every delivery that either holds, exactly once.

The new file is completed in a directory of its own and renamed into place, so a killed restore is just started again.
Archived rows keep their load sequence. Rows that only an inbox holds come after them, and the next run archives them.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from cbw.data_dir import BUILD, EVENTS
from cbw.duck import literal
from cbw.durable import sync
from cbw.errors import WarehouseError
from ingest.inbox.sources import Sources
from ingest.load.raw_events import load
from transforms.archive.check import archived_rows
from transforms.archive.source import NotArchived, known_erasures, whole_files
from transforms.privacy.redacting_source import without_forgotten
from transforms.recovery.gaps import Gap, find_gaps
from transforms.store.damage import is_damage, set_aside
from transforms.store.erasures import restore_erasures
from transforms.store.files import wal_of
from transforms.store.state import WATERMARK, remove_state
from transforms.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from cbw.settings import Settings
    from ingest.inbox.reader import InboxReader

SCRATCH = "restoring"
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Restored:
    """The outcome of a restore.

    Attributes:
        from_archive: The number of raw events from the archive.
        from_inboxes: The number of raw events that only an inbox held.
        gaps: The deliveries that neither holds.
        set_aside: The new name of the former file; None when there was none.
    """

    from_archive: int
    from_inboxes: int
    gaps: tuple[Gap, ...]
    set_aside: Path | None = None

    @property
    def missing(self) -> int:
        """The number of lost deliveries."""
        return sum(gap.missing for gap in self.gaps)

    @property
    def detail(self) -> str:
        """The lost deliveries, in words."""
        more = "" if len(self.gaps) <= SHOWN else f"; and of {len(self.gaps) - SHOWN:,} more inboxes"
        return "; ".join(map(str, self.gaps[:SHOWN])) + more


class IncompleteRestoreError(WarehouseError):
    """Deliveries that were acknowledged cannot be restored; nothing was changed.

    Args:
        restored: The outcome that the restore would have, with its gaps.
    """

    def __init__(self, restored: Restored) -> None:
        super().__init__(
            f"{restored.missing:,} deliveries are neither in the archive nor in an inbox: {restored.detail}",
            hint="put the missing archive files or inboxes back; or accept the loss with `cbw restore --allow-gaps`",
        )
        self.restored = restored


def restore(settings: Settings, directory: Path, why: str, *, allow_gaps: bool = False) -> Restored:
    """Put a new ``events.duckdb`` in the place of the present one, if any; the caller holds the files' lock.

    Args:
        settings: The data directory.
        directory: The archive; it need not exist.
        why: The word in the name under which the present file is set aside.
        allow_gaps: Restore even if deliveries are lost.

    Raises:
        IncompleteRestoreError: Deliveries would be lost; nothing was changed.
        duckdb.Error, sqlite3.Error, OSError: The disk is full or not writable; nothing was changed.
    """
    scratch = settings.data_dir / SCRATCH
    shutil.rmtree(scratch, ignore_errors=True)
    try:
        restored = _fill(settings, scratch, directory)
        if restored.gaps and not allow_gaps:
            raise IncompleteRestoreError(restored)
        aside = _put(settings, scratch / EVENTS, why)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return Restored(restored.from_archive, restored.from_inboxes, restored.gaps, aside)


def _fill(settings: Settings, scratch: Path, directory: Path) -> Restored:
    store = Store.open(settings.model_copy(update={"data_dir": scratch}))
    try:
        with store.transaction() as connection:
            restore_erasures(connection, known_erasures(directory))
            rows = archived_rows(directory, whole_files(directory))
            connection.execute(
                f"insert into events.raw_events by name select * from {rows} order by sequence"
            )
            connection.execute(
                "insert into events.inbox_positions "
                "select inbox_id, max(inbox_sequence) from events.raw_events group by inbox_id"
            )
        from_archive, last = store.one("select count(*), coalesce(max(sequence), 0) from events.raw_events")
        # Load sequences without a gap prove that a number below its inbox's position and not in the table was never
        # loaded.
        known = store.positions() if from_archive == last else {}
        tips, from_inboxes = _load_inboxes(store, settings, known)
        gaps = tuple(find_gaps(store, settings, tips, known))
        store.checkpoint()
    finally:
        store.close()
    return Restored(int(str(from_archive)), from_inboxes, gaps)


def _load_inboxes(
    store: Store, settings: Settings, whole_through: dict[str, int]
) -> tuple[dict[str, int], int]:
    """Load the deliveries that the archive lacks; return the tip of each inbox and the number of deliveries."""
    tips: dict[str, int] = {}
    loaded = 0
    with Sources(settings.inbox_dir).opened() as readers:
        for reader in readers:
            tips[reader.inbox_id] = reader.tip()
            if reader.inbox_id in whole_through:
                loaded += load(store.connection, without_forgotten(store, [reader])).deliveries
            else:
                loaded += _load_missing(store, reader)
    return tips, loaded


def _load_missing(store: Store, reader: InboxReader) -> int:
    """Load an inbox from its first delivery on, without those that the remaining files of the archive hold."""
    rows = store.connection.execute(
        "select inbox_sequence from events.raw_events where inbox_id = ?", [reader.inbox_id]
    ).fetchall()
    _set_position(store, reader.inbox_id, 0)
    sources = without_forgotten(store, [NotArchived(reader, {int(row[0]) for row in rows})])
    deliveries = load(store.connection, sources).deliveries
    (position,) = store.one(
        "select coalesce(max(inbox_sequence), 0) from events.raw_events where inbox_id = ?", [reader.inbox_id]
    )
    _set_position(store, reader.inbox_id, int(str(position)))
    return deliveries


def _set_position(store: Store, inbox_id: str, position: int) -> None:
    with store.transaction() as connection:
        connection.execute("delete from events.inbox_positions where inbox_id = ?", [inbox_id])
        if position:
            connection.execute("insert into events.inbox_positions values (?, ?)", [inbox_id, position])


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
