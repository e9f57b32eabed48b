"""The raw events of an import's exports, as a history that an inbox takes in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingest.exports.grouping import Rows
    from ingest.load.history import PastEvent


@dataclass(frozen=True, slots=True)
class ExportHistory:
    """Grouped rows next to the bodies of earlier imports."""

    name: str
    rows: Rows
    held: Path

    @property
    def fraction(self) -> float:
        """The share of the rows that is read: all of them."""
        return 1.0

    def events(self) -> Iterator[PastEvent]:
        """Yield the bodies that tell more than those of earlier imports."""
        yield from self.rows.events(self.held)
