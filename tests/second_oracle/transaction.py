"""One row of money: a sale, a refund or a chargeback, read through the aliases."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.second_oracle.aliases import LEGACY_MINOR_KEYS, TOTAL_KEYS, Aliases
from tests.second_oracle.coercion import count_of, from_minor_units, is_null, money_of
from tests.second_oracle.instants import BadTimeError, read_instant
from tests.second_oracle.items import read_items
from tests.second_oracle.lookup import first, first_flag, first_text, first_value, value_at
from tests.second_oracle.rows import Item, MoneyRow
from tests.second_oracle.transaction_types import CLOSED, REBILL, contradicts, meaning_of, role_of

PREFIX_OF = {"sale.created": "sale", "refund.processed": "refund", "chargeback.received": "chargeback"}
REBILL_SUFFIX = re.compile(r"(.+?)-B\d+")
NO_AFFILIATE = ("0", "none")


class UnmappedError(ValueError):
    """A row that cannot be mapped; the text of the error is the reason."""


@dataclass(frozen=True)
class Context:
    """Everything around a row that helps to read it."""

    event_type: str
    account: str | None
    created_at: datetime | None
    aliases: Aliases
    zone: ZoneInfo


def root_of(receipt: str) -> str:
    """Return the text before a suffix `-B` and digits, and the whole receipt otherwise."""
    match = REBILL_SUFFIX.fullmatch(receipt)
    return match.group(1) if match else receipt


def read_money_row(data: Mapping[str, Any], context: Context) -> MoneyRow:
    """Read one row; raise `UnmappedError`, `BadMoneyError` or `BadTimeError` with the reason why it cannot be read."""
    aliases, kind = context.aliases, PREFIX_OF[context.event_type]
    receipt = _upper(first_text(data, aliases["receipt"]))
    meaning = meaning_of(first_text(data, aliases["transaction_type"]))
    if contradicts(meaning, context.event_type):
        raise UnmappedError("type_conflict")
    if receipt is None:
        raise UnmappedError("missing_receipt")
    currency = _upper(first_text(data, aliases["currency"]))
    items = read_items(data, aliases, context.zone)
    amount, amount_key = _money(data, aliases[f"{kind}_amount"], currency)
    account_amount, account_key = _money(data, aliases["account_amount"], currency)
    tax, tax_key = _money(data, aliases["tax_amount"], currency)
    shipping, shipping_key = _money(data, aliases["shipping_amount"], currency)
    fee = None if kind == "sale" else _money(data, aliases[f"{kind}_fee"], currency)[0]
    keys = {"amount": amount_key, "account": account_key, "tax": tax_key, "shipping": shipping_key}
    if account_amount is None:
        account_amount = _sum_of_lines(items)
    is_rebill = (
        meaning == REBILL or first_flag(data, aliases["is_rebill"]) is True or root_of(receipt) != receipt
    )
    status = None if kind == "sale" else first_text(data, aliases[f"{kind}_status"])
    row = MoneyRow(
        event_type=context.event_type,
        receipt=receipt,
        root=_upper(first_text(data, aliases["root_receipt"])) or root_of(receipt),
        vendor=_lower(first_text(data, aliases["vendor"])),
        account=context.account,
        affiliate=_affiliate(data, aliases),
        role=role_of(first_text(data, aliases["role"])),
        meaning=meaning,
        is_rebill=kind == "sale" and is_rebill,
        payment_number=_payment_number(data, items, aliases),
        at=_event_time(data, kind, context),
        is_at_told=first_value(data, aliases[f"{kind}_at"]) is not None,
        amount=amount if kind == "sale" else _positive(amount),
        account_amount=account_amount if kind == "sale" else _positive(account_amount),
        tax_amount=tax,
        shipping_amount=shipping,
        currency=currency,
        payment_method=_upper(first_text(data, aliases["payment_method"])),
        country=first_text(data, aliases["country"]),
        tracking_id=first_text(data, aliases["tracking_id"]),
        upsell=_upper(first_text(data, aliases["upsell"])),
        reversal_id=None if kind == "sale" else first_text(data, aliases[f"{kind}_id"]),
        status=_lower(status),
        refund_type=_refund_type(data, aliases) if kind == "refund" else None,
        fee=_positive(fee),
        original_at=None if kind == "sale" else _original_time(data, context),
        items=items,
        assumed_units=_assumed_units(data, kind, currency, aliases),
        total_fields=frozenset(field for field, key in keys.items() if key in TOTAL_KEYS),
    )
    _require_amounts(row)
    return row


def _require_amounts(row: MoneyRow) -> None:
    """Require an amount; a dispute's ending needs none."""
    told = row.amount if row.amount is not None else row.account_amount
    if told is None and not (row.event_type == "chargeback.received" and row.status in CLOSED):
        raise UnmappedError("missing_amount")


def read_amount(data: Mapping[str, Any], keys: tuple[str, ...], currency: str | None) -> Decimal | None:
    """Return the amount under the first told key; raise `BadMoneyError` if it cannot be read."""
    return _money(data, keys, currency)[0]


def _money(
    data: Mapping[str, Any], keys: tuple[str, ...], currency: str | None
) -> tuple[Decimal | None, str | None]:
    """Return the amount under the first told key, and the key; `*_cents` and legacy keys are minor units."""
    for key in keys:
        for path, is_minor in (
            (key, key in LEGACY_MINOR_KEYS),
            (f"{key}_cents", True),
            (f"{key}Cents", True),
        ):
            value = value_at(data, path)
            if is_null(value) or isinstance(value, dict | list):
                continue
            return (from_minor_units(value, currency) if is_minor else money_of(value)), key
    return None, None


def _assumed_units(
    data: Mapping[str, Any], kind: str, currency: str | None, aliases: Aliases
) -> frozenset[str]:
    """Return which amounts of a reversal are in minor units of a currency that it does not tell."""
    if kind == "sale" or currency is not None:
        return frozenset()
    fields = {"amount": f"{kind}_amount", "account_amount": "account_amount", "fee": f"{kind}_fee"}
    return frozenset(field for field, name in fields.items() if _is_in_minor_units(data, aliases[name]))


def _is_in_minor_units(data: Mapping[str, Any], keys: tuple[str, ...]) -> bool:
    """Tell whether other places of the currency would make another amount of the first that is told."""
    return _money(data, keys, "USD")[0] != _money(data, keys, "JPY")[0]


def in_currency(row: MoneyRow, currency: str | None) -> MoneyRow:
    """Read the minor units of a reversal that tells no currency as those of the currency of its sale."""
    if currency is None or not row.assumed_units:
        return row
    amounts = {
        field: None if getattr(row, field) is None else from_minor_units(getattr(row, field) * 100, currency)
        for field in row.assumed_units
    }
    return replace(row, assumed_units=frozenset(), **amounts)


def _event_time(data: Mapping[str, Any], kind: str, context: Context) -> datetime:
    """Read the row's own instant, else the envelope's; a row of money without any time cannot be booked."""
    value = first_value(data, context.aliases[f"{kind}_at"])
    if value is not None:
        return read_instant(value, context.zone).at
    if context.created_at is None:
        raise UnmappedError("no_time")
    return context.created_at


def _original_time(data: Mapping[str, Any], context: Context) -> datetime | None:
    value = first_value(data, context.aliases["original_at"])
    try:
        return None if value is None else read_instant(value, context.zone).at
    except BadTimeError:
        return None


def _payment_number(data: Mapping[str, Any], items: tuple[Item, ...], aliases: Aliases) -> int | None:
    """Return which payment of its subscription a rebill says it is: told outright, else by its plan."""
    if match := first(data, aliases["payment_number"]):
        return count_of(match[1])
    return next((item.payments_processed for item in items if item.payments_processed is not None), None)


def _sum_of_lines(items: tuple[Item, ...]) -> Decimal | None:
    """Sum the lines' account amounts, which stand in for an account amount of the order."""
    told = [item.account_amount for item in items if item.account_amount is not None]
    return sum(told, Decimal(0)) if told else None


def _affiliate(data: Mapping[str, Any], aliases: Aliases) -> str | None:
    """Return the affiliate; `0`, `none` and nothing are no affiliate."""
    name = _lower(first_text(data, aliases["affiliate"]))
    return None if name in NO_AFFILIATE else name


def _refund_type(data: Mapping[str, Any], aliases: Aliases) -> str | None:
    told = _upper(first_text(data, aliases["refund_type"]))
    if told is not None:
        return next((word for word in ("FULL", "PARTIAL", "TAX") if told.startswith(word)), told)
    is_partial = first_flag(data, aliases["is_partial"])
    return None if is_partial is None else "PARTIAL" if is_partial else "FULL"


def _positive(amount: Decimal | None) -> Decimal | None:
    """Store a reversal's amount without its sign, which no sender is trusted with."""
    return None if amount is None else abs(amount)


def _upper(text: str | None) -> str | None:
    return None if text is None else text.upper()


def _lower(text: str | None) -> str | None:
    return None if text is None else text.lower()
