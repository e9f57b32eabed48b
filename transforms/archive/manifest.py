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
class InboxShare:
    """The rows of one inbox in one archived file.

    Attributes:
        inbox_id: The inbox.
        rows: The number of its deliveries in the file.
        last: The greatest of their numbers.
    """

    inbox_id: str
    rows: int
    last: int


@dataclass(frozen=True, slots=True)
class OwnerFile:
    """A file that a person wrote into the data directory, and its copy in the archive.

    Attributes:
        name: Its name in the data directory.
        path: Its copy, relative to the archive, with ``/``.
        bytes: Its size.
        sha256: Lower-case hex.
    """

    name: str
    path: str
    bytes: int
    sha256: str


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
        inboxes: The share of each inbox; None in a manifest of an older release.
    """

    path: str
    rows: int
    bytes: int
    first_sequence: int
    last_sequence: int
    sha256: str
    inboxes: tuple[InboxShare, ...] | None = None

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Return the file that `dataclasses.asdict` turned into these values."""
        shares = values.get("inboxes")
        inboxes = None if shares is None else tuple(InboxShare(**share) for share in shares)
        return cls(**values | {"inboxes": inboxes})


@dataclass(frozen=True, slots=True)
class ArchiveManifest:
    """The files that count, in the order in which they were written.

    Attributes:
        files: The archived files.
        erasures: The rows of ``events.erasures``, so that a restore keeps every erasure in force.
        gaps: The rows of ``events.accepted_gaps``, so that a restore goes on naming accepted losses.
        nights: The dates of the archived nights; None in a manifest of an older release, like the next two.
        owner_files: The owner's files.
        settings: The settings that decide figures, by the name of their variable.
    """

    files: tuple[ArchivedFile, ...] = ()
    erasures: tuple[dict[str, Any], ...] = ()
    gaps: tuple[dict[str, Any], ...] = ()
    nights: tuple[str, ...] | None = None
    owner_files: tuple[OwnerFile, ...] | None = None
    settings: dict[str, str] | None = None

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
            return cls._from_json(values)
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as exc:
            raise WarehouseError(
                f"{path} is damaged: {exc}",
                hint="put a copy back, or move it away: without one, the next archive run writes every file again",
            ) from exc

    @classmethod
    def _from_json(cls, values: dict[str, Any]) -> Self:
        nights, owner_files = values.get("nights"), values.get("owner_files")
        return cls(
            tuple(ArchivedFile.from_json(file) for file in values["files"]),
            tuple(values["erasures"]),
            tuple(values.get("gaps", ())),
            None if nights is None else tuple(nights),
            None if owner_files is None else tuple(OwnerFile(**file) for file in owner_files),
            values.get("settings"),
        )

    def write(self, directory: Path) -> None:
        """Replace the manifest, atomically and durably: from then on its files are the archive."""
        directory.mkdir(parents=True, exist_ok=True)
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
