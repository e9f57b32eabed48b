"""One telling of a sale, a refund or a chargeback, with everything that need not be said left to chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.differential.teller import AFFILIATES, ITEMS, Body, Teller, given

if TYPE_CHECKING:
    from datetime import datetime

_SPELLINGS = ("snake", "snake", "ins", "legacy", "orders")


def sale_data(teller: Teller, receipt: str, at: datetime, amount: float | None, /, **more: Any) -> Body:
    """Return the data of a sale; a field in `more` replaces the random one, None leaves it out."""
    fields: Body = {
        "receipt": teller.one(receipt, receipt.lower(), f" {receipt} "),
        teller.one("transaction_time", "sold_at", "sale_date", "transaction_date"): teller.when(at),
        "vendor": "lakeshop",
        "affiliate": teller.one(*AFFILIATES, None, "none"),
        "currency": teller.one("USD", "USD", "USD", "USD", "USD", "USD", "USD", "usd", None),
    }
    if amount is not None:
        key = teller.one(
            "total_order_amount", "sale_amount", "amount", "gross_amount", "order_total", "total"
        )
        fields[key] = teller.money(amount)
    if teller.chance(0.3):
        fields["total_account_amount"] = teller.money(round((amount or 20) / 4, 2))
    if teller.chance(0.3):
        fields |= {"payment_method": teller.one("VISA", "pypl"), "country": teller.one("US", "DE")}
    if teller.chance(0.3):
        fields["item_no"] = teller.one(*ITEMS)
    return given(**(fields | more))


def refund_data(teller: Teller, receipt: str, at: datetime, amount: float | None, /, **more: Any) -> Body:
    """Return the data of a refund."""
    fields: Body = {
        "receipt": receipt,
        teller.one("refunded_at", "refund_date", "processed_at", "transaction_time"): teller.when(at),
        "vendor": "lakeshop",
        "currency": "USD",
    }
    if amount is not None:
        sign = teller.one(1, 1, -1)
        fields[teller.one("refund_amount", "refund_amount", "amount", "total_order_amount")] = sign * amount
    if teller.chance(0.2):
        fields["account_amount"] = teller.one(-5, 5)
    if teller.chance(0.1):
        fields["fee"] = 1
    return given(**(fields | more))


def dispute_data(teller: Teller, receipt: str, at: datetime, amount: float | None, /, **more: Any) -> Body:
    """Return the data of a notice of a chargeback."""
    fields: Body = {
        "receipt": receipt,
        teller.one("disputed_at", "chargeback_date", "transaction_time"): teller.when(at),
        "vendor": "lakeshop",
        "currency": "USD",
    }
    if amount is not None:
        fields[teller.one("chargeback_amount", "chargeback_amount", "amount")] = amount
    if teller.chance(0.3):
        fields["chargeback_fee"] = teller.one(22, "15.50")
    return given(**(fields | more))


def sale(teller: Teller, receipt: str, at: datetime, amount: float | None = 80, /, **more: Any) -> Body:
    """Tell a sale."""
    return _told(teller, "sale.created", sale_data(teller, receipt, at, amount, **_data(more)), more)


def refund(teller: Teller, receipt: str, at: datetime, amount: float | None = 80, /, **more: Any) -> Body:
    """Tell a refund."""
    return _told(teller, "refund.processed", refund_data(teller, receipt, at, amount, **_data(more)), more)


def dispute(teller: Teller, receipt: str, at: datetime, amount: float | None = 80, /, **more: Any) -> Body:
    """Tell a notice of a chargeback."""
    return _told(
        teller, "chargeback.received", dispute_data(teller, receipt, at, amount, **_data(more)), more
    )


def _data(more: Body) -> Body:
    return {key: value for key, value in more.items() if key != "envelope"}


def _told(teller: Teller, event_type: str, data: Body, more: Body) -> Body:
    return teller.told(
        event_type, teller.spelt(data, teller.one(*_SPELLINGS)), **(more.get("envelope") or {})
    )


def created(teller: Teller, at: datetime) -> Body:
    """Return an envelope that says when the body was written."""
    return {"created_at": teller.when(at)}
