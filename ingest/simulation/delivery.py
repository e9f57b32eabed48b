"""The delivery of an event to the receiver: formatted, delayed, repeated."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Any

from ingest.simulation import clock
from ingest.simulation.business.days import ByDay
from ingest.simulation.business.posting import Posting
from ingest.simulation.choice import Choice
from ingest.simulation.event import SimulatedEvent
from ingest.simulation.formats import flat, ins, orders_api
from ingest.simulation.formats.envelope import enclose, encode

Format = Callable[[Posting, Random], dict[str, Any]]

_FORMAT: Choice[Format] = Choice([(ins.payload, 0.5), (flat.payload, 0.35), (orders_api.payload, 0.15)])
_SOON_SHARE = 0.965
_SHUFFLED_SHARE = 0.985
_DUPLICATE_SHARE = 0.012
_REDELIVERY_SHARE = 0.024
_RETRIED_SOON_SHARE = 0.5
_MINUTE, _HOUR, _DAY = 60, 3600, 86400

Outbox = ByDay[tuple[int, int, SimulatedEvent]]


class Deliveries:
    """Puts each delivery into the outbox under its time of sending."""

    def __init__(self, outbox: Outbox, rng: Random) -> None:
        self._outbox = outbox
        self._rng = rng
        self._count = 0

    def report(self, posting: Posting, kind: str, delay: int | None = None) -> None:
        """Send a posting in one of the formats, sometimes late, sometimes more than once."""
        rng = self._rng
        payload_of = _FORMAT.draw(rng)
        sent_at = posting.occurred_at + (self._delay() if delay is None else delay)
        data = payload_of(posting, rng)
        body = enclose(posting.event_type, data, rng, sent_at, may_be_bare=payload_of is flat.payload)
        raw = encode(body, rng)
        self.send(raw, kind, posting.occurred_at, sent_at)
        repeat = rng.random()
        if repeat < _DUPLICATE_SHARE:
            self.send(raw, "duplicate", posting.occurred_at, sent_at + self._pause())
        elif repeat < _REDELIVERY_SHARE:
            again_at = sent_at + self._pause()
            _mark_redelivered(body, data, again_at)
            self.send(encode(body, rng), "redelivery", posting.occurred_at, again_at)

    def send(self, raw: bytes, kind: str, occurred_at: int, sent_at: int) -> None:
        """Send exact bytes at a time."""
        self._count += 1
        event = SimulatedEvent(raw, kind, datetime.fromtimestamp(occurred_at, UTC))
        # The running number makes the order total, so that no two histories differ by a tie.
        self._outbox.put(sent_at, (sent_at, self._count, event))

    def _delay(self) -> int:
        """Return the seconds until an event is sent: mostly few, sometimes out of order, rarely days."""
        chance, extent = self._rng.random(), self._rng.random()
        if chance < _SOON_SHARE:
            return 1 + int(extent * 20)
        if chance < _SHUFFLED_SHARE:
            return int(extent * 15 * _MINUTE)
        return int(_HOUR + extent * 3 * _DAY)

    def _pause(self) -> int:
        """Return the seconds until a sender without an answer tries again: few, or 4 to 20 hours."""
        extent = self._rng.random()
        if self._rng.random() < _RETRIED_SOON_SHARE:
            return 5 + int(extent * _MINUTE)
        return int(4 * _HOUR * (1 + 4 * extent))


def _mark_redelivered(body: dict[str, Any], data: dict[str, Any], sent_at: int) -> None:
    """Change the fields of a retry, and none that identify the event."""
    (body if "receipt" in body else data)["attemptCount"] = 2
    if "created_at" in body:
        body["created_at"] = clock.zulu(sent_at)
