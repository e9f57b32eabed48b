"""Map one item of an event to the row it becomes, its natural key, and the reasons why it may not."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.oracle import coerce
from tests.oracle.alert_items import alert
from tests.oracle.aliases import LINE_LISTS, TEXT, TIME, is_in_minor_units
from tests.oracle.keys import names_order_total
from tests.oracle.lines import amount_lines, has_account_in_minor_units, price_synthetic_line
from tests.oracle.reader import Reason, first_present
from tests.oracle.sync_items import sync
from tests.oracle.transaction_fields import notice, transaction
from tests.oracle.transaction_types import type_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.oracle.envelope import Envelope
    from tests.oracle.reader import Reader

Row = dict[str, Any]
EARLIEST = datetime(1998, 1, 1, tzinfo=UTC)
MAX_AHEAD = timedelta(hours=48)
# Statuses of a refund that took nothing back.
UNDONE = frozenset({"failed", "declined", "rejected", "canceled", "pending"})
# Our clock was not set yet where it shows an earlier time.
CLOCKS_FROM = datetime(2025, 1, 1, tzinfo=UTC)
STATUSES = frozenset({"received", "reversed", "won", "lost"})
REBILL = re.compile(r"-B[0-9]+$")


@dataclass(frozen=True)
class Item:
    """One element of an event's data, mapped: `row` and `key` mean something only without `reasons`.

    Attributes:
        index: Its place in the data.
        row: Its values by column.
        key: The natural key of an alert or a sync; a transaction gets its key together with its receipt's others.
        occurred_at: The time at which it happened.
        reasons: The reasons for which the event goes to quarantine.
        subject: The subject that it names: for a transaction its receipt, transaction type, vendor, and the id of a
            reversal or the number of a payment.
        signature: Every mapped value, as written.
        paths: The paths of its amounts in the body; ``main`` is the gross or reversed amount.
        totals: Names of the amounts under a key that names the order's own total.
        negative_path: The path of an amount below 0 in a sale.
    """

    index: int
    row: Row
    key: tuple[Any, ...]
    occurred_at: datetime | None
    reasons: tuple[Reason, ...]
    subject: tuple[Any, ...] = ()
    signature: Any = None
    paths: dict[str, str] = field(default_factory=dict)
    totals: frozenset[str] = frozenset()
    negative_path: str | None = None

    @property
    def amount_column(self) -> str:
        """The name of the gross or reversed amount."""
        return next(
            name for name in ("gross_amount", "refund_amount", "chargeback_amount") if name in self.row
        )

    @property
    def unhandled(self) -> str | None:
        """The reason for which a readable item counts for nothing."""
        return self.row.get("unhandled")


def map_item(envelope: Envelope, index: int, reader: Reader) -> Item:
    """Map an item of one of the five types."""
    kind = KINDS[envelope.event_type or ""]
    said = type_of(reader.text("transaction_type")) if kind in OF_RECEIPTS else None
    if said is not None and said.event_type not in {None, envelope.event_type}:
        found = first_present(reader.data, TEXT["transaction_type"])
        reader.fault("type_conflict", found.alias if found else "")
    at = _event_time(reader, kind, envelope)
    said_at = at if first_present(reader.data, TIME[kind]) is not None else None
    if kind in TRANSACTIONS:
        row = TRANSACTIONS[kind](reader, at) | _time_marks(reader, kind)
        return _transaction_item(row, index, reader, at)
    if kind == "notice":
        row, key = notice(reader, at, envelope.event_type or "")
        detail = reader.text("refund_id") or reader.text("chargeback_id")
        reasons = tuple(reader.reasons) if row["unhandled"] is None else ()
        return Item(index, row, key, at, reasons, (row["receipt"], row["said_type"], row["vendor"], detail))
    if kind == "alert":
        row, key = alert(reader, at)
        if envelope.event_id is not None:
            key = (envelope.event_id, index, *key)
        scope = row["scope_type"] and f"{row['scope_type']} {row['scope_value'] or ''}"
        return Item(
            index, row, key, at, tuple(reader.reasons), (reader.text("rule_id"), scope, None, said_at)
        )
    row, key = sync(reader, at)
    return Item(index, row, key, at, tuple(reader.reasons), (row["said_source"], None, None, said_at))


def _time_marks(reader: Reader, kind: str) -> Row:
    """Return whether the item tells its own time, and whether that is a bare date or has no offset."""
    found = first_present(reader.data, TIME[kind])
    written = "" if found is None else found.text
    return {
        "is_time_said": found is not None,
        "is_day": coerce.is_day(written),
        "is_naive": coerce.is_naive(written),
    }


def _transaction_item(row: Row, index: int, reader: Reader, at: datetime | None) -> Item:
    main = next(name for name in ("gross_amount", "refund_amount", "chargeback_amount") if name in row)
    names = {"main": main} | {name: name for name in ("account_amount", "tax_amount", "shipping_amount")}
    given = {column: alias for column, name in names.items() if (alias := reader.amount_alias(name))}
    number = row.get("payment_number")
    detail = (
        reader.text("refund_id") or reader.text("chargeback_id") or (None if number is None else str(number))
    )
    lines = next(
        (reader.data[alias] for alias in LINE_LISTS if isinstance(reader.data.get(alias), list | dict)), None
    )
    return Item(
        index,
        row,
        (),
        at,
        tuple(reader.reasons) if row["unhandled"] is None else (),
        (row["receipt"], row["said_type"], row["vendor"], detail),
        (reader.texts(), json.dumps(lines, default=str)),
        {column: f"{reader.path}.{alias}" for column, alias in given.items()},
        frozenset(column for column, alias in given.items() if names_order_total(alias)),
        _negative_path(row, reader, given) if main == "gross_amount" and row["unhandled"] is None else None,
    )


def _negative_path(row: Row, reader: Reader, given: dict[str, str]) -> str | None:
    column = "main" if row["gross_amount"] is not None else "account_amount"
    amount = row["gross_amount"] if column == "main" else row["account_amount"]
    if amount is None or amount >= 0:
        return None
    return f"{reader.path}.{given.get(column, 'lines')}"


def _event_time(reader: Reader, kind: str, envelope: Envelope) -> datetime | None:
    """Return the item's own time, else the envelope's; alerts and syncs may fall back to the delivery's."""
    found = first_present(reader.data, TIME[kind])
    if found is not None:
        at, path = coerce.instant(found.text, reader.zone), f"{reader.path}.{found.alias}"
        if at is None:
            reader.reasons.append(Reason("bad_time", path, reader.index))
            return None
    elif envelope.created_at is not None:
        at, path = envelope.created_at, envelope.created_path
    elif kind in OF_RECEIPTS:
        reader.fault("no_time", "transaction_time")
        return None
    else:
        return envelope.first_received_at
    last = envelope.last_received_at
    if at < EARLIEST or (last >= CLOCKS_FROM and at > last + MAX_AHEAD):
        reader.reasons.append(Reason("implausible_time", path, reader.index))
    return at


def _sale(reader: Reader, at: datetime | None) -> Row:
    row = transaction(reader)
    row["gross_amount"] = reader.money("gross_amount")
    flag = reader.text("is_rebill")
    has_own_receipt = REBILL.search(row["receipt"] or "") is not None
    said = row["transaction_type"] if row["transaction_type"] in {"SALE", "BILL"} else None
    is_rebill = said == "BILL" or (flag is not None and coerce.is_true(flag)) or has_own_receipt
    type_ = said or ("BILL" if is_rebill else "SALE")
    has_account = reader.has("account_amount") or row["account_amount"] is not None
    if not reader.has("gross_amount") and not has_account:
        reader.fault("missing_amount", "totalOrderAmount")
    row |= {
        "sold_at": at,
        "is_rebill": is_rebill,
        "transaction_type": type_,
        "has_own_receipt": has_own_receipt,
    }
    row["payment_number"] = _payment_number(reader, row)
    price_synthetic_line(row)
    amount_lines(row)
    return row


def _payment_number(reader: Reader, row: Row) -> int | None:
    """Return the number of a rebill that has no receipt of its own."""
    if not row["is_rebill"] or row["has_own_receipt"] or reader.is_of_export:
        return None
    said = reader.whole("payment_number")
    counted = [line["payments_processed"] for line in row["lines"] if line["payments_processed"] is not None]
    return max(counted, default=None) if said is None else said


def _refund(reader: Reader, at: datetime | None) -> Row:
    row = _reversal(reader, "refund_amount")
    status = reader.lower("refund_status")
    status = {"cancelled": "canceled"}.get(status or "", status)
    return row | {
        "refunded_at": at,
        "refund_id": reader.text("refund_id"),
        "refund_type": _explicit_refund_type(reader),
        "unhandled": row["unhandled"] or (status if status in UNDONE else None),
    }


def _chargeback(reader: Reader, at: datetime | None) -> Row:
    status = reader.lower("chargeback_status")
    status = status if status in STATUSES else "received"
    row = _reversal(reader, "chargeback_amount", is_required=status == "received")
    return row | {
        "charged_back_at": at,
        "chargeback_id": reader.text("chargeback_id"),
        "kind": "echeck" if row["transaction_type"] == "INSF" else "card",
        "status": status,
    }


def _reversal(reader: Reader, amount: str, *, is_required: bool = True) -> Row:
    """Read the fields that refunds and chargebacks share; amounts are positive for either sign sent."""
    row = transaction(reader)
    value = reader.money(amount)
    if is_required and not reader.has(amount):
        reader.fault("missing_amount", amount)
    account = row["account_amount"]
    row[amount] = None if value is None else abs(value)
    row["account_amount"] = None if account is None else abs(account)
    row["original_sold_at"] = reader.instant("original_sale")
    row["fee_amount"] = reader.money("chargeback_fee", is_checked=False)
    row["assumed_units"] = _assumed_units(reader, row, amount)
    return row


def _assumed_units(reader: Reader, row: Row, amount: str) -> frozenset[str]:
    """Return which amounts are in minor units of a currency that the reversal does not say."""
    if row["currency"] is not None:
        return frozenset()
    aliases = {name: reader.amount_alias(name) for name in (amount, "account_amount")}
    aliases["fee_amount"] = reader.amount_alias("chargeback_fee")
    found = {name for name, alias in aliases.items() if is_in_minor_units(alias or "")}
    if aliases["account_amount"] is None and has_account_in_minor_units(reader):
        found.add("account_amount")
    return frozenset(found)


def _explicit_refund_type(reader: Reader) -> str | None:
    """Return the FULL, PARTIAL or TAX that the body names; None where the amounts decide."""
    written = reader.upper("refund_type") or ""
    if written in {"FULL", "PARTIAL", "TAX"}:
        return written
    partial = reader.text("is_partial")
    if written.startswith("PARTIAL") or (partial is not None and coerce.is_true(partial)):
        return "PARTIAL"
    return None


TRANSACTIONS: dict[str, Callable[[Reader, datetime | None], Row]] = {
    "sale": _sale,
    "refund": _refund,
    "chargeback": _chargeback,
}
OF_RECEIPTS = (*TRANSACTIONS, "notice")
KINDS = {
    "sale.created": "sale",
    "refund.processed": "refund",
    "chargeback.received": "chargeback",
    "threshold.reached": "alert",
    "data.synced": "sync",
    **{
        f"subscription.{news}": "notice" for news in ("cancelled", "uncancelled", "changed", "payment_failed")
    },
}
