"""The description of an export in its own directory: ``manifest.json``."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from cbw.durable import sync

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME = "manifest.json"
PRODUCER = "cbw export"


@dataclass(frozen=True, slots=True)
class ExportedTable:
    """One file of an export.

    Attributes:
        columns: The name and DuckDB type of each column, in order.
    """

    table: str
    file: str
    rows: int
    bytes: int
    sha256: str
    columns: list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Manifest:
    """The content of an export.

    Attributes:
        published_version: The version exported.
        as_of: When the run that published the version began, ISO 8601 UTC; it holds every event stored before.
        format: ``parquet`` or ``csv``.
        tables: The files.
        cells: ``exact``: text as it was sent; ``safe``: an apostrophe stands before text that would be a formula.
        producer: Marks a directory that ``cbw export`` wrote, and may therefore replace.
    """

    published_version: int
    as_of: str | None
    format: str
    tables: list[ExportedTable]
    cells: str = "exact"
    producer: str = PRODUCER

    @property
    def as_json(self) -> dict[str, object]:
        """The manifest as plain values."""
        return asdict(self)

    def write(self, directory: Path) -> None:
        """Write the manifest into the directory of the files, and sync it to disk."""
        path = directory / FILE_NAME
        path.write_text(json.dumps(self.as_json, indent=2) + "\n", encoding="utf-8")
        sync(path)


def files_of_export(directory: Path) -> set[str]:
    """Return the files that a directory's manifest lists, itself included; none without a manifest of ours."""
    try:
        manifest = json.loads((directory / FILE_NAME).read_bytes())
        if manifest["producer"] != PRODUCER:
            return set()
        return {FILE_NAME, *(table["file"] for table in manifest["tables"])}
    except (OSError, ValueError, LookupError, TypeError):
        return set()
