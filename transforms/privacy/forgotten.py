"""The extent of an erasure, done or planned."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from cbw.data_dir import ARCHIVE, BUILD, EVENTS, INBOXES, PUBLISHED, REPORTS, WORKING_COPY

if TYPE_CHECKING:
    from collections.abc import Iterable

# The files and directories where an address stays that a fact is read from.
HOLD_FACTS = (EVENTS, BUILD, WORKING_COPY, PUBLISHED, INBOXES, ARCHIVE, REPORTS)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The extent of an erasure, done or planned.

    Attributes:
        bodies: The number of distinct bodies that name the person.
        deliveries: The number of raw events that hold them.
        inbox_rows: The number of deliveries redacted in inboxes.
        archive_files: The number of archive files written again.
        kept: The paths where the address stays, because a fact is read from there, each with its number of bodies.
        set_aside: The files that may still hold the person's data, and are the operator's to delete.
        others: Every other address in the bodies that name the person.
        relatives: Near relatives of the address that are not erased: plus-addresses, the same domain in its other
            spelling, and longer addresses that end in it.
        found: After the erasure, the number of values that name the person still, by file.
    """

    bodies: int
    deliveries: int
    inbox_rows: int
    archive_files: int
    kept: dict[str, int]
    set_aside: tuple[str, ...]
    others: tuple[str, ...] = ()
    relatives: tuple[str, ...] = ()
    found: dict[str, int] = field(default_factory=dict)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Return the value that `dataclasses.asdict` made these from."""
        lists = {name: tuple(values[name]) for name in ("set_aside", "others", "relatives")}
        return cls(**values | lists)

    def unexplained(self, found: Iterable[str]) -> tuple[str, ...]:
        """Return the files that name the person after an erasure, for no reason that it reports.

        Args:
            found: The files that name the person.
        """
        return tuple(
            name
            for name in sorted(found)
            if name not in self.set_aside and not (self.kept and name.startswith(HOLD_FACTS))
        )
