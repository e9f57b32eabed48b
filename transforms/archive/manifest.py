"""The manifest of the archive: ``manifest.json`` alone decides which of its files count."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from cbw.durable import sync
from cbw.errors import WarehouseError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FILE_NAME = "manifest.json"


@dataclass(frozen=True, slots=True)
class ArchivedFile:
    """One Parquet file of the archive.

    Attributes:
        path: Relative to the archive, with ``/``.
        rows: Raw events it holds, all received on one day (UTC).
        bytes: Its size.
        first_sequence: The least load sequence in it.
        last_sequence: The greatest. Between the two, files of other days may have their part.
        sha256: Of the file, lower-case hex.
    """

    path: str
    rows: int
    bytes: int
    first_sequence: int
    last_sequence: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ArchiveManifest:
    """The files that count, in the order in which they were written.

    Attributes:
        files: The archived files.
        erasures: The rows of ``events.erasures``, so that a restore keeps every erasure in force.
    """

    files: tuple[ArchivedFile, ...] = ()
    erasures: tuple[dict[str, Any], ...] = ()

    @classmethod
    def read(cls, directory: Path) -> Self:
        """Return the manifest of an archive; an empty one before the first file.

        Raises:
            WarehouseError: The manifest is damaged.
        """
        path = directory / FILE_NAME
        if not path.exists():
            return cls()
        try:
            values = json.loads(path.read_bytes())
            files = tuple(ArchivedFile(**file) for file in values["files"])
            return cls(files, tuple(values["erasures"]))
        except (OSError, ValueError, LookupError, TypeError) as exc:
            raise WarehouseError(
                f"{path} is damaged: {exc}",
                hint="put a copy back, or move it away: without one, the next archive run writes every file again",
            ) from exc

    def write(self, directory: Path) -> None:
        """Replace the manifest, atomically and durably: from then on its files are the archive."""
        fresh = directory / f"{FILE_NAME}.unfinished"
        fresh.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")
        sync(fresh)
        fresh.replace(directory / FILE_NAME)
        sync(directory)

    @property
    def through(self) -> int:
        """The last load sequence that is archived; 0 when none is."""
        return max((file.last_sequence for file in self.files), default=0)

    @property
    def rows(self) -> int:
        """Raw events in all files."""
        return sum(file.rows for file in self.files)

    def plus(self, files: Iterable[ArchivedFile]) -> ArchiveManifest:
        """Return the manifest with more files."""
        return replace(self, files=(*self.files, *files))
