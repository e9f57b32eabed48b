"""Compute the account amount that each reversal took back from its sale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.oracle.coerce import ZERO, round_money
from tests.oracle.roles import role_rank

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

Row = dict[str, Any]


def take_back(reversals: Sequence[Row], amount: str) -> None:
    """Set every reversal's `reversed_account_amount`: its own amount, else an estimate, else None.

    Several roles may report one reversal while only one reported the sale. Only one of them takes back that sale's
    account amount: the sale's own role, else the preferred of the others.
    """
    for row in reversals:
        said = row["account_amount"]
        row["reversed_account_amount"] = _estimate(row, amount, reversals) if said is None else said
        row["is_account_amount_estimated"] = said is None and row["reversed_account_amount"] is not None


def _estimate(row: Row, amount: str, reversals: Sequence[Row]) -> Decimal | None:
    sale = row["sale"]
    if sale is None or (row["currency"] not in {None, sale["currency"]} and sale["currency"] is not None):
        return None
    same = [other for other in reversals if other["receipt"] == row["receipt"] and other["sale"] is sale]
    first = min(_speaking_order(other) for other in same)
    if row.get("refund_type") == "TAX" or _speaking_order(row) != first:
        return ZERO
    return _proportion(row[amount], sale["gross_amount"], sale["account_amount"])


def _speaking_order(row: Row) -> tuple[Any, ...]:
    return (row["role"] != row["sale"]["role"], role_rank(row["role"]))


def _proportion(amount: Decimal, gross: Decimal | None, account: Decimal | None) -> Decimal | None:
    if amount == 0:
        return ZERO
    if gross is None or gross <= 0 or account is None:
        return None
    return round_money(min(amount, gross) * account / gross)
