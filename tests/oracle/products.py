"""Attribute a reversal to items: those it names, else all items of its sale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.oracle.coerce import ZERO, round_money

if TYPE_CHECKING:
    from decimal import Decimal

Row = dict[str, Any]


def reversed_items(reversal: Row) -> dict[str | None, list[Row]]:
    """Return the items a reversal counts for, each with its lines."""
    named = [line for line in reversal["lines"] if line["item_no"] is not None]
    sold = reversal["sale"]["lines"] if reversal["sale"] else []
    items: dict[str | None, list[Row]] = {}
    for line in named or sold:
        items.setdefault(line["item_no"], []).append(line)
    return items


def shares(reversal: Row, amount: Decimal) -> dict[str | None, Decimal]:
    """Split an amount over the items in proportion to their prices, equally when the prices sum to 0."""
    items = reversed_items(reversal)
    prices = {item_no: _price(lines) for item_no, lines in items.items()}
    total = sum(prices.values(), ZERO)
    if len(items) == 1 or not total:
        return {item_no: round_money(amount / len(items)) for item_no in items}
    return {item_no: round_money(amount * price / total) for item_no, price in prices.items()}


def _price(lines: list[Row]) -> Decimal:
    return sum((line["price_amount"] or ZERO for line in lines), ZERO)
