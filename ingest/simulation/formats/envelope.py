"""The envelope round an event's data, and its serialisation to bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ingest.simulation import clock
from ingest.simulation.choice import Choice

if TYPE_CHECKING:
    from random import Random

Body = dict[str, Any]

_ONE_DECIMAL = re.compile(r":(-?\d+\.\d)([,}])")


def _full(event_type: str, data: Any, event_id: str, sent_at: int) -> Body:
    return {"id": event_id, "type": event_type, "created_at": clock.zulu(sent_at), "data": data}


def _documented(event_type: str, data: Any, _event_id: str, _sent_at: int) -> Body:
    """Wrap data as the sender's public page shows it: without id and time."""
    return {"type": event_type, "data": data}


def _payload(event_type: str, data: Any, event_id: str, sent_at: int) -> Body:
    return {"event_id": event_id, "event_type": event_type, "timestamp": sent_at, "payload": data}


def _object(event_type: str, data: Any, event_id: str, sent_at: int) -> Body:
    return {"id": event_id, "event": event_type, "timestamp": sent_at * 1000, "data": {"object": data}}


def _versioned(event_type: str, data: Any, event_id: str, sent_at: int) -> Body:
    return {
        "eventId": event_id,
        "eventType": event_type,
        "createdAt": clock.extended(sent_at),
        "api_version": "2026-01",
        "livemode": True,
        "data": data,
    }


def _bare(event_type: str, data: Any, _event_id: str, _sent_at: int) -> Body:
    """Wrap data without a data key: the event's fields are next to its type."""
    return {"type": event_type, **data}


Envelope = Callable[[str, Any, str, int], Body]
_ANY: Choice[Envelope] = Choice(
    [(_full, 0.55), (_documented, 0.2), (_payload, 0.11), (_object, 0.06), (_versioned, 0.08)]
)
_FLAT: Choice[Envelope] = Choice(
    [(_full, 0.52), (_documented, 0.2), (_payload, 0.08), (_object, 0.05), (_versioned, 0.05), (_bare, 0.1)]
)


def enclose(event_type: str, data: Any, rng: Random, sent_at: int, *, may_be_bare: bool = False) -> Body:
    """Return a whole body round ``data``, in one of the ways seen in the wild.

    Args:
        event_type: The Command Center type.
        data: The event's fields.
        rng: Draws the envelope.
        sent_at: Epoch seconds.
        may_be_bare: ``data`` shares no key with an envelope, so the body may omit the data key.
    """
    envelope = (_FLAT if may_be_bare else _ANY).draw(rng)
    return envelope(event_type, data, f"evt_{rng.getrandbits(80):020x}", sent_at)


def compact(body: Any) -> str:
    """Write JSON as JavaScript's ``JSON.stringify`` does."""
    return _COMPACT(body)


def spaced(body: Any) -> str:
    """Write JSON as Python's ``json.dumps`` does: spaces, and escapes for all but ASCII."""
    return _SPACED(body)


def padded(body: Any) -> str:
    """Write JSON as ClickBank does: ``1.00``, where a re-serialisation would write ``1``."""
    return _ONE_DECIMAL.sub(r":\g<1>0\2", _COMPACT(body))


_COMPACT = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode
_SPACED = json.JSONEncoder(check_circular=False).encode
_WRITER: Choice[Callable[[Any], str]] = Choice([(compact, 0.75), (padded, 0.15), (spaced, 0.1)])


def encode(body: Any, rng: Random) -> bytes:
    """Return the exact bytes of a body."""
    return _WRITER.draw(rng)(body).encode()
