"""Run checks on what a refresh touched: the cost follows the changed rows, as for the models."""

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

    Checks that look by the same key are run on the keys that any of them touches, so that the rows with these keys are
    looked for once in each table and not once for each check. One that says itself what touches it has its own.

    Args:
        workspace: Where keys and row numbers are gathered.
        checks: What is to be checked.
        places: Where rows stand.
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
        if group[0].keys:  # checks without a refresh rule look for nothing
            self._workspace.make(f"checked_keys_{number}", group[0].keys_of_any())
        for table in _rows_of(number, group):
            self._workspace.make(table, "select 0::bigint as row_number")

    def run(self, changed: Mapping[str, str]) -> list[CheckResult]:
        """Run the checks on the keys that a refresh touched; what did not change held before and still does.

        A check without a refresh rule runs on everything.

        Args:
            changed: The rows of each relation that changed, as something to select from.
        """
        found: dict[str, int] = {}
        for number, group in enumerate(self._groups):
            by_key = []
            for lookup in group:
                if not lookup.query.inputs & changed.keys():
                    continue
                if lookup.must_read_whole(changed):
                    found[lookup.query.name] = self._workspace.number(count_of(lookup.query.sql))
                else:
                    by_key.append(lookup)
            found |= self._violations(number, by_key, changed)
        return [CheckResult(check.name, check.severity, found.get(check.name, 0)) for check in self._checks]

    def _violations(self, number: int, lookups: list[Lookup], changed: Mapping[str, str]) -> dict[str, int]:
        touched = dict.fromkeys(
            lookup.touched({name: changed[name]})
            for lookup in lookups
            for name in sorted(lookup.query.inputs & changed.keys())
        )
        # One statement for each relation: which of them changed is in no statement that is kept.
        if not sum(self._workspace.fill(f"checked_keys_{number}", select) for select in touched):
            return {}
        keys = self._workspace.table(f"checked_keys_{number}")
        rows = {}
        near = self._places.near_checks(lookups, keys, changed)
        for table, (name, columns) in _rows_of(number, lookups).items():
            if lookups[0].is_side_by_side:
                continue
            self._workspace.fill(table, lookups[0].rows_of(name, columns, keys, near))
            rows[name, columns] = self._workspace.table(table)
        found = {}
        for lookup in lookups:
            sql = lookup.query.restricted(lookup.filters(keys, rows, near))
            found[lookup.query.name] = self._workspace.number(count_of(sql))
        return found


def _key_of(lookup: Lookup) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    return lookup.keys, lookup.values, lookup.query.name if lookup.query.refresh.affected else ""


def _rows_of(number: int, group: Iterable[Lookup]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return what the row numbers of a table's rows are kept in, for each table and the columns that hold its keys."""
    places = dict.fromkeys(place for lookup in group for place in lookup.inputs.items())
    return {f"checked_{number}_{name}_{'_'.join(columns)}": (name, columns) for name, columns in places}
