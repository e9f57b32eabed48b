"""The archive as a source of raw events: its sound files, and the inboxes without the rows of those files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from cbw.data_dir import ARCHIVE
from cbw.errors import ConfigurationError, WarehouseError
from cbw.logs import Logger
from ingest.inbox.reader import list_inboxes
from transforms.archive.check import ArchiveFault, verify_archive
from transforms.archive.manifest import FILE_NAME, ArchivedFile, ArchiveManifest

if TYPE_CHECKING:
    from pathlib import Path

    from cbw.settings import Settings
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


def source_archive(settings: Settings, source: Path | None) -> Path:
    """Return the archive to restore from; the data directory's own need not exist where there are inboxes.

    Args:
        settings: The data directory.
        source: The archive, or a directory above it; None for the one in the data directory.

    Raises:
        ConfigurationError: There is neither archive nor inbox to restore from.
    """
    if source is None and list_inboxes(settings.inbox_dir):
        return settings.archive_dir
    return archive_at(source or settings.archive_dir)


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive as a restore finds it.

    Attributes:
        directory: Its directory.
        manifest: Its manifest; an empty one where it is missing or damaged.
        problem: ``missing`` or the damage of the manifest; empty where it is sound, or where there is no archive.
        files: The files that equal their entries; without a manifest those found by their names.
        faults: The files that are missing or changed.
    """

    directory: Path
    manifest: ArchiveManifest
    problem: str
    files: tuple[ArchivedFile, ...]
    faults: tuple[ArchiveFault, ...]

    @classmethod
    def open(cls, directory: Path) -> Self:
        """Read the manifest of an archive, and compare every file with its entry; log the faults."""
        try:
            manifest = ArchiveManifest.read(directory)
        except WarehouseError as exc:
            log.error("archive.manifest_damaged", problem=str(exc))  # noqa: TRY400 - the sentence says it all
            return cls(directory, ArchiveManifest(), "damaged", tuple(_by_name(directory)), ())
        if not manifest.files:
            files = tuple(_by_name(directory))
            return cls(directory, manifest, "missing" if files else "", files, ())
        faults = tuple(verify_archive(directory, manifest.files))
        for fault in faults:
            log.error(
                "archive.file_left_out", file=fault.file.path, problem=fault.problem, rows=fault.file.rows
            )
        left_out = {fault.file for fault in faults}
        whole = tuple(file for file in manifest.files if file not in left_out)
        return cls(directory, manifest, "", whole, faults)

    @property
    def lost_rows(self) -> int:
        """The number of raw events in the files that are missing or changed."""
        return sum(fault.file.rows for fault in self.faults)

    @property
    def promised(self) -> dict[str, tuple[int, int]] | None:
        """The number of archived deliveries of each inbox, and the greatest of their numbers.

        None where the manifest cannot be read, or an older release wrote it, which did not count them.
        """
        if self.problem or any(file.inboxes is None for file in self.manifest.files):
            return None
        promised: dict[str, tuple[int, int]] = {}
        for share in (share for file in self.manifest.files for share in file.inboxes or ()):
            rows, last = promised.get(share.inbox_id, (0, 0))
            promised[share.inbox_id] = (rows + share.rows, max(last, share.last))
        return promised

    @property
    def not_compared(self) -> str:
        """The parts that a manifest of an older release does not name, in one sentence; empty when it names all."""
        if not self.manifest.files:
            return ""
        parts = [
            name
            for name, part in (
                ("nights", self.manifest.nights),
                ("the owner's files", self.manifest.owner_files),
                ("settings", self.manifest.settings),
            )
            if part is None
        ]
        if any(file.inboxes is None for file in self.manifest.files):
            parts.append("deliveries by inbox")
        return (
            f"not compared, because an older release wrote the manifest: {', '.join(parts)}" if parts else ""
        )


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
        through: The last number to load; None for all.
    """

    def __init__(self, reader: InboxReader, archived: set[int], through: int | None = None) -> None:
        self._reader = reader
        self._archived = archived
        self._through = through

    @property
    def inbox_id(self) -> str:
        """The id of the inbox."""
        return self._reader.inbox_id

    def read_after(self, sequence: int, limit_rows: int, limit_bytes: int) -> list[Delivery]:
        """Return the next deliveries that are not archived."""
        while batch := self._reader.read_after(sequence, limit_rows, limit_bytes):
            wanted = [delivery for delivery in batch if self._is_wanted(delivery.seq)]
            if wanted or (self._through is not None and batch[-1].seq >= self._through):
                return wanted
            sequence = batch[-1].seq
        return []

    def _is_wanted(self, number: int) -> bool:
        return number not in self._archived and (self._through is None or number <= self._through)
