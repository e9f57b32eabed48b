"""Hypothesis strategies for short histories of everything that can go wrong, in every shape a body may have.

A history is a list of deliveries. Bodies share a small pool of receipts, event ids, times and amounts, so that they
collide: told to two roles, redelivered, corrected under the same id, refunded before they are sold.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from tests.oracle import RawDelivery, aliases
from tests.sql.nasty_values import (
    ACCOUNTS,
    AFFILIATES,
    AMOUNTS,
    BAD_AMOUNTS,
    BAD_TIMES,
    BLANKS,
    BROKEN,
    CONTAINERS,
    COUNTS,
    CURRENCIES,
    LENGTHS,
    NIL,
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

Body = dict[str, Any]
RECEIVED = datetime(2026, 7, 1, 12, tzinfo=UTC)
_TOKEN = re.compile(r'"<number>([^"]*)"')


@dataclass(frozen=True)
class Field:
    """A field that a body may have: its aliases, what it usually holds, and what it holds on a bad day."""

    keys: tuple[str, ...]
    values: tuple[Any, ...]
    faults: tuple[Any, ...] = ()
    often: int = 2
    """In so many of ten bodies."""


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


def put(data: Body, key: str, value: Any) -> None:
    """Put a value at an alias such as `customer.country` or `trackingCodes[0]`; not where another kind stands."""
    *parents, leaf = key.split(".")
    for parent in parents:
        data = data.setdefault(parent, {})
        if not isinstance(data, dict):
            return
    if leaf.endswith("[0]"):
        data.setdefault(leaf.removesuffix("[0]"), [value, "more"])
    else:
        data.setdefault(leaf, value)


@st.composite
def _filled(draw: st.DrawFn, fields: tuple[Field, ...], faults: int) -> Body:
    """Fill some fields under one or two of their aliases; one value in `faults` is blank, a container or bad."""
    data: Body = {}
    for field in fields:
        if draw(st.integers(0, 9)) < field.often:
            first = draw(st.sampled_from(field.keys))
            if draw(st.integers(0, faults)) == 0:
                put(data, first, draw(st.sampled_from((*BLANKS, *CONTAINERS, *field.faults))))
                first = draw(st.sampled_from(field.keys))
            put(data, first, draw(st.sampled_from(field.values)))
    return data


@st.composite
def _items(draw: st.DrawFn, type_: str) -> Body:
    faults = draw(st.sampled_from((6, 30, 500)))
    data = draw(_filled(ITEMS[type_], faults))
    if type_ in {"sale.created", "refund.processed", "chargeback.received"} and draw(st.booleans()):
        lines: Any = draw(st.lists(_filled(LINE, faults), max_size=3))
        lines = draw(st.sampled_from((lines, lines, lines, [7, *lines], [NIL, *lines], (lines or [{}])[0])))
        data.setdefault(draw(st.sampled_from(aliases.LINE_LISTS)), lines)
    if draw(st.integers(0, 60)) == 0:
        data.setdefault(
            draw(st.sampled_from(aliases.TEST_FLAG + aliases.LIVE_FLAG)), draw(st.sampled_from(TRUTHS))
        )
    return data


@st.composite
def _varied(draw: st.DrawFn, type_: str, data: Body) -> Body:
    """Tell something near: most fields as they are, a few of them anew, one perhaps left out."""
    varied = json.loads(json.dumps(data))
    if varied and draw(st.booleans()):
        varied.pop(draw(st.sampled_from(sorted(varied))))
    for field in draw(st.lists(st.sampled_from(ITEMS[type_]), max_size=2)):
        key = next((key for key in field.keys if key in varied), field.keys[0])
        if "." not in key and "[" not in key:
            varied[key] = draw(st.sampled_from(field.values))
    return varied  # type: ignore[no-any-return]


@st.composite
def _envelopes(draw: st.DrawFn, type_: str) -> Body:
    envelope: Body = {draw(st.sampled_from(aliases.EVENT_TYPE)): type_}
    if draw(st.booleans()):
        ids = ("e1", "e2", "e3", number("7"), number("1001"), "aaa1", *BLANKS)
        envelope[draw(st.sampled_from(aliases.EVENT_ID))] = draw(st.sampled_from(ids))
    if draw(st.booleans()):
        times = (*TIMES, *TIMES, *BAD_TIMES, *BLANKS)
        envelope[draw(st.sampled_from(aliases.CREATED_AT))] = draw(st.sampled_from(times))
    if draw(st.integers(0, 4)) == 0:
        envelope[draw(st.sampled_from(aliases.ACCOUNT))] = draw(st.sampled_from(ACCOUNTS))
    if draw(st.integers(0, 30)) == 0:
        envelope[draw(st.sampled_from(aliases.TEST_FLAG + aliases.LIVE_FLAG))] = draw(st.sampled_from(TRUTHS))
    return envelope


@st.composite
def _bodies(draw: st.DrawFn) -> Body:
    type_ = draw(st.sampled_from((*ITEMS, "sale.created", "refund.processed", "chargeback.received")))
    data = draw(_items(type_))
    envelope = draw(_envelopes(type_))
    more = draw(st.lists(st.one_of(_items(type_), _varied(type_, data)), max_size=3))
    scalar = draw(st.sampled_from((*BLANKS, *CONTAINERS, *TEXTS)))
    shapes: dict[str, Body] = {
        "data": {"data": data},
        "flat": data,
        "array": {"data": [data, *more, *draw(st.sampled_from(([], [], [], [data], [7], [NIL])))]},
        "object": {"data": {"object": data}},
        "payload": {"data": draw(st.sampled_from((*BLANKS, "text"))), "payload": data},
        "inner": {"payload": {"object": data}, "object": data},
        "odd": {"data": scalar},
    }
    shape = draw(st.sampled_from((*shapes, "data", "data")))
    return shapes[shape] | envelope if shape == "flat" else envelope | shapes[shape]


def encode(body: Body, *, is_ascii: bool, is_spaced: bool, is_php: bool) -> bytes:
    """Write a body: numbers as they were marked, slashes escaped as PHP does."""
    text = json.dumps(body, ensure_ascii=is_ascii, indent=1 if is_spaced else None)
    text = _TOKEN.sub(lambda match: match[1], text)
    return (text.replace("/", "\\/") if is_php else text).encode()


def _near(draw: st.DrawFn, body: Body) -> Body:
    """Tell almost the same as another body, with or without its id."""
    types = [body[key] for key in aliases.EVENT_TYPE if isinstance(body.get(key), str)]
    type_ = next((name for name in types if name in ITEMS), None)
    if type_ is None or not isinstance(body.get("data"), dict):
        return body
    kept = dict(body)
    for key in aliases.EVENT_ID if draw(st.booleans()) else ():
        kept.pop(key, None)
    return kept | {"data": draw(_varied(type_, body["data"]))}


@st.composite
def histories(draw: st.DrawFn, max_size: int = 30) -> list[RawDelivery]:
    """Give the deliveries of one history, in order of arrival."""
    deliveries: list[RawDelivery] = []
    told: list[Body] = []
    for _ in range(draw(st.integers(1, max_size))):
        received_at = RECEIVED + timedelta(minutes=draw(st.integers(-3000, 100)))
        kinds = ("new", "new", "new", "new", "near", "near", "again", "retold", "corrected", "broken")
        kind = draw(st.sampled_from(kinds))
        if kind == "broken":
            deliveries.append(RawDelivery(received_at, draw(st.sampled_from(BROKEN))))
            continue
        if kind == "again" and deliveries:
            deliveries.append(RawDelivery(received_at, draw(st.sampled_from(deliveries)).body))
            continue
        body = draw(st.sampled_from(told)) if told and kind in {"retold", "corrected"} else draw(_bodies())
        if kind == "retold":
            body = body | {
                "created_at": draw(st.sampled_from(TIMES)),
                "attemptCount": draw(st.integers(1, 5)),
            }
        if kind == "near" and told:
            body = _near(draw, draw(st.sampled_from(told)))
        if kind == "corrected":
            body = body | {"id": "e1", "data": draw(_items("sale.created"))}
        told.append(body)
        style = {name: draw(st.integers(0, 4)) == 0 for name in ("is_ascii", "is_spaced", "is_php")}
        deliveries.append(RawDelivery(received_at, encode(body, **style)))
    return deliveries
