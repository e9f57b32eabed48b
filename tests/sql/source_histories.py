"""Histories that several sources tell: the notifications of a simulated one, and the same in an envelope."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from ingest.simulation.simulator import iter_notifications
from tests.oracle import RawDelivery
from tests.oracle.builders import RECEIVED, deliver
from tests.sql.nasty_histories import histories

if TYPE_CHECKING:
    from collections.abc import Collection

ENCLOSED = ("current", "orders")
INS = "ins:one"
_TYPES = {"RFND": "refund.processed", "CGBK": "chargeback.received", "INSF": "chargeback.received"}
_WORDS = {"refund.processed": "RFND", "chargeback.received": "CGBK"}
# Less and more than what makes two partial refunds one: the same second, 15 minutes, one day.
_SECONDS_LATE = (0, 3, 700, 1000, 90_000)
_FORMATS = ("%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d", "%Y-%m-%dT%H:%M:%S")


def notifications(count: int, seed: int) -> list[dict[str, Any]]:
    """Return the notifications of a simulated history of 60 days."""
    return [json.loads(event.body) for event in iter_notifications(count, days=60, seed=seed, end=RECEIVED)]


def told(notification: dict[str, Any], source: str, **more: Any) -> RawDelivery:
    """Return what one source tells of a transaction: INS the notification, every other an event."""
    if source == INS:
        return RawDelivery(RECEIVED, json.dumps(notification).encode(), INS)
    type_ = _TYPES.get(notification["transactionType"], "sale.created")
    return told_by(source, deliver(type_, notification | more))


def told_by(source: str, event: RawDelivery) -> RawDelivery:
    """Return an event as another source tells it: a body of an import names its transaction type, too."""
    if source == "current":
        return event
    try:
        body = json.loads(event.body)
    except ValueError:
        return replace(event, secret_id=source)
    if isinstance(body, dict):
        body = {"transactionType": _WORDS.get(str(body.get("type")), "SALE")} | body
    return replace(event, body=json.dumps(body).encode(), secret_id=source)


def told_by_some(count: int, seed: int) -> list[RawDelivery]:
    """Return a history of which each source tells some events, at times of its own, some without an hour or a zone."""
    rng = random.Random(seed)
    deliveries = []
    for notification in notifications(count, seed):
        at = datetime.fromisoformat(notification["transactionTime"]).astimezone(UTC)
        for source in ENCLOSED:
            late = at + timedelta(seconds=rng.choice(_SECONDS_LATE))
            if rng.random() < 0.6:
                time = late.strftime(rng.choice(_FORMATS))
                deliveries.append(told(notification, source, transactionTime=time))
        if rng.random() < 0.8:
            deliveries.append(told(notification, INS))
    rng.shuffle(deliveries)
    return deliveries


def told_by_all(count: int, seed: int, sources: Collection[str]) -> list[RawDelivery]:
    """Return a history that each of these sources tells in full, three seconds apart, in any order."""
    deliveries = [
        told(notification | {"currency": "USD"}, source, transactionTime=_later(notification, seconds=3))
        for notification in notifications(count, seed)
        for source in sources
    ]
    random.Random(seed).shuffle(deliveries)
    return deliveries


def _later(notification: dict[str, Any], *, seconds: int) -> str:
    at = datetime.fromisoformat(notification["transactionTime"]) + timedelta(seconds=seconds)
    return at.isoformat()


@st.composite
def nasty_histories_of_several_sources(draw: st.DrawFn, max_size: int) -> list[RawDelivery]:
    """Return a history of everything that can go wrong, of which each delivery is from any source with an envelope."""
    return [
        told_by(draw(st.sampled_from(ENCLOSED)), delivery) for delivery in draw(histories(max_size=max_size))
    ]
