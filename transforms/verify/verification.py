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
# Prefix of a check's name in the record of a verification.
CHECK = "check: "


@dataclass(frozen=True, slots=True)
class Comparison:
    """A table compared with its rebuild, or ``raw_events`` compared with an inbox or the archive.

    Attributes:
        table: The table's name, with ``published`` before it for the readers' copy; or ``raw_events`` with the inbox's
            file, or ``archive``, in parentheses.
        row_count: The number of the table's rows.
        content_hash: A sum of row hashes, equal for the same rows in any order.
        missing: The number of rows that only the rebuild, inbox or archive has.
        unexpected: The number of rows that only the table has.
        examples: Some of the rows that differ, each after the word ``missing`` or ``unexpected``.
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
    """The comparisons of all tables.

    Attributes:
        verified_at: When the verification began.
        watermark: The last load sequence that it covers.
        seconds: Its duration.
        comparisons: One for each table.
        gaps: A sentence for each loss that somebody accepted: equal tables do not hold it.
    """

    verified_at: datetime
    watermark: int
    seconds: float
    comparisons: tuple[Comparison, ...]
    gaps: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Verification:
        """Return the verification that `dataclasses.asdict` turned into these values."""
        comparisons = (
            Comparison(**each | {"examples": tuple(each["examples"])}) for each in values["comparisons"]
        )
        return cls(
            datetime.fromisoformat(values["verified_at"]),
            values["watermark"],
            values["seconds"],
            tuple(comparisons),
            tuple(values.get("gaps", ())),
        )

    @property
    def is_equal(self) -> bool:
        """Whether every comparison is equal."""
        return all(comparison.is_equal for comparison in self.comparisons)

    @property
    def outcome(self) -> str:
        """The result in one sentence for people."""
        if self.is_equal:
            return "every table equals a full rebuild"
        return "tables differ from a full rebuild, the published file, an inbox or the archive"


def record(
    connection: duckdb.DuckDBPyConnection, verification: Verification, checks: Iterable[CheckResult]
) -> None:
    """Replace the record of the previous verification by this one; the caller owns the transaction."""
    connection.execute("delete from build.verifications")
    rows = [
        (item.table, item.row_count, item.content_hash, item.missing, item.unexpected)
        for item in verification.comparisons
    ]
    rows += [(f"{CHECK}{check.name}", 0, "", 0, check.violations) for check in checks]
    for row in rows:
        connection.execute(
            "insert into build.verifications values (?, ?, ?, ?, ?, ?, ?)",
            [verification.verified_at, verification.watermark, *row],
        )
