"""The archive as a source of raw events: its sound files, and the inboxes without the rows of those files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cbw.data_dir import ARCHIVE
from cbw.errors import ConfigurationError, WarehouseError
from cbw.logs import Logger
from transforms.archive.check import verify_archive
from transforms.archive.manifest import FILE_NAME, ArchivedFile, ArchiveManifest

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.inbox.reader import Delivery, InboxReader

_NAME = re.compile(r"events-(\d+)-(\d+)(?:\.r(\d+))?\.parquet")

log = Logger(__name__)


def archive_at(path: Path) -> Path:
    """Return the archive's own directory, given it or a directory above it.

    Raises:
        ConfigurationError: There is no archive.
    """
    for directory in (path, path / "events", path / ARCHIVE / "events"):
        if (directory / FILE_NAME).is_file() or any(directory.glob("received_date=*/*.parquet")):
            return directory
    raise ConfigurationError(
        f"there is no archive at {path}",
        hint="name the directory with manifest.json and received_date=... in it",
    )


def known_erasures(directory: Path) -> tuple[dict[str, Any], ...]:
    """Return the erasures that the archive records."""
    return _manifest(directory).erasures


def whole_files(directory: Path) -> list[ArchivedFile]:
    """Return the files that equal their entries in the manifest; log the others and leave them out.

    Without a readable manifest the files are found by their names, and a changed one is not recognised.
    """
    manifest = _manifest(directory)
    if not manifest.files:
        return _by_name(directory)
    faults = verify_archive(directory)
    for fault in faults:
        log.error("archive.file_left_out", file=fault.file.path, problem=fault.problem, rows=fault.file.rows)
    left_out = {fault.file for fault in faults}
    return [file for file in manifest.files if file not in left_out]


def _manifest(directory: Path) -> ArchiveManifest:
    try:
        return ArchiveManifest.read(directory)
    except WarehouseError as exc:
        log.error("archive.manifest_damaged", problem=str(exc))  # noqa: TRY400 - the sentence says it all
        return ArchiveManifest()


def _by_name(directory: Path) -> list[ArchivedFile]:
    """Return the files that have a name of the archive; of a rewritten file the last revision."""
    newest: dict[str, tuple[int, ArchivedFile]] = {}
    for path in sorted(directory.glob("received_date=*/*.parquet")):
        match = _NAME.fullmatch(path.name)
        if match is None:
            continue
        revision = int(match[3] or 0)
        name = path.relative_to(directory).as_posix()
        file = ArchivedFile(name, 0, path.stat().st_size, int(match[1]), int(match[2]), "")
        key = f"{path.parent.name}/{match[1]}-{match[2]}"
        if key not in newest or newest[key][0] < revision:
            newest[key] = (revision, file)
    return [file for _, file in newest.values()]


class NotArchived:
    """The deliveries of an inbox that the archive lacks, for the loader.

    Args:
        reader: The inbox.
        archived: The numbers of its deliveries that are loaded already.
    """

    def __init__(self, reader: InboxReader, archived: set[int]) -> None:
        self._reader = reader
        self._archived = archived

    @property
    def inbox_id(self) -> str:
        """The id of the inbox."""
        return self._reader.inbox_id

    def read_after(self, sequence: int, limit_rows: int, limit_bytes: int) -> list[Delivery]:
        """Return the next deliveries that are not archived."""
        while batch := self._reader.read_after(sequence, limit_rows, limit_bytes):
            wanted = [delivery for delivery in batch if delivery.seq not in self._archived]
            if wanted:
                return wanted
            sequence = batch[-1].seq
        return []
