"""Checks: each selects the rows that break the sentence in its name.

The files of ``sql/checks`` are checks, and the header of each published table adds one: that its key is unique.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cbw.duck import first_row
from cbw.errors import WarehouseError
from transforms.definitions.model import Query
from transforms.definitions.refresh_rule import RefreshRule
from transforms.definitions.sql_file import SQL_DIR, read_header, read_rule

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import duckdb

    from transforms.definitions.graph import ModelGraph
    from transforms.definitions.model import Model

SEVERITIES = ("blocking", "warning")
KEY_REASON = "Its key names a row: a second row under one key would be counted twice."


@dataclass(frozen=True)
class Check(Query):
    """One sentence about the tables, which is its name, and the SELECT of the rows that break it.

    Attributes:
        severity: A violation of a ``blocking`` check prevents a publish; one of a ``warning`` check is only reported.
        reason: Why the sentence must hold; a file's first line.
    """

    severity: str
    reason: str

    @classmethod
    def from_file(cls, path: Path) -> Check:
        """Read a check.

        Raises:
            WarehouseError: The header names no severity, or its refresh rule is wrong.
        """
        text = path.read_text(encoding="utf-8")
        reason, options = read_header(path, text)
        if options.get("severity") not in SEVERITIES:
            raise WarehouseError(
                f"{path}: the header needs a line '-- severity: blocking' or '-- severity: warning'"
            )
        return cls(path.stem, text, read_rule(path, text), severity=options["severity"], reason=reason)

    @classmethod
    def of_key(cls, model: Model) -> Check:
        """Return the check that no two rows of a published table have the same key.

        After a refresh the check reads the rows with the refresh keys of changed rows, and must see all rows of a key.
        Its refresh key is therefore the model's, if that is part of the key, or else the columns of the key by which
        rows are placed.
        """
        key = ", ".join(model.key)
        refresh = model.refresh.columns
        if not set(refresh) <= set(model.key):
            refresh = tuple(column for column in model.key if column in model.placed_by)
        return cls(
            f"{model.name}_key_is_unique",
            f"select {key}, count(*) as row_count from {model.name} group by {key} having count(*) > 1",
            RefreshRule(refresh),
            severity="blocking",
            reason=KEY_REASON,
        )

    @property
    def is_blocking(self) -> bool:
        """Whether a violation prevents a publish."""
        return self.severity == "blocking"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The number of rows that break one check."""

    name: str
    severity: str
    violations: int

    @property
    def blocks(self) -> bool:
        """Whether the result prevents a publish."""
        return self.severity == "blocking" and self.violations > 0


def checks_of(graph: ModelGraph) -> tuple[Check, ...]:
    """Return every check of the product by name: those of ``sql/checks``, and that each published key is unique."""
    checks = (*read_checks(), *(Check.of_key(model) for model in graph.published))
    return tuple(sorted(checks, key=lambda check: check.name))


def read_checks(directory: Path = SQL_DIR / "checks") -> tuple[Check, ...]:
    """Return the checks of a directory, by name."""
    return tuple(Check.from_file(path) for path in sorted(directory.glob("*.sql")))


def run_checks(connection: duckdb.DuckDBPyConnection, checks: Iterable[Check]) -> list[CheckResult]:
    """Run checks on the connection's tables, inside its open transaction."""
    return [_run_check(connection, check) for check in checks]


def count_of(sql: str) -> str:
    """Return the SELECT of the number of rows that a check finds."""
    return f"select count(*) from ({sql}\n) as violations"


def _run_check(connection: duckdb.DuckDBPyConnection, check: Check) -> CheckResult:
    row = first_row(connection, count_of(check.sql))
    assert row is not None
    return CheckResult(check.name, check.severity, int(row[0]))
