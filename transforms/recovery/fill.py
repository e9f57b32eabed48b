"""Fill new private files from an archive and the inboxes, and compare the result with everything that was promised.

Archived rows keep their load sequence. Rows that only an inbox holds come after them, and the next run archives them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.inbox.sources import Sources
from ingest.load.raw_events import load
from transforms.archive.check import archived_rows
from transforms.archive.nights import CHANGED, archived_nights, insert_nights, night_faults, nights_directory
from transforms.archive.source import Archive, NotArchived
from transforms.privacy.redacting_source import without_forgotten
from transforms.recovery.gaps import (
    Evidence,
    find_gaps,
    published_deliveries,
    reported_positions,
    still_missing,
)
from transforms.recovery.restored import Restored
from transforms.store.erasures import restore_erasures
from transforms.store.gaps import Gap, write_gaps
from transforms.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from cbw.settings import Settings
    from ingest.inbox.reader import InboxReader
    from transforms.archive.owner import OwnerPlan


def fill(
    settings: Settings,
    scratch: Path,
    archive: Archive,
    owner: OwnerPlan,
    through: Mapping[str, int] | None = None,
) -> Restored:
    """Make private files in a directory of their own, from the archive and the inboxes of a data directory.

    Args:
        settings: The data directory; it is only read.
        scratch: The directory of the new files.
        archive: The archive.
        owner: The use of its owner files; the caller writes them.
        through: The last number to load from each inbox; None for all deliveries.

    Raises:
        duckdb.Error, sqlite3.Error, OSError: A file cannot be read, or the disk is full or not writable.
    """
    store = Store.open(settings.model_copy(update={"data_dir": scratch}))
    try:
        nights, night_gaps = _insert_archived(store, archive)
        from_archive, last = store.one("select count(*), coalesce(max(sequence), 0) from events.raw_events")
        # Load sequences without a gap prove that a number below its inbox's position and not in the table was never
        # loaded.
        known = store.positions() if from_archive == last else {}
        tips, from_inboxes, unpruned = _load_inboxes(store, settings, known, through)
        accepted = tuple(map(Gap.from_json, archive.manifest.gaps))
        evidence = Evidence(
            archive,
            tips,
            reported_positions(settings) if through is None else through,
            known,
            accepted,
            from_inboxes,
            published_deliveries(settings) if through is None else 0,
        )
        gaps = (
            *find_gaps(store, evidence),
            *night_gaps,
            *_owner_gaps(owner, accepted),
            *_manifest_gap(store, archive, unpruned),
        )
        left = still_missing(store, accepted, owner.names)
        with store.transaction() as connection:
            write_gaps(connection, left)
        store.checkpoint()
    finally:
        store.close()
    return Restored(
        int(str(from_archive)), from_inboxes, gaps, nights=nights, faults=archive.faults, accepted=left,
        owner=owner, not_compared=archive.not_compared,
    )  # fmt: skip


def _insert_archived(store: Store, archive: Archive) -> tuple[int, list[Gap]]:
    """Insert everything that the archive holds whole; return the number of nights and the lost ones."""
    directory = nights_directory(archive.directory)
    faults = night_faults(directory, archive.manifest.nights or ())
    nights = [night for night in archived_nights(directory) if night not in faults]
    with store.transaction() as connection:
        restore_erasures(connection, archive.manifest.erasures)
        rows = archived_rows(archive.directory, archive.files)
        connection.execute(f"insert into events.raw_events by name select * from {rows} order by sequence")
        connection.execute(
            "insert into events.inbox_positions "
            "select inbox_id, max(inbox_sequence) from events.raw_events group by inbox_id"
        )
        insert_nights(store, directory, nights)
    reasons = {
        night: CHANGED if problem == CHANGED else f"not in {directory}" for night, problem in faults.items()
    }
    return len(nights), [Gap("night", night, reason=reason) for night, reason in reasons.items()]


def _owner_gaps(owner: OwnerPlan, accepted: tuple[Gap, ...]) -> Iterator[Gap]:
    known = {gap.name for gap in accepted if gap.kind == "file"}
    for file, problem in owner.lost:
        if file.name not in known:
            yield Gap("file", file.name, reason=f"{file.path} is {problem} in the archive")


def _manifest_gap(store: Store, archive: Archive, unpruned: set[str]) -> Iterator[Gap]:
    """Yield the manifest if it is damaged, or missing while some deliveries are in the archive alone."""
    is_needed = archive.problem == "damaged" or not set(store.positions()) <= unpruned
    if archive.problem and is_needed:
        reason = f"{archive.problem}, so nobody can tell how many archived deliveries are missing"
        yield Gap("manifest", "manifest.json", reason=reason)


def _load_inboxes(
    store: Store, settings: Settings, whole_through: dict[str, int], through: Mapping[str, int] | None
) -> tuple[dict[str, int], int, set[str]]:
    """Load the deliveries that the archive lacks.

    Returns:
        The tip of each inbox, the number of deliveries, and the inboxes that still hold their first delivery.
    """
    tips: dict[str, int] = {}
    unpruned: set[str] = set()
    loaded = 0
    with Sources(settings.inbox_dir).opened() as readers:
        for reader in readers:
            end = None if through is None else through.get(reader.inbox_id, 0)
            tips[reader.inbox_id] = reader.tip() if end is None else min(end, reader.tip())
            if any(delivery.seq == 1 for delivery in reader.read_after(0, 1, 1)):
                unpruned.add(reader.inbox_id)
            if reader.inbox_id in whole_through:
                source = NotArchived(reader, set(), end)
                loaded += load(store.connection, without_forgotten(store, [source])).deliveries
            else:
                loaded += _load_missing(store, reader, end)
    return tips, loaded, unpruned


def _load_missing(store: Store, reader: InboxReader, end: int | None) -> int:
    """Load an inbox from its first delivery on, without those that the remaining files of the archive hold."""
    rows = store.connection.execute(
        "select inbox_sequence from events.raw_events where inbox_id = ?", [reader.inbox_id]
    ).fetchall()
    _set_position(store, reader.inbox_id, 0)
    sources = without_forgotten(store, [NotArchived(reader, {int(row[0]) for row in rows}, end)])
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
