"""Attribute a reversal to the items that it names, else to all items of its sale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.oracle.coerce import ZERO, round_money

if TYPE_CHECKING:
    from decimal import Decimal

Row = dict[str, Any]


def reversed_items(reversal: Row) -> dict[str | None, list[Row]]:
    """Return the items a reversal counts for, each with its lines."""
    named = [line for line in reversal["lines"] if line["item_no"] is not None]
    sold = sold_lines(reversal)
    items: dict[str | None, list[Row]] = {}
    for line in named or sold:
        items.setdefault(line["item_no"], []).append(line)
    return items


def sold_lines(reversal: Row) -> list[Row]:
    """Return the lines of the one sale that counts for the reversed receipt, whichever role reported it."""
    return reversal["counted_sale"]["lines"] if reversal["counted_sale"] else []


def shares(reversal: Row, amount: Decimal) -> dict[str | None, Decimal]:
    """Split an amount over the items in proportion to their prices in the sale, equally when those sum to 0.

    A negative price, which is a discount, has no share.
    """
    items = reversed_items(reversal)
    prices = dict.fromkeys(items, ZERO)
    for line in sold_lines(reversal):
        if line["item_no"] in prices:
            prices[line["item_no"]] += line["line_amount"] or ZERO
    prices = {item_no: max(price, ZERO) for item_no, price in prices.items()}
    total = sum(prices.values(), ZERO)
    if len(items) == 1 or not total:
        return {item_no: round_money(amount / len(items)) for item_no in items}
    return {item_no: round_money(amount * price / total) for item_no, price in prices.items()}
