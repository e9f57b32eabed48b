"""Checks: each file in ``sql/checks`` selects the rows that break the sentence its name states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cbw.duck import first_row
from cbw.errors import WarehouseError
from transforms.definitions.model import Query
from transforms.definitions.sql_file import SQL_DIR, read_header, read_rule

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import duckdb

SEVERITIES = ("blocking", "warning")


@dataclass(frozen=True)
class Check(Query):
    """One sentence about the tables, its file's stem, and the SELECT of what breaks it.

    Attributes:
        severity: ``blocking`` keeps the tables from being published, ``warning`` is only reported.
        reason: Why it must hold; the file's first line.
    """

    severity: str
    reason: str

    @classmethod
    def from_file(cls, path: Path) -> Check:
        """Read a check.

        Raises:
            WarehouseError: Its header names no severity, or its refresh rule is not understood.
        """
        text = path.read_text(encoding="utf-8")
        reason, options = read_header(path, text)
        if options.get("severity") not in SEVERITIES:
            raise WarehouseError(
                f"{path}: the header needs a line '-- severity: blocking' or '-- severity: warning'"
            )
        return cls(path.stem, text, read_rule(path, text), severity=options["severity"], reason=reason)

    @property
    def is_blocking(self) -> bool:
        """Whether a violation keeps the tables from being published."""
        return self.severity == "blocking"


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


def run_checks(connection: duckdb.DuckDBPyConnection, checks: Iterable[Check]) -> list[CheckResult]:
    """Run checks on the tables the connection sees, inside its open transaction."""
    return [_run_check(connection, check) for check in checks]


def count_of(sql: str) -> str:
    """Return the SELECT of how many rows a check finds."""
    return f"select count(*) from ({sql}\n) as violations"


def _run_check(connection: duckdb.DuckDBPyConnection, check: Check) -> CheckResult:
    row = first_row(connection, count_of(check.sql))
    assert row is not None
    return CheckResult(check.name, check.severity, int(row[0]))
