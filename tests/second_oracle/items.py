"""The lines of a row."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.second_oracle.aliases import Aliases
from tests.second_oracle.coercion import BadMoneyError, count_of, money_of, number_of
from tests.second_oracle.instants import BadTimeError, day_of, read_instant
from tests.second_oracle.lookup import first_flag, first_text, first_value, value_at
from tests.second_oracle.rows import Item


def read_items(data: Mapping[str, Any], aliases: Aliases, zone: ZoneInfo) -> tuple[Item, ...]:
    """Read the list of lines (one object is a list of one), else one line of the row's own product keys."""
    for key in aliases["line_items"]:
        told = value_at(data, key)
        lines = [told] if isinstance(told, dict) else told
        if isinstance(lines, list) and any(isinstance(line, dict) for line in lines):
            return tuple(_read_item(line, aliases, zone) for line in lines if isinstance(line, dict))
    return (replace(_read_item(data, aliases, zone), account_amount=None, is_synthetic=True),)


def _read_item(line: Mapping[str, Any], aliases: Aliases, zone: ZoneInfo) -> Item:
    quantity = first_value(line, aliases["quantity"])
    return Item(
        item_no=first_text(line, aliases["item_no"]),
        title=first_text(line, aliases["title"]),
        quantity=Decimal(1) if quantity is None else _quantity(quantity),
        price_amount=_money(line, aliases["price_amount"]),
        account_amount=_money(line, aliases["line_account_amount"]),
        affiliate_payout=_money(line, aliases["affiliate_payout"]),
        line_item_type=first_text(line, aliases["line_item_type"]),
        is_recurring=first_flag(line, aliases["recurring"]),
        payments_processed=count_of(first_value(line, aliases["payments_processed"])),
        payments_remaining=count_of(first_value(line, aliases["payments_remaining"])),
        next_payment_date=_date(first_value(line, aliases["next_payment_date"]), zone),
        rebill_amount=_money(line, aliases["rebill_amount"]),
        is_synthetic=False,
    )


def _money(line: Mapping[str, Any], keys: tuple[str, ...]) -> Decimal | None:
    value = first_value(line, keys)
    return None if value is None else money_of(value)


def _quantity(value: Any) -> Decimal:
    try:
        return number_of(value)
    except BadMoneyError:
        return Decimal(1)


def _date(value: Any, zone: ZoneInfo) -> date | None:
    try:
        return None if value is None else day_of(read_instant(value, zone).at, zone)
    except BadTimeError:
        return None


def with_line_amounts(
    items: tuple[Item, ...],
    total: Decimal | None,
    tax: Decimal | None,
    shipping: Decimal | None,
    account: Decimal | None,
) -> tuple[Item, ...]:
    """Decide each line's amount.

    A line's amount is quantity x price where that adds up to the total and the price alone does not; the
    lines add up when they are the total, with or without tax and shipping. A row's own product without a
    price stands for the row's total less tax and shipping, and for its account amount.
    """
    extra = (tax or Decimal(0)) + (shipping or Decimal(0))
    if len(items) == 1 and items[0].is_synthetic:
        items = (replace(items[0], account_amount=account),)
        if items[0].price_amount is None:
            return (replace(items[0], line_amount=None if total is None else total - extra),)
    once = [item.price_amount or Decimal(0) for item in items]
    times = [price * item.quantity for price, item in zip(once, items, strict=True)]
    totals = (total, None if total is None else total - extra)
    is_unit_price = sum(once) not in totals and sum(times) in totals
    amounts = times if is_unit_price else once
    return tuple(
        replace(item, line_amount=None if item.price_amount is None else amount)
        for item, amount in zip(items, amounts, strict=True)
    )
