"""Choose among the rows of one thing: VENDOR, then AFFILIATE, then any other role by name."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Row = dict[str, Any]
Receipt = tuple[str | None, str]
_FIRST_ROLES = ("VENDOR", "AFFILIATE")


def role_rank(role: str) -> tuple[int, str]:
    """Return the sort key of a role."""
    return (_FIRST_ROLES.index(role) if role in _FIRST_ROLES else len(_FIRST_ROLES), role)


def row_order(row: Row) -> tuple[Any, ...]:
    """Return the order of rows within a role: time, then body hash, then item."""
    return (row["occurred_at"], row["event_key"], row["item_index"])


def by_preference(row: Row) -> tuple[Any, ...]:
    """Return the order of all rows of a thing: role first."""
    return (role_rank(row["role"]), *row_order(row))


def receipt_of(row: Row) -> Receipt:
    """Return the key of an order: a receipt is unique per seller."""
    return (row["vendor"], row["receipt"])


def payment_of(row: Row) -> tuple[Any, ...]:
    """Return the key of a payment, which counts once; of a receipt whose sale is unknown, the receipt's."""
    return (*receipt_of(row), row["payment"])


def grouped(rows: Iterable[Row], name: Callable[[Row], Any] = receipt_of) -> dict[Any, list[Row]]:
    """Group rows, by seller and receipt if not said otherwise, the preferred ones first."""
    groups: defaultdict[Any, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=by_preference):
        groups[name(row)].append(row)
    return dict(groups)


def counted_refunds(refunds: Iterable[Row]) -> list[Row]:
    """Return the refunds that count: of one refund told to several roles, the preferred role's row.

    Rows of several roles are one refund by its id; where any refund of the receipt has no id, by their place in the
    day.
    """
    counted = []
    for rows in grouped(refunds).values():
        have_ids = all(row["refund_id"] is not None for row in rows)
        views: defaultdict[tuple[Any, ...], list[Row]] = defaultdict(list)
        for row in sorted(rows, key=_refund_order):
            views[row["refund_id"] if have_ids else row["refunded_date"], row["role"]].append(row)
        told: defaultdict[tuple[Any, ...], list[Row]] = defaultdict(list)
        for (name, _), view in views.items():
            for number, row in enumerate(view):
                told[name, number].append(row)
        for same in told.values():
            first = min(same, key=lambda row: role_rank(row["role"]))
            ranked = sorted(same, key=lambda row: role_rank(row["role"]))
            fees = [row for row in ranked if row["fee_amount"] is not None]
            first |= {"is_counted": True, "fee_amount": fees[0]["fee_amount"] if fees else None}
            counted.append(first)
    return counted


def _refund_order(row: Row) -> tuple[Any, ...]:
    return (row["occurred_at"], row["refund_amount"], row["item_nos"], *row_order(row)[1:])
