"""Losses that a restore cannot make up for, and the record of those that somebody accepted."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import duckdb

# The kinds whose `missing` counts deliveries.
DELIVERIES = ("inbox", "archive", "readers")


@dataclass(frozen=True, slots=True)
class Gap:
    """One loss.

    Attributes:
        kind: ``inbox`` (deliveries of one inbox), ``archive`` (deliveries of an inbox that no manifest names),
            ``readers`` (deliveries that readers were shown), ``night``, ``file`` or ``manifest``.
        name: The inbox, night or file.
        missing: The number of deliveries; 0 where the loss is of another kind.
        first: The first missing number of the inbox; 0 where it is unknown.
        last: The last missing number of the inbox.
        reason: The files of the archive that are missing or changed.
        accepted_at: ISO 8601 UTC; empty until somebody accepts the loss.
    """

    kind: str
    name: str
    missing: int = 0
    first: int = 0
    last: int = 0
    reason: str = ""
    accepted_at: str = ""

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Return the gap that `as_json` turned into these values."""
        return cls(**values)

    @property
    def as_json(self) -> dict[str, Any]:
        """The gap as plain values."""
        return asdict(self)

    @property
    def sentence(self) -> str:
        """The loss with the day on which it was accepted."""
        lost = f"{self.missing:,} deliveries are lost: {self}" if self.missing else f"lost: {self}"
        files = f"; {self.reason}" if self.kind in DELIVERIES and self.reason else ""
        return f"{lost}{files}; accepted on {self.accepted_at[:10]}"

    def __str__(self) -> str:
        match self.kind:
            case "inbox":
                return f"{self.missing:,} of inbox {self.name}, between its numbers {self.first:,} and {self.last:,}"
            case "archive":
                return f"{self.missing:,} of an inbox that the manifest does not name"
            case "readers":
                return f"{self.missing:,} that readers were shown"
            case "night":
                return f"the frozen night of {self.name} ({self.reason})"
            case _:
                return f"{self.name} ({self.reason})"


def read_gaps(connection: duckdb.DuckDBPyConnection) -> tuple[Gap, ...]:
    """Return the accepted losses, the oldest first."""
    rows = connection.execute(
        "select kind, name, missing, first_number, last_number, reason, accepted_at::varchar "
        "from events.accepted_gaps order by accepted_at, kind, name"
    ).fetchall()
    return tuple(Gap(*row) for row in rows)


def write_gaps(connection: duckdb.DuckDBPyConnection, gaps: Iterable[Gap]) -> None:
    """Add accepted losses; the caller owns the transaction."""
    for gap in gaps:
        connection.execute(
            "insert into events.accepted_gaps values (?::timestamptz, ?, ?, ?, ?, ?, ?)",
            [gap.accepted_at, gap.kind, gap.name, gap.missing, gap.first, gap.last, gap.reason],
        )
