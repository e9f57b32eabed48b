"""Choose among the rows of one receipt: VENDOR, then AFFILIATE, then any other role by name."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

Row = dict[str, Any]
_FIRST_ROLES = ("VENDOR", "AFFILIATE")


def role_rank(role: str) -> tuple[int, str]:
    """Return the sort key of a role."""
    return (_FIRST_ROLES.index(role) if role in _FIRST_ROLES else len(_FIRST_ROLES), role)


def row_order(row: Row) -> tuple[Any, ...]:
    """Return the order of rows within a role: time, then body hash, then item."""
    return (row["occurred_at"], row["event_key"], row["item_index"])


def by_preference(row: Row) -> tuple[Any, ...]:
    """Return the order of all rows of a receipt: role first."""
    return (role_rank(row["role"]), *row_order(row))


def by_receipt(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Group rows by receipt, the preferred ones first."""
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=by_preference):
        groups[row["receipt"]].append(row)
    return dict(groups)


def preferred_rows(rows: Iterable[Row]) -> list[Row]:
    """Return, for every receipt, the rows of its preferred role."""
    return [row for group in by_receipt(rows).values() for row in group if row["role"] == group[0]["role"]]
