"""Read the lines of a sale, refund or chargeback."""

from __future__ import annotations

from typing import Any

from tests.oracle import coerce
from tests.oracle.aliases import LINE_LISTS
from tests.oracle.reader import Reader

Row = dict[str, Any]


def read_lines(reader: Reader) -> list[Row]:
    """Return the lines, numbered from 1; without any list, one line from the product the root names.

    An amount that cannot be read is NULL: a line never quarantines its sale.
    """
    elements = _first_list(reader.data)
    if elements is None:
        return _synthetic_line(reader)
    return [
        _line(number, Reader(element))
        for number, element in enumerate(elements, 1)
        if isinstance(element, dict)
    ]


def _first_list(data: dict[str, Any]) -> list[Any] | None:
    """Return the first list that is present: not empty; a single object stands for a list of one."""
    for alias in LINE_LISTS:
        value = data.get(alias)
        if isinstance(value, list) and value:
            return value
        if isinstance(value, dict) and value and "@nil" not in value:
            return [value]
    return None


def _line(number: int, reader: Reader) -> Row:
    recurring = reader.text("is_recurring")
    return {
        "line_number": number,
        "item_no": reader.text("item_no"),
        "title": reader.text("title"),
        "quantity": _quantity(reader),
        "price_amount": reader.money("line_price", is_checked=False),
        "account_amount": reader.money("line_account", is_checked=False),
        "affiliate_payout": reader.money("line_affiliate", is_checked=False),
        "line_item_type": reader.upper("line_item_type"),
        "is_recurring": None if recurring is None else coerce.is_true(recurring),
    }


def _synthetic_line(reader: Reader) -> list[Row]:
    item_no, title = reader.text("synthetic_item_no"), reader.text("synthetic_title")
    if item_no is None and title is None:
        return []
    line: Row = dict.fromkeys(
        ("price_amount", "account_amount", "affiliate_payout", "line_item_type", "is_recurring")
    )
    return [{"line_number": 1, "item_no": item_no, "title": title, "quantity": _quantity(reader)} | line]


def _quantity(reader: Reader) -> int | None:
    """Return the quantity: 1 when not given, NULL when given and not a whole number."""
    return 1 if reader.text("quantity") is None else reader.whole("quantity")
