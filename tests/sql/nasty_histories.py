"""Hypothesis strategies for short histories of everything that can go wrong, in every shape a body may have.

A history is a list of deliveries. Bodies share a small pool of receipts, event ids, times and amounts, so that they
collide: told to two roles, redelivered, corrected under the same id, refunded before they are sold.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from cbw.event_types import EVENT_TYPES
from tests.oracle import RawDelivery, aliases
from tests.sql.nasty_fields import ITEMS, LINE, Field
from tests.sql.nasty_values import (
    ACCOUNTS,
    BAD_TIMES,
    BLANKS,
    BROKEN,
    CONTAINERS,
    NIL,
    TEXTS,
    TIMES,
    TRUTHS,
    number,
)

Body = dict[str, Any]
RECEIVED = datetime(2026, 7, 1, 12, tzinfo=UTC)
SCOPES = {each.name: each.scope for each in EVENT_TYPES}
_TOKEN = re.compile(r'"<number>([^"]*)"')


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
    if SCOPES[type_] == "transaction" and draw(st.booleans()):
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
    """Return similar data: most fields unchanged, up to two with a new value, perhaps one left out."""
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
    usual = ("sale.created", "refund.processed", "chargeback.received")
    type_ = draw(st.sampled_from((*ITEMS, *usual, *usual)))
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
    """Write a body, with marked numbers verbatim and slashes escaped as PHP does."""
    text = json.dumps(body, ensure_ascii=is_ascii, indent=1 if is_spaced else None)
    text = _TOKEN.sub(lambda match: match[1], text)
    return (text.replace("/", "\\/") if is_php else text).encode()


def _near(draw: st.DrawFn, body: Body) -> Body:
    """Return a body with almost the content of another one, with or without its id."""
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
    """Return the deliveries of one history, in order of arrival."""
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
