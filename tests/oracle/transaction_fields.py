"""Read the fields that sales, reversals and notices of subscriptions share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.oracle import coerce
from tests.oracle.aliases import TEXT
from tests.oracle.lines import read_lines
from tests.oracle.reader import first_present
from tests.oracle.transaction_types import role_of, type_of

if TYPE_CHECKING:
    from datetime import datetime

    from tests.oracle.reader import Reader

Row = dict[str, Any]
_CURRENCY = re.compile(r"[A-Z]{3}")
_CHANGE = re.compile(r"(\S+?)\s*-?>\s*(\S.*)")


def transaction(reader: Reader) -> Row:
    """Read the fields of 5.2 that sales, refunds and chargebacks share."""
    receipt = reader.upper("receipt")
    if receipt is None:
        reader.fault("missing_receipt", "receipt")
    affiliate = reader.lower("affiliate")
    currency = _currency(reader)
    lines = read_lines(reader, currency)
    said = type_of(reader.text("transaction_type"))
    return {
        "receipt": receipt,
        "root_receipt": reader.upper("root_receipt"),
        "upsell_original_receipt": reader.upper("upsell_original_receipt"),
        "transaction_type": said.name if said else None,
        "said_type": said.name if said else None,
        "unhandled": f"transaction_type {said.name}"
        if said and not said.is_test and not said.is_money
        else None,
        "vendor": reader.lower("vendor"),
        "affiliate": None if affiliate in {"none", "0"} else affiliate,
        "role": role_of(reader.text("role")),
        "currency": currency,
        "customer_currency": currency,
        "account_amount": _account_amount(reader, lines),
        "tax_amount": reader.money("tax_amount"),
        "shipping_amount": reader.money("shipping_amount"),
        "payment_method": reader.upper("payment_method"),
        "country": reader.upper("country"),
        "tracking_id": reader.text("tracking_id"),
        "lines": lines,
        "item_nos": sorted(_item_nos(lines)),
    }


def _item_nos(lines: list[Row]) -> list[str]:
    return [line["item_no"] for line in lines if line["item_no"] is not None]


def _account_amount(reader: Reader, lines: list[Row]) -> Any:
    """Return the account amount of the root, else the sum of the lines' account amounts."""
    if reader.has("account_amount"):
        return reader.money("account_amount")
    known = [line["account_amount"] for line in lines if line["account_amount"] is not None]
    return sum(known, coerce.ZERO) if known else None


def _currency(reader: Reader) -> str | None:
    found = first_present(reader.data, TEXT["currency"])
    if found is None:
        return None
    code = found.text.upper()
    if not _CURRENCY.fullmatch(code):
        reader.fault("bad_currency", found.alias)
        return None
    return code


def notice(reader: Reader, at: datetime | None, event_type: str) -> tuple[Row, tuple[Any, ...]]:
    """Return the news of a subscription and its natural key; every role is told alike."""
    row = transaction(reader)
    said = type_of(reader.text("transaction_type"))
    if said is not None and said.event_type == event_type:
        row["unhandled"] = None
    change = _CHANGE.search(reader.text("transaction_type") or "")
    row |= {
        "noticed_at": at,
        "event": event_type.removeprefix("subscription."),
        "change": change.groups() if change else (None, None),
    }
    key = (row["vendor"], row["receipt"], row["unhandled"], row["change"], tuple(row["item_nos"]), at)
    return row, (event_type, *key)
