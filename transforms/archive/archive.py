"""Copy raw events into Parquet files that never change: a restore starts from this copy.

``received_date=YYYY-MM-DD/events-<first>-<last>.parquet``: one file for each day (UTC, because a file's name must not
depend on a setting) and run. A row that is loaded late, for a day that is archived already, goes into a further file of
that day. The manifest is the commit: until it names a file, the file does not count.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cbw.data_dir import make_below
from cbw.duck import literal
from cbw.durable import sync
from cbw.errors import WarehouseError
from ingest.load.raw_events import watermark
from transforms.archive.digest import sha256_of
from transforms.archive.manifest import ArchivedFile, ArchiveManifest, InboxShare
from transforms.archive.nights import archived_nights, nights_directory
from transforms.archive.owner import archive_owner_files, figure_settings
from transforms.store.erasures import as_plain
from transforms.store.gaps import read_gaps

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cbw.settings import Settings
    from transforms.store.store import Store

# Raw events in one step: bounds the memory of a sort, and the work that a killed first run must repeat.
STEP_ROWS = 250_000
RECEIVED_DATE = "cast(timezone('UTC', received_at) as date)"
UNFINISHED = ".unfinished"
COPY_OPTIONS = "format parquet, compression zstd, row_group_size 20480"


@dataclass(frozen=True, slots=True)
class Archived:
    """The files that a run added to the archive."""

    files: int
    rows: int
    bytes: int


def archive(store: Store, settings: Settings) -> Archived:
    """Archive every raw event that is not archived yet.

    Idempotent, and safe to kill at any moment: the next run writes or removes the leftovers of a killed one.

    Raises:
        WarehouseError: The archive is ahead of ``raw_events``, or its manifest is damaged.
        OSError, duckdb.Error: The disk is full or not writable; the archive is as it was.
    """
    directory = settings.archive_dir
    manifest = ArchiveManifest.read(directory)
    held = watermark(store.connection)
    if manifest.through > held:
        raise WarehouseError(
            f"{directory} holds raw events up to load sequence {manifest.through:,}, "
            f"and events.duckdb only up to {held:,}",
            hint="if the archive is this warehouse's, `cbw restore` brings the rest back; if not, move it away",
        )
    manifest = _with_records(store, settings, manifest)
    added: list[ArchivedFile] = []
    while manifest.through < held:
        files = tuple(_write_step(store, directory, manifest.through, held))
        manifest = manifest.plus(files)
        manifest.write(directory)
        added += files
    clear_unlisted(store, directory, manifest)
    return Archived(len(added), sum(file.rows for file in added), sum(file.bytes for file in added))


def _with_records(store: Store, settings: Settings, manifest: ArchiveManifest) -> ArchiveManifest:
    """Bring everything in the manifest but its files up to date, and write it if that changes it."""
    erasures = as_plain(store.connection)
    if not erasures and not watermark(store.connection):
        return manifest
    directory = settings.archive_dir
    fresh = replace(
        manifest,
        files=tuple(_with_shares(store, file) for file in manifest.files),
        erasures=erasures,
        gaps=tuple(gap.as_json for gap in read_gaps(store.connection)),
        nights=tuple(sorted({*(manifest.nights or ()), *archived_nights(nights_directory(directory))})),
        owner_files=archive_owner_files(settings.data_dir, directory),
        settings=figure_settings(settings),
    )
    if fresh != manifest:
        make_below(store.data_dir, directory)
        fresh.write(directory)
    return fresh


def _with_shares(store: Store, file: ArchivedFile) -> ArchivedFile:
    """Count the inboxes' shares of a file that an older release wrote, unless ``raw_events`` lacks some of its rows."""
    if file.inboxes is not None:
        return file
    day = file.path.partition("/")[0].removeprefix("received_date=")
    shares = store.connection.execute(
        "select inbox_id, count(*), max(inbox_sequence) from events.raw_events "
        f"where sequence between ? and ? and {RECEIVED_DATE} = ?::date group by inbox_id order by inbox_id",
        [file.first_sequence, file.last_sequence, day],
    ).fetchall()
    inboxes = tuple(InboxShare(*share) for share in shares)
    is_whole = sum(share.rows for share in inboxes) == file.rows
    return replace(file, inboxes=inboxes if is_whole else None)


def _write_step(store: Store, directory: Path, after: int, held: int) -> Iterator[ArchivedFile]:
    """Write the next raw events, at most `STEP_ROWS` of them, and yield the file of each day."""
    (last,) = store.one(
        "select max(sequence) from (select sequence from events.raw_events where sequence > ? and sequence <= ? "
        "order by sequence limit ?) as step",
        [after, held, STEP_ROWS],
    )
    span = f"sequence > {after} and sequence <= {last}"
    days = store.connection.execute(
        "select received_date, sum(rows), min(first), max(last), list((inbox_id, rows, inbox_last) order by inbox_id) "
        f"from (select {RECEIVED_DATE} as received_date, inbox_id, count(*) as rows, min(sequence) as first, "
        f"max(sequence) as last, max(inbox_sequence) as inbox_last from events.raw_events where {span} group by all) "
        "as shares group by received_date order by received_date"
    ).fetchall()
    for day, rows, first_sequence, last_sequence, shares in days:
        path = directory / f"received_date={day}" / f"events-{first_sequence:012}-{last_sequence:012}.parquet"
        query = f"select * from events.raw_events where {span} and {RECEIVED_DATE} = date '{day}'"
        file = write_file(store, directory, path, query, (int(rows), first_sequence, last_sequence))
        yield replace(file, inboxes=tuple(InboxShare(*share) for share in shares))


def write_file(
    store: Store, directory: Path, path: Path, query: str, counts: tuple[int, int, int]
) -> ArchivedFile:
    """Write the rows of a query, in the order of their load sequence, as a file that appears whole and durable.

    Args:
        store: Runs the query.
        directory: The archive.
        path: The file to make, below ``directory``.
        query: Selects raw events.
        counts: The number of its rows, their least and their greatest load sequence.
    """
    for parent in (directory, path.parent):
        make_below(store.data_dir, parent)
        sync(parent.parent)
    unfinished = path.with_name(path.name + UNFINISHED)
    store.connection.execute(
        f"copy ({query} order by sequence) to {literal(str(unfinished))} ({COPY_OPTIONS})"
    )
    sync(unfinished)
    digest, size = sha256_of(unfinished), unfinished.stat().st_size
    unfinished.rename(path)
    sync(path.parent)
    rows, first_sequence, last_sequence = counts
    name = path.relative_to(directory).as_posix()
    return ArchivedFile(name, rows, size, first_sequence, last_sequence, digest)


def clear_unlisted(store: Store, directory: Path, manifest: ArchiveManifest) -> None:
    """Remove the leftovers of a killed run: unfinished files, and whole files that the manifest does not name.

    Raises:
        WarehouseError: A file that the manifest does not name holds raw events that ``events.duckdb`` lacks.
    """
    listed = {file.path for file in manifest.files}
    for leftover in directory.glob(f"*/*{UNFINISHED}"):
        leftover.unlink()
    for path in sorted(directory.glob("*/*.parquet")):
        if path.relative_to(directory).as_posix() not in listed:
            _remove_copy(store, path)


def _remove_copy(store: Store, path: Path) -> None:
    (foreign,) = store.one(
        f"select count(*) from read_parquet({literal(str(path))}, hive_partitioning = false) as archived "
        "anti join events.raw_events using (inbox_id, inbox_sequence)"  # a restore gives load sequences again
    )
    if foreign:
        raise WarehouseError(
            f"{path} is not in the manifest, and holds {foreign:,} raw events that events.duckdb has not",
            hint="move it away; if it is this warehouse's, `cbw import` takes its deliveries back",
        )
    path.unlink()
