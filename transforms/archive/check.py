"""Check the archive's files against its manifest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cbw.duck import literal
from transforms.archive.digest import sha256_of
from transforms.archive.manifest import ArchivedFile, ArchiveManifest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class ArchiveFault:
    """A file that differs from its entry in the manifest.

    Attributes:
        file: The entry.
        problem: ``missing`` or ``changed``.
    """

    file: ArchivedFile
    problem: str

    def __str__(self) -> str:
        return f"{self.problem}: {self.file.path} ({self.file.rows:,} rows)"


def verify_archive(directory: Path, files: Iterable[ArchivedFile] | None = None) -> list[ArchiveFault]:
    """Read every file and compare its SHA-256; an empty list says that the archive is whole.

    Args:
        directory: The archive.
        files: Only these of its files.

    Raises:
        WarehouseError: The manifest is damaged.
    """
    listed = ArchiveManifest.read(directory).files if files is None else files
    faults = ((file, _problem(directory / file.path, file)) for file in listed)
    return [ArchiveFault(file, problem) for file, problem in faults if problem]


def archived_rows(directory: Path, files: Sequence[ArchivedFile]) -> str:
    """Return the SQL for the rows of these files, with the columns of ``raw_events``."""
    if not files:
        return "(select * from events.main.raw_events where false)"
    paths = ", ".join(literal(str(directory / file.path)) for file in files)
    return f"read_parquet([{paths}], hive_partitioning = false)"


def _problem(path: Path, file: ArchivedFile) -> str:
    if not path.is_file():
        return "missing"
    if path.stat().st_size != file.bytes or sha256_of(path) != file.sha256:
        return "changed"
    return ""
