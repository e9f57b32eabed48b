"""Checks: each file in ``sql/checks`` selects the rows that break the sentence its name states."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.errors import WarehouseError
from transforms.models import SQL_DIR, read_header

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

SEVERITIES = ("blocking", "warning")


@dataclass(frozen=True)
class Check:
    """One sentence about the tables, and the SELECT of what breaks it.

    Attributes:
        name: The sentence; the file's stem.
        severity: ``blocking`` keeps the tables from being published, ``warning`` is only reported.
        reason: Why it must hold; the file's first line.
    """

    name: str
    severity: str
    reason: str
    sql: str = field(repr=False)

    @classmethod
    def from_file(cls, path: Path) -> Check:
        """Read a check.

        Raises:
            WarehouseError: Its header names no severity.
        """
        text = path.read_text(encoding="utf-8")
        reason, options = read_header(path, text)
        if options.get("severity") not in SEVERITIES:
            raise WarehouseError(
                f"{path}: the header needs a line '-- severity: blocking' or '-- severity: warning'"
            )
        return cls(name=path.stem, severity=options["severity"], reason=reason, sql=text)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """How many rows break one check."""

    name: str
    severity: str
    violations: int

    @property
    def blocks(self) -> bool:
        """Whether the tables must not be published."""
        return self.severity == "blocking" and self.violations > 0


def read_checks(directory: Path = SQL_DIR / "checks") -> tuple[Check, ...]:
    """Return every check, by name."""
    return tuple(Check.from_file(path) for path in sorted(directory.glob("*.sql")))


def run_checks(connection: duckdb.DuckDBPyConnection, checks: tuple[Check, ...]) -> list[CheckResult]:
    """Run checks on the tables the connection sees, inside its open transaction."""
    return [
        CheckResult(
            check.name,
            check.severity,
            _count(connection, f"select count(*) from ({check.sql}\n) as violations"),
        )
        for check in checks
    ]


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])
