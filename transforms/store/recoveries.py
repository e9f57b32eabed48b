"""The record of lost, damaged and restored files, for ``cbw status``: ``recoveries.json``, the newest last."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from cbw.data_dir import RECOVERIES

if TYPE_CHECKING:
    from pathlib import Path

KEPT = 20


@dataclass(frozen=True, slots=True)
class Recovery:
    """One file that was found lost or damaged, or replaced on purpose.

    Attributes:
        at: ISO 8601 UTC.
        file: ``events.duckdb`` or ``build.duckdb``.
        cause: The fault, such as ``lost`` or ``damaged``.
        outcome: ``restored`` (from archive and inboxes), ``rebuilt`` (from raw events) or ``refused`` (deliveries would
            be lost; nothing was changed).
        set_aside: The new name of the old file; None where there was none.
        from_archive: The number of raw events restored from the archive.
        from_inboxes: The number of raw events restored from inboxes.
        missing: The number of deliveries that are in neither.
        detail: Which deliveries are missing, in words.
        remarks: Sentences about everything that is not as it was archived, and is no loss.
    """

    at: str
    file: str
    cause: str
    outcome: str
    set_aside: str | None = None
    from_archive: int = 0
    from_inboxes: int = 0
    missing: int = 0
    detail: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def as_json(self) -> dict[str, Any]:
        """The recovery as plain values."""
        return asdict(self)

    def __str__(self) -> str:
        where = f"; the old file is {self.set_aside}" if self.set_aside else ""
        match self.outcome:
            case "rebuilt":
                return f"{self.file} was {self.cause}: built again from raw events{where}"
            case "refused":
                return f"{self.file} is {self.cause}, and was not restored: {self.detail}"
            case _:
                lost = f", {self.missing:,} deliveries are lost ({self.detail})" if self.missing else ""
                remarks = "".join(f"; {remark}" for remark in self.remarks)
                return (
                    f"{self.file} was {self.cause}: restored {self.from_archive:,} raw events from the archive and "
                    f"{self.from_inboxes:,} from inboxes{lost}{where}{remarks}"
                )


def read_recoveries(data_dir: Path) -> list[Recovery]:
    """Return the recorded recoveries, oldest first; none where the record is missing or cannot be read."""
    try:
        return [Recovery(**entry) for entry in json.loads((data_dir / RECOVERIES).read_bytes())]
    except (FileNotFoundError, ValueError, TypeError):  # after a power cut, or from another release
        return []


def record_recovery(data_dir: Path, recovery: Recovery) -> None:
    """Add an entry; refusals that repeat every few seconds are one entry."""
    entries = read_recoveries(data_dir)
    if entries and entries[-1].outcome == recovery.outcome == "refused":
        entries.pop()
    fresh = data_dir / f"{RECOVERIES}.new"
    fresh.write_text(json.dumps([entry.as_json for entry in (*entries, recovery)][-KEPT:], indent=1))
    fresh.replace(data_dir / RECOVERIES)
