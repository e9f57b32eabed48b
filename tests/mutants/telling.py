"""Bodies in the plainest spelling: whatever is not said is left out."""

from __future__ import annotations

from typing import Any

Body = dict[str, Any]
# What most sales and reversals of the situations share.
USUAL: Body = {"vendor": "lakeshop", "currency": "USD"}


def told(event_type: str, data: Any, **envelope: Any) -> Body:
    """Tell anything."""
    return {"type": event_type, **envelope, "data": data}


def given(data: Body) -> Body:
    """Return the fields that are told at all."""
    return {key: value for key, value in data.items() if value is not None}


def sold(receipt: str, day: str, amount: float | None, **more: Any) -> Body:
    """Return the fields of a sale; None leaves one out."""
    return given(USUAL | {"receipt": receipt, "sold_at": _instant(day), "amount": amount} | more)


def refunded(receipt: str, day: str, amount: float | None, **more: Any) -> Body:
    """Return the fields of a refund."""
    return given(USUAL | {"receipt": receipt, "refunded_at": _instant(day), "refund_amount": amount} | more)


def disputed(receipt: str, day: str, amount: float | None, **more: Any) -> Body:
    """Return the fields of a notice of a chargeback."""
    told_amount = {"chargeback_amount": amount}
    return given(USUAL | {"receipt": receipt, "disputed_at": _instant(day)} | told_amount | more)


def sale(receipt: str, day: str, amount: float | None, *, envelope: Body | None = None, **more: Any) -> Body:
    """Tell a sale on a day, or at an instant."""
    return told("sale.created", sold(receipt, day, amount, **more), **(envelope or {}))


def refund(
    receipt: str, day: str, amount: float | None, *, envelope: Body | None = None, **more: Any
) -> Body:
    """Tell a refund."""
    return told("refund.processed", refunded(receipt, day, amount, **more), **(envelope or {}))


def dispute(
    receipt: str, day: str, amount: float | None, *, envelope: Body | None = None, **more: Any
) -> Body:
    """Tell a notice of a chargeback."""
    return told("chargeback.received", disputed(receipt, day, amount, **more), **(envelope or {}))


def _instant(day: str) -> str:
    """Return noon in UTC of a day; an instant stays as it is."""
    return f"{day}T12:00:00Z" if len(day) == len("2026-01-01") else day
