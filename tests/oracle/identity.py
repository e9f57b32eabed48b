"""Decide which deliveries are one event: identical bytes, then the sender's id, then the natural key."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.oracle.envelope import is_test_event, read_envelope, read_items
from tests.oracle.items import KINDS, TRANSACTIONS, Item, map_item
from tests.oracle.parse import parse_body

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from zoneinfo import ZoneInfo

    from tests.oracle.reader import Reason

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class RawDelivery:
    """One accepted request: its time of receipt, and its exact bytes."""

    received_at: datetime
    body: bytes


@dataclass(frozen=True)
class Body:
    """A distinct body: layer 1 of identity."""

    sha: str
    received_at: datetime
    delivery_count: int
    event_type: str | None = None
    event_id: str | None = None
    created_at: datetime | None = None
    is_test: bool = False
    status: str = "quarantined"
    items: tuple[Item, ...] = ()
    reasons: tuple[Reason, ...] = ()
    verdict: str | None = None
    content: dict[str, Any] | None = field(default=None, compare=False)

    @property
    def seniority(self) -> tuple[datetime, str]:
        """Return the sort key between bodies of one identity: the greater wins, no creation time loses."""
        return (self.created_at or _NEVER, self.sha)


@dataclass(frozen=True)
class Event:
    """One final identity: the body that won, the items it won, and every body merged into it."""

    winner: Body
    items: tuple[Item, ...]
    members: tuple[Body, ...]

    @property
    def delivery_count(self) -> int:
        return sum(body.delivery_count for body in self.members)

    @property
    def received_at(self) -> datetime:
        return min(body.received_at for body in self.members)

    @property
    def occurred_at(self) -> datetime | None:
        """Return the time of the first item it won; of a body that does not map, that of its item 0.

        Without such an item, the envelope's.
        """
        is_known = bool(self.items) and (self.winner.status == "mapped" or self.items[0].index == 0)
        return self.items[0].occurred_at if is_known else self.winner.created_at

    @property
    def reason(self) -> str | None:
        """Return the verdict of the parser, or the first reason in the fixed order."""
        if self.winner.verdict or self.winner.status != "quarantined":
            return self.winner.verdict
        return min(self.winner.reasons, key=lambda reason: reason.rank).code


def identify(deliveries: Sequence[RawDelivery], zone: ZoneInfo) -> list[Event]:
    """Return the distinct events of the deliveries, independent of their order."""
    bodies = _distinct_bodies(deliveries, zone)
    merged = _merge_by_event_id(bodies)
    events = [
        Event(winner, winner.items, tuple(all_)) for winner, all_ in merged if winner.status != "mapped"
    ]
    return events + _merge_by_natural_key([each for each in merged if each[0].status == "mapped"])


def _distinct_bodies(deliveries: Iterable[RawDelivery], zone: ZoneInfo) -> list[Body]:
    """Layer 1: identical bytes are one body, received with its first delivery."""
    received: defaultdict[bytes, list[datetime]] = defaultdict(list)
    for delivery in deliveries:
        received[delivery.body].append(delivery.received_at)
    return [_read(body, min(times), len(times), zone) for body, times in received.items()]


def _read(raw: bytes, received_at: datetime, count: int, zone: ZoneInfo) -> Body:
    sha = hashlib.sha256(raw).hexdigest()
    body = parse_body(raw)
    if isinstance(body, str):
        return Body(sha, received_at, count, verdict=body)
    envelope = read_envelope(body, received_at)
    is_handled = envelope.event_type in KINDS
    readers, reasons = read_items(body)
    transactions = (
        [reader for _, reader in readers] if KINDS.get(envelope.event_type or "") in TRANSACTIONS else []
    )
    is_test = is_test_event(body, envelope.event_type, transactions)
    items = tuple(map_item(envelope, index, reader, zone) for index, reader in readers) if is_handled else ()
    reasons += [reason for item in items for reason in item.reasons]
    return Body(
        sha=sha,
        received_at=received_at,
        delivery_count=count,
        event_type=envelope.event_type,
        event_id=envelope.event_id,
        created_at=envelope.created_at,
        is_test=is_test,
        status=_status(is_test=is_test, is_handled=is_handled, is_sound=not reasons),
        items=items,
        reasons=tuple(reasons),
        content=body,
    )


def _status(*, is_test: bool, is_handled: bool, is_sound: bool) -> str:
    if is_test:
        return "test"
    if not is_handled:
        return "unhandled"
    return "mapped" if is_sound else "quarantined"


def _merge_by_event_id(bodies: Iterable[Body]) -> list[tuple[Body, list[Body]]]:
    """Layer 2: bodies of one type with one id are one event; a mapped body wins, then the senior one."""
    groups: defaultdict[tuple[Any, ...], list[Body]] = defaultdict(list)
    for body in bodies:
        key = (body.event_type, body.event_id) if body.event_id is not None else (body.sha,)
        groups[key].append(body)
    return [
        (max(group, key=lambda body: (body.status == "mapped", *body.seniority)), group)
        for group in groups.values()
    ]


def _merge_by_natural_key(merged: list[tuple[Body, list[Body]]]) -> list[Event]:
    """Layer 3: an item belongs to the senior body that claims its key; a body without items merges."""
    owner: dict[tuple[Any, ...], tuple[Body, Item]] = {}
    for body, _ in merged:
        for item in body.items:
            key = (body.event_type, item.key)
            held = owner.get(key)
            if held is None or _outranks(body, item, *held):
                owner[key] = (body, item)
    won: defaultdict[str, list[Item]] = defaultdict(list)
    for body, item in owner.values():
        won[body.sha].append(item)
    members: defaultdict[str, list[Body]] = defaultdict(list)
    for body, all_ in merged:
        home = body if body.sha in won else owner[body.event_type, body.items[0].key][0]
        members[home.sha].extend(all_)
    return [
        Event(body, tuple(sorted(won[body.sha], key=lambda item: item.index)), tuple(members[body.sha]))
        for body, _ in merged
        if body.sha in won
    ]


def _outranks(body: Body, item: Item, held_body: Body, held_item: Item) -> bool:
    if body.sha == held_body.sha:
        return item.index < held_item.index
    return body.seniority > held_body.seniority
