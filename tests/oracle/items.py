"""Map one item of an event to its row, its natural key, and the reasons against mapping it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.oracle import coerce
from tests.oracle.alert_items import alert
from tests.oracle.aliases import TEXT, TIME
from tests.oracle.lines import price_synthetic_line, read_lines
from tests.oracle.reader import Reason, first_present
from tests.oracle.sync_items import sync

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from tests.oracle.envelope import Envelope
    from tests.oracle.reader import Reader

Row = dict[str, Any]
EARLIEST = datetime(1998, 1, 1, tzinfo=UTC)
MAX_AHEAD = timedelta(hours=48)
STATUSES = frozenset({"received", "reversed", "won", "lost"})
_REBILL = re.compile(r"-B[0-9]+$")
_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True)
class Item:
    """One element of an event's data, mapped: `row` and `key` mean something only without `reasons`."""

    index: int
    row: Row
    key: tuple[Any, ...]
    occurred_at: datetime | None
    reasons: tuple[Reason, ...]


def map_item(envelope: Envelope, index: int, reader: Reader, zone: ZoneInfo) -> Item:
    """Map an item of one of the five types."""
    kind = KINDS[envelope.event_type or ""]
    at = _event_time(reader, kind, envelope)
    if kind == "alert":
        row, key = alert(reader, at)
        if envelope.event_id is not None:
            key = (envelope.event_id, index)
    elif kind == "sync":
        row, key = sync(reader, at, zone)
    else:
        row, key = TRANSACTIONS[kind](reader, at)
    return Item(index, row, key, at, tuple(reader.reasons))


def _event_time(reader: Reader, kind: str, envelope: Envelope) -> datetime | None:
    """Return the item's own time, else the envelope's; alerts and syncs may fall back to the delivery's."""
    found = first_present(reader.data, TIME[kind])
    if found is not None:
        at, path = coerce.instant(found.text), f"{reader.path}.{found.alias}"
        if at is None:
            reader.reasons.append(Reason("bad_time", path, reader.index))
            return None
    elif envelope.created_at is not None:
        at, path = envelope.created_at, envelope.created_path
    elif kind in TRANSACTIONS:
        reader.fault("no_time", "transaction_time")
        return None
    else:
        return envelope.first_received_at
    if at < EARLIEST or at > envelope.first_received_at + MAX_AHEAD:
        reader.reasons.append(Reason("implausible_time", path, reader.index))
    return at


def _sale(reader: Reader, at: datetime | None) -> tuple[Row, tuple[Any, ...]]:
    """Key: vendor, role, receipt, transaction type."""
    row = _transaction(reader)
    row["gross_amount"] = reader.money("gross_amount")
    flag = reader.text("is_rebill")
    is_rebill = (
        row["transaction_type"] == "BILL"
        or (flag is not None and coerce.is_true(flag))
        or _REBILL.search(row["receipt"] or "") is not None
    )
    type_ = row["transaction_type"] or ("BILL" if is_rebill else "SALE")
    has_account = reader.has("account_amount") or row["account_amount"] is not None
    if not reader.has("gross_amount") and not has_account:
        reader.fault("missing_amount", "totalOrderAmount")
    row |= {"sold_at": at, "is_rebill": is_rebill, "transaction_type": type_}
    price_synthetic_line(row)
    return row, (row["vendor"], row["role"], row["receipt"], type_)


def _refund(reader: Reader, at: datetime | None) -> tuple[Row, tuple[Any, ...]]:
    """Key: role and refund id, else role, receipt, time, amounts and the items named."""
    row = _reversal(reader, "refund_amount")
    refund_id = reader.text("refund_id")
    row |= {"refunded_at": at, "refund_id": refund_id, "refund_type": _explicit_refund_type(reader)}
    if refund_id is not None:
        return row, (row["role"], refund_id)
    named = tuple(sorted(line["item_no"] for line in row["lines"] if line["item_no"] is not None))
    amounts = (row["refund_amount"], row["account_amount"])
    return row, (row["role"], row["receipt"], "RFND", at, *amounts, named)


def _chargeback(reader: Reader, at: datetime | None) -> tuple[Row, tuple[Any, ...]]:
    """Key: role, chargeback id, status and time, so that a later stage is a row of its own.

    Without an id: role, receipt, kind, time and amount.
    """
    row = _reversal(reader, "chargeback_amount")
    status = reader.lower("chargeback_status")
    row |= {
        "charged_back_at": at,
        "chargeback_id": reader.text("chargeback_id"),
        "kind": "echeck" if row["transaction_type"] == "INSF" else "card",
        "status": status if status in STATUSES else "received",
        "fee_amount": reader.money("chargeback_fee", is_checked=False),
    }
    if row["chargeback_id"] is not None:
        return row, (row["role"], row["chargeback_id"], row["status"], at)
    return row, (row["role"], row["receipt"], row["kind"], at, row["chargeback_amount"])


def _reversal(reader: Reader, amount: str) -> Row:
    """Read what refunds and chargebacks share; their amounts are positive whatever sign was sent."""
    row = _transaction(reader)
    value = reader.money(amount)
    if not reader.has(amount):
        reader.fault("missing_amount", amount)
    account = row["account_amount"]
    row[amount] = None if value is None else abs(value)
    row["account_amount"] = None if account is None else abs(account)
    row["original_sold_at"] = reader.instant("original_sale")
    return row


def _transaction(reader: Reader) -> Row:
    """Read the fields of 5.2 that sales, refunds and chargebacks share."""
    receipt = reader.upper("receipt")
    if receipt is None:
        reader.fault("missing_receipt", "receipt")
    affiliate = reader.lower("affiliate")
    lines = read_lines(reader)
    return {
        "receipt": receipt,
        "root_receipt": reader.upper("root_receipt"),
        "upsell_original_receipt": reader.upper("upsell_original_receipt"),
        "transaction_type": reader.upper("transaction_type"),
        "vendor": reader.lower("vendor"),
        "affiliate": None if affiliate == "none" else affiliate,
        "role": reader.upper("role") or "VENDOR",
        "currency": _currency(reader),
        "account_amount": _account_amount(reader, lines),
        "tax_amount": reader.money("tax_amount"),
        "shipping_amount": reader.money("shipping_amount"),
        "payment_method": reader.upper("payment_method"),
        "country": reader.upper("country"),
        "tracking_id": reader.text("tracking_id"),
        "lines": lines,
    }


def _account_amount(reader: Reader, lines: list[Row]) -> Any:
    """Return the account amount of the root, else the sum of those of its lines."""
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
    return code


def _explicit_refund_type(reader: Reader) -> str | None:
    """Return FULL, PARTIAL or TAX where the body has it; None to derive the type from the amounts."""
    written = reader.upper("refund_type") or ""
    if written in {"FULL", "PARTIAL", "TAX"}:
        return written
    partial = reader.text("is_partial")
    if written.startswith("PARTIAL") or (partial is not None and coerce.is_true(partial)):
        return "PARTIAL"
    return None


TRANSACTIONS: dict[str, Callable[[Reader, datetime | None], tuple[Row, tuple[Any, ...]]]] = {
    "sale": _sale,
    "refund": _refund,
    "chargeback": _chargeback,
}
KINDS = {
    "sale.created": "sale",
    "refund.processed": "refund",
    "chargeback.received": "chargeback",
    "threshold.reached": "alert",
    "data.synced": "sync",
}
