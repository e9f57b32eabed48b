"""Decide which deliveries are one event: identical bytes, then the sender's id, then the natural key."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.oracle import notifications
from tests.oracle.aliases import TEXT
from tests.oracle.envelope import is_test_event, read_envelope, read_items
from tests.oracle.items import KINDS, OF_RECEIPTS, REBILL, TRANSACTIONS, Item, map_item
from tests.oracle.parse import parse_body
from tests.oracle.parts import things_of
from tests.oracle.reader import first_present
from tests.oracle.shared import share_all
from tests.oracle.sources import LAST, told_by
from tests.oracle.subjects import by_subject
from tests.oracle.tellings import Telling, name_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from zoneinfo import ZoneInfo

    from tests.oracle.reader import Reader, Reason

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class RawDelivery:
    """One accepted request: its time of arrival, its exact bytes, and the secret that proved it."""

    received_at: datetime
    body: bytes
    secret_id: str = "current"


@dataclass(frozen=True)
class Body:
    """A distinct body: layer 1 of identity."""

    sha: str
    received_at: datetime
    delivery_count: int
    event_type: str | None = None
    event_id: str | None = None
    account: str | None = None
    is_order_id: bool = False
    has_other_elements: bool = False
    created_at: datetime | None = None
    last_received_at: datetime | None = None
    is_test: bool = False
    status: str = "quarantined"
    items: tuple[Item, ...] = ()
    things: tuple[Item, ...] = ()
    reasons: tuple[Reason, ...] = ()
    verdict: str | None = None
    told_by: str = LAST
    name: str = ""
    content: dict[str, Any] | None = field(default=None, compare=False)

    @property
    def is_readable(self) -> bool:
        """Return whether another body can repeat its content: it is mapped, or unhandled for its content."""
        return self.status == "mapped" or (self.status == "unhandled" and bool(self.items))

    @property
    def unhandled(self) -> str | None:
        return self.items[0].unhandled if self.items else None

    @property
    def seniority(self) -> tuple[datetime, str]:
        """Return the sort key of bodies of one identity: the greatest wins, one without a creation time loses."""
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
    def last_received_at(self) -> datetime:
        """When the latest delivery of any of its bodies was received."""
        return max(body.last_received_at or body.received_at for body in self.members)

    @property
    def occurred_at(self) -> datetime | None:
        """Return the time of the first item that counts; else that of the body's item 0, else the envelope's."""
        if self.items:
            return self.items[0].occurred_at
        first = self.winner.things[0] if self.winner.things else None
        return first.occurred_at if first is not None and first.index == 0 else self.winner.created_at

    @property
    def reason(self) -> str | None:
        """Return the verdict of the parser, the first reason in the fixed order, or why it counts for nothing."""
        if self.winner.status == "unhandled":
            return self.winner.unhandled
        if self.winner.verdict or self.winner.status != "quarantined":
            return self.winner.verdict
        return min(self.winner.reasons, key=lambda reason: reason.rank).code


def identify(deliveries: Sequence[RawDelivery], zone: ZoneInfo) -> list[Event]:
    """Return the distinct events behind the deliveries; the order of arrival does not matter."""
    bodies = _distinct_bodies(deliveries, zone)
    merged = _merge_by_event_id(bodies)
    tellings = [telling for winner, _ in merged if winner.is_readable for telling in _tellings(winner)]
    told = {telling.body.sha for telling in tellings}
    events = [Event(winner, (), tuple(all_)) for winner, all_ in merged if winner.sha not in told]
    return events + _merge_by_natural_key([each for each in merged if each[0].sha in told], tellings, zone)


def _tellings(body: Body) -> list[Telling]:
    """Return the things that a body tells; a type that never counts tells nothing next to rows that count."""
    kind = KINDS[body.event_type or ""]
    return [
        Telling(body, item, kind)
        for item in body.things
        if (kind not in TRANSACTIONS or item.row["receipt"] is not None)
        and not (body.status == "mapped" and (item.unhandled or "").startswith("transaction_type "))
    ]


def _distinct_bodies(deliveries: Iterable[RawDelivery], zone: ZoneInfo) -> list[Body]:
    """Layer 1: identical bytes are one body, received at the time of its first delivery."""
    received: defaultdict[bytes, list[datetime]] = defaultdict(list)
    sources: defaultdict[bytes, set[str]] = defaultdict(set)
    for delivery in deliveries:
        received[delivery.body].append(delivery.received_at)
        # the second oracle's deliveries name no secret
        sources[delivery.body].add(told_by(getattr(delivery, "secret_id", "current")))
    return [_read(body, times, max(sources[body]), zone) for body, times in received.items()]


def _read(raw: bytes, times: list[datetime], source: str, zone: ZoneInfo) -> Body:
    received_at, count = min(times), len(times)
    sha = hashlib.sha256(raw).hexdigest()
    body = parse_body(raw)
    if isinstance(body, str):
        return Body(sha, received_at, count, verdict=body, last_received_at=max(times), told_by=source)
    content, name, label = body, sha, None
    if source == "ins":
        name = notifications.identity(body)
        body, label = notifications.enclosed(body)
    envelope = read_envelope(body, times, zone)
    readers, reasons = read_items(body, zone)
    if source not in {LAST, "ins"}:
        envelope = replace(envelope, event_type=notifications.event_type_of(body))
        readers = [(index, replace(reader, is_of_export=True)) for index, reader in readers]
    is_handled = envelope.event_type in KINDS
    is_test = is_test_event(
        body,
        envelope.event_type,
        [reader for _, reader in readers] if is_handled else [],
        are_transactions=KINDS.get(envelope.event_type or "") in OF_RECEIPTS,
    )
    items = tuple(map_item(envelope, index, reader) for index, reader in readers) if is_handled else ()
    if source == "ins":
        items = tuple(replace(item, row=item.row | {"customer_currency": label}) for item in items)
    has_other_elements = bool(reasons)
    is_transaction = KINDS.get(envelope.event_type or "") in TRANSACTIONS
    reasons += [reason for item in items for reason in item.reasons]
    is_of_receipt = KINDS.get(envelope.event_type or "") in OF_RECEIPTS
    is_order_id = is_of_receipt and any(_is_order_id(envelope.event_id, reader) for _, reader in readers)
    things, faults = things_of(items) if is_transaction else (items, [])
    reasons += faults
    return Body(
        sha=sha,
        received_at=received_at,
        last_received_at=max(times),
        delivery_count=count,
        event_type=envelope.event_type,
        event_id=None if is_order_id else envelope.event_id,
        account=envelope.account,
        is_order_id=is_order_id,
        has_other_elements=has_other_elements,
        created_at=envelope.created_at,
        is_test=is_test,
        status=_status(
            is_test=is_test,
            is_handled=is_handled and not (items and all(item.unhandled for item in items) and not reasons),
            is_sound=not reasons,
        ),
        items=items,
        things=tuple(things),
        reasons=tuple(reasons),
        told_by=source,
        name=name,
        content=content,
    )


def _is_order_id(event_id: str | None, reader: Reader) -> bool:
    """Return whether an event id is the order's own number, under any key of a receipt."""
    numbers = [found.text for key in TEXT["receipt"] if (found := first_present(reader.data, (key,)))]
    return event_id is not None and (
        event_id in numbers or (bool(numbers) and numbers[0].upper() == event_id.upper())
    )


def _status(*, is_test: bool, is_handled: bool, is_sound: bool) -> str:
    if is_test:
        return "test"
    if not is_handled:
        return "unhandled"
    return "mapped" if is_sound else "quarantined"


def _merge_by_event_id(bodies: Iterable[Body]) -> list[tuple[Body, list[Body]]]:
    """Layer 2: bodies of one type with one id about one subject are one event.

    A readable body wins, then the senior one.
    """
    groups: defaultdict[tuple[Any, ...], list[Body]] = defaultdict(list)
    for body in bodies:
        has_id = body.event_id is not None and not body.is_order_id
        groups[(body.event_type, body.event_id) if has_id else (body.name or body.sha,)].append(body)
    return [
        (max(subject, key=lambda body: (body.is_readable, *body.seniority)), subject)
        for group in groups.values()
        for subject in by_subject(group)
    ]


def _merge_by_natural_key(
    merged: list[tuple[Body, list[Body]]], tellings: Sequence[Telling], zone: ZoneInfo
) -> list[Event]:
    """Layer 3: a thing belongs to the senior body that holds it; a body that owns none joins an owner's event."""
    name_all(tellings, zone)
    share_all(tellings, zone)
    owner: dict[tuple[Any, ...], Telling] = {}
    for telling in tellings:
        key = (telling.kind, telling.key)
        if key not in owner or telling.seniority > owner[key].seniority:
            owner[key] = telling
    won: defaultdict[str, list[Telling]] = defaultdict(list)
    for telling in owner.values():
        won[telling.body.sha].append(telling)
    first: dict[str, Telling] = {}
    for telling in sorted(tellings, key=lambda each: each.item.index):
        first.setdefault(telling.body.sha, telling)
    members: defaultdict[str, list[Body]] = defaultdict(list)
    for body, all_ in merged:
        told = first[body.sha]
        home = body if body.sha in won else owner[told.kind, told.key].body
        members[home.sha].extend(all_)
    return [
        Event(body, tuple(_items_of(won[body.sha])), tuple(members[body.sha]))
        for body, _ in merged
        if body.sha in won
    ]


def _items_of(tellings: Iterable[Telling]) -> Iterator[Item]:
    """Give the items that count, each with its seller and payment."""
    for telling in sorted(tellings, key=lambda each: each.item.index):
        if telling.kind not in OF_RECEIPTS:
            yield telling.item
        elif telling.kind == "notice" and telling.item.unhandled is None:
            yield replace(telling.item, row=telling.row | _delivered(telling.body))
        elif telling.kind in TRANSACTIONS and telling.item.unhandled is None:
            found = {"told_vendor": telling.row["vendor"], "vendor": telling.seller}
            found |= {"is_ambiguous": telling.is_ambiguous, "sources": telling.sources}
            found |= {"differences": telling.differences}
            found |= {"told_count": telling.told_count, "amount_source": telling.body.told_by}
            if telling.kind == "sale":
                found |= {"payment": telling.key[-1], "payment_name": _payment_name(telling.key[-1])}
                found |= {"payment_number": _payment_number(telling)}
            yield replace(telling.item, row=telling.row | found)


def _payment_number(sale: Telling) -> int | None:
    """Return 1 for an initial sale, else the number of a rebill, by the suffix of its receipt or as it was told."""
    if not sale.row["is_rebill"]:
        return 1
    own = REBILL.search(sale.row["receipt"])
    number = int(own[0].removeprefix("-B")) if own else sale.number
    return number if number is None or not own or number < 2**31 else None


def _delivered(body: Body) -> dict[str, Any]:
    return {"account": body.account, "received_at": body.received_at, "amount_source": body.told_by}


def _payment_name(payment: tuple[Any, ...]) -> str:
    """Return the published name of a payment."""
    *kind, last = payment
    if isinstance(last, datetime):
        written = last.astimezone(UTC).isoformat().replace("+00:00", "")
        last = f"{written.rstrip('0') if '.' in written else written}Z"
    return " ".join(str(part) for part in (*kind, last))
