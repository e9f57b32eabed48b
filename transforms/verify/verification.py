"""The result of a verification, and its record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    import duckdb

    from transforms.definitions.checks import CheckResult

SAMPLE_ROWS = 5
# Before the name of a check in the record of a verification.
CHECK = "check: "


@dataclass(frozen=True, slots=True)
class Comparison:
    """One table beside its rebuild, or ``raw_events`` beside one inbox it was loaded from, or the archive.

    Attributes:
        table: Its name; that name behind ``published`` for what readers open; ``raw_events`` with the inbox's file, or
            ``archive``, in parentheses.
        row_count: Rows it holds.
        content_hash: The same for the same rows in any order.
        missing: Rows that only the rebuild, or the inbox, has.
        unexpected: Rows that only the table has.
        examples: Some of the rows that differ, each with ``missing`` or ``unexpected`` in front.
    """

    table: str
    row_count: int
    content_hash: str
    missing: int
    unexpected: int
    examples: tuple[str, ...] = ()

    @property
    def is_equal(self) -> bool:
        """Whether the two are the same, row for row."""
        return self.missing == 0 and self.unexpected == 0


@dataclass(frozen=True, slots=True)
class Verification:
    """What comparing every table found.

    Attributes:
        verified_at: When it began.
        watermark: The last load sequence it covers.
        seconds: How long it took.
        comparisons: One for each table.
    """

    verified_at: datetime
    watermark: int
    seconds: float
    comparisons: tuple[Comparison, ...]

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Verification:
        """Return what JSON was made of with `dataclasses.asdict`."""
        comparisons = (
            Comparison(**each | {"examples": tuple(each["examples"])}) for each in values["comparisons"]
        )
        return cls(
            datetime.fromisoformat(values["verified_at"]),
            values["watermark"],
            values["seconds"],
            tuple(comparisons),
        )

    @property
    def is_equal(self) -> bool:
        """Whether every table is what a full rebuild gives."""
        return all(comparison.is_equal for comparison in self.comparisons)

    @property
    def outcome(self) -> str:
        """Say whether they are equal, for people."""
        if self.is_equal:
            return "every table is what a full rebuild gives"
        return "tables differ from a full rebuild, from what is published, from an inbox or from the archive"


def record(connection: duckdb.DuckDBPyConnection, found: Verification, checks: Iterable[CheckResult]) -> None:
    """Write what a verification found in place of the one before; the caller owns the transaction."""
    connection.execute("delete from build.verifications")
    rows = [
        (item.table, item.row_count, item.content_hash, item.missing, item.unexpected)
        for item in found.comparisons
    ]
    rows += [(f"{CHECK}{check.name}", 0, "", 0, check.violations) for check in checks]
    for row in rows:
        connection.execute(
            "insert into build.verifications values (?, ?, ?, ?, ?, ?, ?)",
            [found.verified_at, found.watermark, *row],
        )
