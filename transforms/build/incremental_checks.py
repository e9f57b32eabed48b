"""Run checks on the keys that a refresh touched: the cost follows the changed rows, as for the models."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from transforms.build.lookup import Lookup
from transforms.definitions.checks import CheckResult, count_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from transforms.build.places import Places
    from transforms.build.workspace import Workspace
    from transforms.definitions.checks import Check


class IncrementalChecks:
    """The checks of one connection's refreshes.

    Checks with the same key form a group, which runs on the keys that any of them needs: DuckDB then locates the rows
    with these keys once per table instead of once per check. A check whose header computes its keys by an ``affected``
    query is a group of its own.

    Args:
        workspace: The temporary tables of keys and row numbers.
        checks: The checks.
        places: The places of rows.
    """

    def __init__(self, workspace: Workspace, checks: Iterable[Check], places: Places) -> None:
        self._workspace = workspace
        self._places = places
        self._checks = tuple(checks)
        lookups = [Lookup.of(check, workspace.columns_of) for check in checks]
        by_key = sorted(lookups, key=_key_of)
        self._groups = [tuple(group) for _, group in groupby(by_key, _key_of)]
        for number, group in enumerate(self._groups):
            self._make_tables(number, group)

    def _make_tables(self, number: int, group: tuple[Lookup, ...]) -> None:
        if group[0].keys:  # a check without a refresh rule has no keys
            self._workspace.make(f"checked_keys_{number}", group[0].keys_of_any())
        for table in _rows_of(number, group):
            self._workspace.make(table, "select 0::bigint as row_number")

    def run(self, changed: Mapping[str, str]) -> list[CheckResult]:
        """Run the checks on the keys that a refresh touched.

        Rows that did not change held before and still do. A check without a refresh rule reads whole tables.

        Args:
            changed: For each relation with changed rows, a relation of these rows.
        """
        violations: dict[str, int] = {}
        for number, group in enumerate(self._groups):
            by_key = []
            for lookup in group:
                if not lookup.query.inputs & changed.keys():
                    continue
                if lookup.must_read_whole(changed):
                    violations[lookup.query.name] = self._workspace.run(count_of(lookup.query.sql))
                else:
                    by_key.append(lookup)
            violations |= self._violations(number, by_key, changed)
        return [
            CheckResult(check.name, check.severity, violations.get(check.name, 0)) for check in self._checks
        ]

    def _violations(self, number: int, lookups: list[Lookup], changed: Mapping[str, str]) -> dict[str, int]:
        touched = dict.fromkeys(
            lookup.touched({name: changed[name]})
            for lookup in lookups
            for name in sorted(lookup.query.inputs & changed.keys())
        )
        # One statement per relation: a combined one would have a different text for each set of changed relations, and
        # no prepared statement would serve twice.
        if not sum(self._workspace.fill(f"checked_keys_{number}", select) for select in touched):
            return {}
        keys = self._workspace.table(f"checked_keys_{number}")
        rows = {}
        near = self._places.near_checks(lookups, keys, changed)
        for table, (name, columns) in _rows_of(number, lookups).items():
            if lookups[0].is_contiguous:
                continue
            self._workspace.fill(table, lookups[0].rows_of(name, columns, keys, near))
            rows[name, columns] = self._workspace.table(table)
        violations = {}
        for lookup in lookups:
            sql = lookup.query.restricted(lookup.filters(keys, rows, near))
            violations[lookup.query.name] = self._workspace.run(count_of(sql))
        return violations


def _key_of(lookup: Lookup) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    return lookup.keys, lookup.values, lookup.query.name if lookup.query.refresh.affected else ""


def _rows_of(number: int, group: Iterable[Lookup]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return the temporary table of row numbers for each table and its key columns."""
    inputs = dict.fromkeys(each for lookup in group for each in lookup.inputs.items())
    return {f"checked_{number}_{name}_{'_'.join(columns)}": (name, columns) for name, columns in inputs}
