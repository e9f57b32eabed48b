"""Chance, names and spellings: how the invented senders of a history say things."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    import random

Body = dict[str, Any]
START = datetime(2026, 3, 1, 8, tzinfo=UTC)
LAST_DAY = 50
PACIFIC = ZoneInfo("America/Los_Angeles")
VENDORS = ("lakeshop", "storea", "storeb")
AFFILIATES = ("joe", "ann")
ITEMS = ("P1", "P2", "P3")
# Each sender spells the same fields in its own way; a field that is missing keeps its name.
DIALECTS: dict[str, dict[str, str]] = {
    "snake": {},
    "ins": {
        "transaction_time": "transactionTime",
        "transaction_type": "transactionType",
        "total_order_amount": "totalOrderAmount",
        "total_account_amount": "totalAccountAmount",
        "total_tax_amount": "totalTaxAmount",
        "total_shipping_amount": "totalShippingAmount",
        "payment_method": "paymentMethod",
        "line_items": "lineItems",
        "refund_amount": "refundAmount",
        "refund_id": "refundId",
        "item_no": "itemNo",
        "product_title": "productTitle",
        "product_price": "productPrice",
        "account_amount": "accountAmount",
        "affiliate_payout": "affiliatePayout",
        "payments_processed": "paymentsProcessed",
        "payments_remaining": "paymentsRemaining",
        "line_item_type": "lineItemType",
    },
    "legacy": {
        "receipt": "ctransreceipt",
        "transaction_time": "ctranstime",
        "vendor": "ctransvendor",
        "affiliate": "ctransaffiliate",
        "role": "ctransrole",
        "currency": "ccurrency",
        "payment_method": "ctranspaymentmethod",
        "country": "ccustcc",
        "transaction_type": "ctransaction",
    },
    "orders": {
        "vendor": "site",
        "affiliate": "affi",
        "transaction_type": "txnType",
        "payment_method": "pmtType",
        "tracking_id": "promo",
        "item_no": "item",
        "product_title": "title",
    },
}


@dataclass
class Teller:
    """The chance of one history, with the names that its stories share."""

    rng: random.Random
    receipts: tuple[str, ...]
    is_tangled: bool = False
    start: datetime = START
    _number: int = field(default=0)

    def chance(self, share: float) -> bool:
        """Tell whether something with this probability happens."""
        return self.rng.random() < share

    def one(self, *options: Any) -> Any:
        """Choose."""
        return self.rng.choice(options)

    def receipt(self) -> str:
        """Return a receipt of the pool: in a tangled history stories meet in the same ones."""
        self._number += 1
        if self.is_tangled:
            return self.one(*self.receipts)
        return f"{self.receipts[self._number % len(self.receipts)]}{self._number}"

    def name(self, stem: str) -> str:
        """Return an id; in a tangled history it may have been given out before."""
        self._number += 1
        return f"{stem}{self.receipts[0]}{self.rng.randrange(3) if self.is_tangled else self._number}"

    def vendor(self) -> str:
        """Choose a seller."""
        return str(self.one(*VENDORS[: 2 if self.is_tangled else 3]))

    def at(self, first: int = 0, last: int = LAST_DAY) -> datetime:
        """Return an instant between two days of the history; many of them are near midnight in some zone."""
        day = self.rng.randint(first, max(first, last))
        hour = self.one(0, 7, 12, 15, 23)
        return self.start + timedelta(days=day, hours=hour, minutes=self.rng.randrange(60))

    def later(self, at: datetime, most: int = 20) -> datetime:
        """Return an instant after another one."""
        return at + timedelta(days=self.rng.randint(0, most), minutes=self.rng.randint(1, 600))

    def when(self, at: datetime) -> Any:
        """Write an instant in one of the ways senders do; all of them say the same one."""
        offset = timezone(timedelta(hours=self.one(-8, -7, 0, 2)))
        forms = (
            at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            at.astimezone(offset).isoformat(),
            at.astimezone(offset).strftime("%Y%m%dT%H%M%S%z"),
            at.astimezone(PACIFIC).strftime("%Y-%m-%d %H:%M:%S"),
            int(at.timestamp()),
            int(at.timestamp() * 1000),
            str(int(at.timestamp())),
        )
        return self.one(forms[0], *forms)

    def price(self) -> float:
        """Choose an amount; few enough that two things cost the same now and then."""
        return float(self.one(19, 37.5, 47, 80, 100, 1250.4))

    def money(self, amount: float, currency: str | None = "USD") -> Any:
        """Write an amount in one of the ways senders do; all of them say the same one."""
        forms: list[Any] = [amount, f"{amount:.2f}", f"{amount:,.2f}"]
        if currency == "USD":
            forms.append(f"${amount:,.2f}")
        if amount == int(amount):
            forms += [int(amount), str(int(amount))]
        return self.one(amount, *forms)

    def spelt(self, data: Body, dialect: str | None = None) -> Body:
        """Return the data under the keys of one sender, lines included."""
        names = DIALECTS[dialect or self.one(*DIALECTS)]
        return {
            names.get(key, key): [
                self.spelt(line, dialect) if isinstance(line, dict) else line for line in value
            ]
            if isinstance(value, list)
            else value
            for key, value in data.items()
        }

    def told(self, event_type: str, data: Any, **envelope: Any) -> Body:
        """Put data into an envelope, in one of the shapes that are accepted."""
        head: Body = {self.one("type", "type", "event", "event_type", "topic"): event_type, **envelope}
        if isinstance(data, dict):
            shape = self.one("data", "data", "data", "payload", "object", "flat")
            if shape == "flat" and not set(data) & {"site", "type", "id", "account", "test"}:
                return data | head
            shape = "data" if shape == "flat" else shape
            return head | ({"data": {"object": data}} if shape == "object" else {shape: data})
        return head | {"data": data}


def given(**data: Any) -> Body:
    """Return the fields that are told at all."""
    return {key: value for key, value in data.items() if value is not None}
