"""Read the lines of a sale, refund or chargeback."""

from __future__ import annotations

from typing import Any

from tests.oracle import coerce
from tests.oracle.aliases import LINE_KEYS, LINE_LISTS, is_in_minor_units
from tests.oracle.reader import Reader, first_present

Row = dict[str, Any]


def read_lines(reader: Reader, currency: str | None) -> list[Row]:
    """Return the lines, numbered from 1, without list elements that hold no value of a line.

    Without any list, one line has the product that the root names, and for a sale the sale's own amounts.
    An unreadable amount is NULL: a line never quarantines its sale.
    """
    listed = [element for element in _first_list(reader.data) if _says_something(element)]
    if not listed:
        return [_synthetic_line(reader)]
    return [
        _line(number, Reader(element, reader.zone, currency=currency))
        for number, element in enumerate(listed, 1)
    ]


def has_account_in_minor_units(reader: Reader) -> bool:
    """Tell whether a line says its account amount in minor units."""
    elements = [element for element in _first_list(reader.data) if isinstance(element, dict)]
    aliases = [Reader(element, reader.zone).amount_alias("line_account") for element in elements]
    return any(is_in_minor_units(alias) for alias in aliases if alias is not None)


def _first_list(data: dict[str, Any]) -> list[Any]:
    """Return the first list that is present; a single object stands for a list of one, an empty one for none."""
    for alias in LINE_LISTS:
        value = data.get(alias)
        if isinstance(value, list):
            return value
        if isinstance(value, dict):
            return [value] if value else []
    return []


def _says_something(element: Any) -> bool:
    return isinstance(element, dict) and first_present(element, LINE_KEYS) is not None


def _line(number: int, reader: Reader) -> Row:
    recurring = reader.text("is_recurring")
    return {
        "line_number": number,
        "is_synthetic": False,
        "item_no": reader.text("item_no"),
        "title": reader.text("title"),
        "quantity": _quantity(reader),
        "price_amount": reader.money("line_price", is_checked=False),
        "discount_amount": reader.money("line_discount", is_checked=False),
        "account_amount": reader.money("line_account", is_checked=False),
        "affiliate_payout": reader.money("line_affiliate", is_checked=False),
        "jv_payout": reader.money("line_jv", is_checked=False),
        "line_item_type": reader.upper("line_item_type"),
        "is_recurring": None if recurring is None else coerce.is_true(recurring),
        "payments_processed": reader.whole("payments_processed"),
        "payments_remaining": reader.whole("payments_remaining"),
        "next_payment_date": reader.day("next_payment_date"),
        "rebill_amount": reader.money("line_rebill", is_checked=False),
    }


def amount_lines(sale: Row) -> None:
    """Set each line's amount: its price, or quantity x price where only that adds up to the amount paid."""
    lines = sale["lines"]
    prices = [line["price_amount"] for line in lines]
    quantities = [line["quantity"] for line in lines]
    is_per_unit = False
    if sale["gross_amount"] is not None and None not in prices and None not in quantities:
        apart = (sale["tax_amount"] or coerce.ZERO) + (sale["shipping_amount"] or coerce.ZERO)
        discount = sum((abs(line["discount_amount"] or coerce.ZERO) for line in lines), coerce.ZERO)
        paid = {
            sale["gross_amount"] - some + less
            for some in (apart, coerce.ZERO)
            for less in (coerce.ZERO, discount)
        }
        multiplied = sum(price * quantity for price, quantity in zip(prices, quantities, strict=True))
        is_per_unit = multiplied in paid and sum(prices) not in paid
    for line in lines:
        price = line["price_amount"]
        line["line_amount"] = price * line["quantity"] if is_per_unit else price


def price_synthetic_line(sale: Row) -> None:
    """Give the one line of a sale without lines the sale's own amounts: gross less tax and shipping."""
    if not sale["lines"][0]["is_synthetic"]:
        return
    gross = sale["gross_amount"]
    if gross is not None:
        gross -= (sale["tax_amount"] or coerce.ZERO) + (sale["shipping_amount"] or coerce.ZERO)
    sale["lines"][0] |= {"price_amount": gross, "account_amount": sale["account_amount"]}


def _synthetic_line(reader: Reader) -> Row:
    names = {"item_no": reader.text("synthetic_item_no"), "title": reader.text("synthetic_title")}
    line: Row = dict.fromkeys(
        (
            *("price_amount", "account_amount", "affiliate_payout", "jv_payout", "line_item_type"),
            "is_recurring",
            "discount_amount",
        )
    )
    recurring = reader.text("is_recurring")
    plan = {
        "is_recurring": None if recurring is None else coerce.is_true(recurring),
        "payments_processed": reader.whole("synthetic_payments_processed"),
        "payments_remaining": reader.whole("synthetic_payments_remaining"),
        "next_payment_date": reader.day("synthetic_next_payment_date"),
        "rebill_amount": reader.money("synthetic_rebill", is_checked=False),
    }
    return {"line_number": 1, "quantity": _quantity(reader), "is_synthetic": True} | names | line | plan


def _quantity(reader: Reader) -> int | None:
    """Return the quantity: 1 when not given, NULL when given and not a whole number."""
    return 1 if reader.text("quantity") is None else reader.whole("quantity")
