"""The fields that a body of a nasty history may have: each with its aliases, its usual values and its faults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.oracle import aliases
from tests.sql.nasty_values import (
    AFFILIATES,
    AMOUNTS,
    BAD_AMOUNTS,
    BAD_TIMES,
    COUNTS,
    CURRENCIES,
    LENGTHS,
    RECEIPTS,
    REFUND_STATUSES,
    ROLES,
    TEXTS,
    TIMES,
    TRICKS,
    TRUTHS,
    VENDORS,
    number,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Field:
    """A field that a body may have: its aliases, its usual values, and its bad values."""

    keys: tuple[str, ...]
    values: tuple[Any, ...]
    faults: tuple[Any, ...] = ()
    often: int = 2
    """The number of bodies, of ten, that have the field."""


def _usual(keys: Sequence[str], values: tuple[Any, ...], faults: tuple[Any, ...] = ()) -> Field:
    return Field(tuple(keys), values, faults, often=9)


def _rare(keys: Sequence[str], values: tuple[Any, ...], faults: tuple[Any, ...] = ()) -> Field:
    return Field(tuple(keys), values, faults)


def _half(keys: Sequence[str], values: tuple[Any, ...]) -> Field:
    return Field(tuple(keys), values, often=6)


LINE = (
    _usual(aliases.TEXT["item_no"], ("p1", "P1", "P2")),
    _rare(aliases.TEXT["title"], TEXTS),
    _usual(aliases.TEXT["quantity"], (number("2"), "1", *COUNTS)),
    _usual(aliases.MONEY["line_price"], (number("35"), number("50"), *AMOUNTS), BAD_AMOUNTS),
    _rare(aliases.MONEY["line_discount"], AMOUNTS, BAD_AMOUNTS),
    _rare(aliases.TEXT["payments_remaining"], COUNTS),
    _rare(aliases.MONEY["line_rebill"], AMOUNTS, BAD_AMOUNTS),
    _rare(aliases.TIME["next_payment_date"], TIMES, BAD_TIMES),
    _usual(aliases.MONEY["line_account"], AMOUNTS, BAD_AMOUNTS),
    _rare(aliases.MONEY["line_affiliate"], AMOUNTS, BAD_AMOUNTS),
    _rare(aliases.MONEY["line_jv"], AMOUNTS, BAD_AMOUNTS),
    _rare(aliases.TEXT["line_item_type"], ("ORIGINAL", "bump")),
    _rare(aliases.TEXT["is_recurring"], TRUTHS),
    _rare(aliases.TEXT["payments_processed"], COUNTS),
)
_PLAN = (
    _rare(aliases.TEXT["synthetic_payments_processed"], COUNTS),
    _rare(aliases.MONEY["synthetic_rebill"], AMOUNTS, BAD_AMOUNTS),
    _rare(aliases.TIME["synthetic_next_payment_date"], TIMES, BAD_TIMES),
    _rare(aliases.TEXT["is_recurring"], TRUTHS),
)
_TRANSACTION = (
    _usual(aliases.TEXT["receipt"], RECEIPTS),
    _rare(aliases.TEXT["root_receipt"], ("AAA1", "bbb2", "ZZZ")),
    _half(aliases.TEXT["vendor"], VENDORS),
    _usual(aliases.TEXT["affiliate"], AFFILIATES),
    _rare(aliases.TEXT["role"], ROLES),
    _usual(aliases.TEXT["currency"], CURRENCIES, ("US", "dollars", number("840"))),
    _rare(aliases.MONEY["account_amount"], AMOUNTS, BAD_AMOUNTS),
    _rare(aliases.MONEY["tax_amount"], AMOUNTS, BAD_AMOUNTS),
    _rare(aliases.MONEY["shipping_amount"], AMOUNTS, BAD_AMOUNTS),
    _rare(aliases.TEXT["payment_method"], ("visa", "PYPL", "TEST")),
    _rare(aliases.TEXT["country"], ("us", "JP", *TRICKS)),
    _rare(aliases.TEXT["tracking_id"], TEXTS),
    _rare(aliases.TEXT["upsell_original_receipt"], ("AAA1", "bbb2", "CCC3-B002")),
    _rare(aliases.TEXT["synthetic_item_no"], ("p1", "P2", "p3")),
    _rare(aliases.TEXT["synthetic_title"], TEXTS),
    _rare(aliases.TEXT["quantity"], COUNTS),
)
ITEMS = {
    "sale.created": (
        *_TRANSACTION,
        _usual(aliases.MONEY["gross_amount"], AMOUNTS, BAD_AMOUNTS),
        _usual(aliases.TIME["sale"], TIMES, BAD_TIMES),
        _rare(
            aliases.TEXT["transaction_type"],
            (
                *(
                    "SALE",
                    "bill",
                    "BILL",
                    "Rebill",
                    "TEST_SALE",
                    "TESTY",
                    "CANCEL-TEST-X",
                    "cancelRebill",
                    "upsell",
                ),
                *("SUBSCRIPTION-CHG 7->9", "abandoned order", "RFND", "Cgbk-2", "Feedback", "SALES", "FEE"),
            ),
        ),
        *_PLAN,
        _rare(aliases.TEXT["is_rebill"], TRUTHS),
        _rare(aliases.TEXT["payment_number"], (number("2"), "3", number("1"))),
    ),
    "refund.processed": (
        *_TRANSACTION,
        _usual(aliases.MONEY["refund_amount"], AMOUNTS, BAD_AMOUNTS),
        _usual(aliases.TIME["refund"], TIMES, BAD_TIMES),
        _half(aliases.TEXT["refund_id"], ("R1", "R2")),
        _rare(aliases.TEXT["refund_status"], REFUND_STATUSES),
        _rare(aliases.TEXT["transaction_type"], ("RFND", "Refund", "sale", "fee", "partial")),
        _rare(aliases.MONEY["chargeback_fee"], AMOUNTS, BAD_AMOUNTS),
        _rare(aliases.TEXT["refund_type"], ("FULL", "partial_amount", "tax", "PARTIAL", "odd")),
        _rare(aliases.TEXT["is_partial"], TRUTHS),
        _rare(aliases.TIME["original_sale"], TIMES, BAD_TIMES),
    ),
    "chargeback.received": (
        *_TRANSACTION,
        _usual(aliases.MONEY["chargeback_amount"], AMOUNTS, BAD_AMOUNTS),
        _usual(aliases.TIME["chargeback"], TIMES, BAD_TIMES),
        _half(aliases.TEXT["chargeback_id"], ("D1", "D2")),
        _rare(aliases.MONEY["chargeback_fee"], AMOUNTS, BAD_AMOUNTS),
        _half(aliases.TEXT["chargeback_status"], ("received", "won", "lost", "Reversed", "open")),
        _rare(aliases.TEXT["transaction_type"], ("CGBK", "insf", "BILL", "UNCANCEL_REBILL")),
        _rare(aliases.TIME["original_sale"], TIMES, BAD_TIMES),
    ),
    **{
        f"subscription.{news}": (
            *_TRANSACTION,
            _usual(aliases.TIME["notice"], TIMES, BAD_TIMES),
            _rare(aliases.TEXT["transaction_type"], words),
            *_PLAN,
        )
        for news, words in {
            "cancelled": ("CANCEL-REBILL", "cancelRebill", "SALE", "fee"),
            "uncancelled": ("UNCANCEL-REBILL", "CANCEL-REBILL"),
            "changed": ("SUBSCRIPTION-CHG p1->P2", "SUBSCRIPTION-CHG SKU p-1 -> p2 x", "SUBSCRIPTION-CHG"),
            "payment_failed": ("CUSTOMER_AUTH_FAILURE", "TEST_BILL"),
        }.items()
    },
    "threshold.reached": (
        _usual(
            aliases.TEXT["metric"],
            (
                *(
                    "REFUND_RATE",
                    "refundRate",
                    "chargeback_rate",
                    "GROSS_SALE_AMOUNT",
                    "Net Sale Amount",
                    "sale_count",
                ),
                *(
                    "refund_count",
                    "rebillCount",
                    "chargeback_amount",
                    "refund.amount",
                    "epc",
                    "SALE_AMOUNT",
                    "__",
                    "\u00e9",
                ),
            ),
        ),
        _usual(aliases.MONEY["threshold_value"], AMOUNTS, BAD_AMOUNTS),
        _usual(
            aliases.MONEY["current_value"],
            (number("0.5"), number("50"), number("1"), "50%", "50 %", *AMOUNTS),
            BAD_AMOUNTS,
        ),
        _rare(aliases.TEXT["unit"], ("percent", "%", "ratio", "currency", "PCT", "Percentage", "per cent")),
        *(_rare(aliases.TEXT[f"window_{unit}"], LENGTHS) for unit in ("days", "hours", "minutes")),
        _rare(aliases.TEXT["comparator"], ("above", ">", "GTE", "below", "eq", "odd")),
        _rare(aliases.TEXT["rule_id"], ("rule1", "sale_count")),
        _rare(aliases.TEXT["alert_currency"], ("usd", "JPY", "US")),
        _rare(aliases.TEXT["scope_type"], ("vendor", "affiliate", "Account", "tid", "campaign_id")),
        _rare(aliases.TEXT["scope_value"], ("Shop", "joe", "none")),
        _rare([key for keys in aliases.SCOPES.values() for key in keys], ("shop", "JOE", "x")),
        _usual(aliases.TIME["window_start"], TIMES, BAD_TIMES),
        _usual(aliases.TIME["window_end"], TIMES, BAD_TIMES),
        _rare(aliases.TIME["alert"], TIMES, BAD_TIMES),
    ),
    "data.synced": (
        _rare(aliases.TEXT["sync_id"], ("S1", "S2")),
        _rare(aliases.TEXT["source"], ("clickbank", "ClickBank", "shop")),
        _rare(aliases.TEXT["sync_status"], ("success", "Completed", "partial_success", "error", "odd")),
        _rare(aliases.TEXT["is_sync_finished"], TRUTHS),
        _rare(aliases.TEXT["failed_job_count"], COUNTS),
        _rare(aliases.TIME["started_at"], TIMES, BAD_TIMES),
        _usual(aliases.TIME["sync"], TIMES, BAD_TIMES),
        _usual(aliases.TIME["range_start"], TIMES, BAD_TIMES),
        _usual(aliases.TIME["range_end"], TIMES, BAD_TIMES),
        _rare(aliases.TEXT["records"], COUNTS),
        _rare(aliases.TEXT["sales_count"], COUNTS),
        _rare(aliases.TEXT["refunds_count"], COUNTS),
        _rare(aliases.TEXT["chargebacks_count"], COUNTS),
        _rare(aliases.TEXT["inserted"], COUNTS),
    ),
}
