"""Compute the part of its sale's account amount that each reversal took back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.oracle.coerce import ZERO, round_money
from tests.oracle.roles import role_rank

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

Row = dict[str, Any]


def who_takes_back(reversals: Sequence[Row]) -> None:
    """Set each reversal's `is_taking_back`, whether it takes back its sale's account amount; None where unknown.

    The sender may report one reversal to several roles and its sale to only one. One row takes the sale's account
    amount back: the row of the sale's own role, else that of the preferred other role.
    """
    for row in reversals:
        row["is_taking_back"] = _is_taking_back(row, reversals)
        row |= {"is_booked": False, "is_counted": False, "is_overturned": False}
        row |= {"told_amount": row.get("chargeback_amount"), "known_account_amount": row["account_amount"]}


def _is_taking_back(row: Row, reversals: Sequence[Row]) -> bool | None:
    if row["sale"] is None or row["is_other_currency"]:
        return None
    same = [other for other in reversals if other["sale"] is row["sale"]]
    return _speaking_order(row) == min(_speaking_order(other) for other in same)


def take_back(reversals: Sequence[Row], amount: str) -> None:
    """Set every reversal's `reversed_account_amount`: its own amount, else an estimate, else None."""
    for row in reversals:
        said = row["known_account_amount"]
        row["reversed_account_amount"] = _estimate(row, amount) if said is None else said
        row["is_account_amount_estimated"] = said is None and row["reversed_account_amount"] is not None


def _estimate(row: Row, amount: str) -> Decimal | None:
    if row["is_taking_back"] is None:
        return None
    if row.get("refund_type") == "TAX" or not row["is_taking_back"]:
        return ZERO
    return _proportion(row[amount], row["sale"]["gross_amount"], row["sale"]["account_amount"])


def _speaking_order(row: Row) -> tuple[Any, ...]:
    return (row["role"] != row["sale"]["role"], role_rank(row["role"]))


def _proportion(amount: Decimal | None, gross: Decimal | None, account: Decimal | None) -> Decimal | None:
    if amount == 0:
        return ZERO
    if amount is None or gross is None or gross <= 0 or account is None:
        return None
    return round_money(min(amount, gross) * account / gross)
