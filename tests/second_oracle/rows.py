"""The values that reading hands on: rows of money, alerts and syncs, and the body that told them."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from tests.second_oracle.delivery import Body

Status = Literal["mapped", "quarantined", "unhandled", "test"]


@dataclass(frozen=True)
class Item:
    """One line of a row; `line_amount` is the part of the order that the line stands for."""

    item_no: str | None
    title: str | None
    quantity: Decimal
    price_amount: Decimal | None
    account_amount: Decimal | None
    affiliate_payout: Decimal | None
    line_item_type: str | None
    is_recurring: bool | None
    payments_processed: int | None
    payments_remaining: int | None
    next_payment_date: date | None
    rebill_amount: Decimal | None
    is_synthetic: bool
    line_amount: Decimal | None = None


@dataclass(frozen=True)
class MoneyRow:
    """One telling of a sale, refund or chargeback: `data`, or one element of it."""

    event_type: str
    receipt: str
    root: str
    vendor: str | None
    account: str | None
    affiliate: str | None
    role: str
    meaning: str | None  # the told transaction type, folded
    is_rebill: bool
    payment_number: int | None
    at: datetime
    is_at_told: bool  # else the instant is the envelope's
    amount: Decimal | None
    account_amount: Decimal | None
    tax_amount: Decimal | None
    shipping_amount: Decimal | None
    currency: str | None
    payment_method: str | None
    country: str | None
    tracking_id: str | None
    upsell: str | None
    reversal_id: str | None
    status: str | None
    refund_type: str | None
    fee: Decimal | None
    original_at: datetime | None
    items: tuple[Item, ...]
    assumed_units: frozenset[
        str
    ]  # the amounts of a reversal in minor units of a currency that it does not tell
    total_fields: frozenset[str]  # the fields that were told under a key of the order's own total


@dataclass(frozen=True)
class AlertRow:
    """One threshold.reached."""

    rule: str | None
    rule_name: str | None
    metric: str
    comparator: str | None
    threshold_value: Decimal | None
    claimed_value: Decimal | None
    unit: str | None
    is_percent: bool
    scope_type: str | None
    scope_value: str | None
    window_start: datetime | None
    window_end: datetime | None
    is_end_a_day: bool
    window_days: int | None
    at: datetime | None


@dataclass(frozen=True)
class SyncRow:
    """One data.synced; `claims` says which kinds a per-type claim names (empty: all)."""

    sync_id: str | None
    source: str
    has_source: bool
    status: str
    started_at: datetime | None
    at: datetime | None
    is_at_told: bool
    range_start: date | None
    range_end: date | None
    records_claimed: int | None
    claims: frozenset[str]


Row = MoneyRow | AlertRow | SyncRow


@dataclass(frozen=True)
class ToldMoney:
    """The gross or reversed amount of a body and its currency; `is_decided`: whether a rule says them."""

    amount: Decimal | None
    currency: str | None
    is_decided: bool = True


@dataclass(frozen=True)
class Told:
    """A distinct body, read: its envelope, the fate of its rows, and the rows that map, by their place."""

    body: Body
    event_type: str | None
    event_id: str | None
    created_at: datetime | None
    status: Status
    reasons: tuple[str, ...] = ()
    rows: tuple[tuple[int, Row], ...] = ()
    occurred_at: datetime | None = None
    receipts: frozenset[str] = field(default_factory=frozenset)
    meanings: frozenset[str] = field(default_factory=frozenset)
    sellers: frozenset[str] = field(default_factory=frozenset)
    money: ToldMoney = ToldMoney(None, None)
