"""The outcome of a restore, and its refusal."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cbw.errors import WarehouseError
from transforms.archive.owner import OwnerPlan
from transforms.store.gaps import DELIVERIES

if TYPE_CHECKING:
    from pathlib import Path

    from transforms.archive.check import ArchiveFault
    from transforms.store.gaps import Gap

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Restored:
    """The outcome of a restore.

    Attributes:
        from_archive: The number of raw events from the archive.
        from_inboxes: The number of raw events that only an inbox held.
        gaps: The losses that nothing makes up for.
        set_aside: The new name of the former file; None when there was none.
        nights: The number of frozen nights from the archive.
        faults: The files of the archive that are missing or changed, also those that an inbox made up for.
        accepted: The losses of earlier restores that this one does not make up for either.
        owner: The owner's files that were restored, and the files and settings that differ here.
        not_compared: The parts that the manifest does not name, in one sentence; empty when all were compared.
    """

    from_archive: int
    from_inboxes: int
    gaps: tuple[Gap, ...]
    set_aside: Path | None = None
    nights: int = 0
    faults: tuple[ArchiveFault, ...] = ()
    accepted: tuple[Gap, ...] = ()
    owner: OwnerPlan = field(default_factory=OwnerPlan)
    not_compared: str = ""

    @property
    def missing(self) -> int:
        """The number of lost deliveries."""
        return sum(gap.missing for gap in self.gaps)

    @property
    def detail(self) -> str:
        """The losses, in words, with the files of the archive that are missing or changed."""
        more = "" if len(self.gaps) <= SHOWN else f"; and of {len(self.gaps) - SHOWN:,} more"
        files = next((gap.reason for gap in self.gaps if gap.kind in DELIVERIES and gap.reason), "")
        lost = "; ".join(map(str, self.gaps[:SHOWN])) + more
        return f"{lost}; in the archive, {files}" if files else lost

    @property
    def remarks(self) -> tuple[str, ...]:
        """Sentences about everything that is not as it was archived, and is no loss."""
        names = ", ".join(file.name for file in self.owner.restored)
        return (
            *((f"{names} restored from the archive",) if names else ()),
            *self.owner.differences,
            *((self.not_compared,) if self.not_compared else ()),
        )


class IncompleteRestoreError(WarehouseError):
    """Deliveries that were acknowledged, frozen nights or an owner's file cannot be restored; nothing was changed.

    Args:
        restored: The outcome that the restore would have, with its gaps.
    """

    def __init__(self, restored: Restored) -> None:
        lost = (
            f"{restored.missing:,} deliveries are neither in the archive nor in an inbox"
            if restored.missing
            else "the archive is not whole"
        )
        super().__init__(
            f"{lost}: {restored.detail}",
            hint="put the missing archive files or inboxes back; or accept the loss with `cbw restore --allow-gaps`",
        )
        self.restored = restored
