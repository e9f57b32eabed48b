"""One delivery, and one distinct body with everything its deliveries say about arrival."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Delivery:
    """A signed body as the receiver stored it, at a UTC instant."""

    received_at: datetime
    body: bytes


@dataclass(frozen=True)
class Body:
    """Byte-identical deliveries: one body, however often it arrived."""

    sha256: str
    content: bytes
    delivery_count: int
    first_received_at: datetime
    last_received_at: datetime


def distinct_bodies(deliveries: Iterable[Delivery]) -> list[Body]:
    """Group deliveries by their bytes, in the order of the bodies' SHA-256: arrival decides nothing."""
    arrivals: dict[bytes, list[datetime]] = {}
    for delivery in deliveries:
        arrivals.setdefault(delivery.body, []).append(delivery.received_at)
    bodies = [
        Body(hashlib.sha256(content).hexdigest(), content, len(times), min(times), max(times))
        for content, times in arrivals.items()
    ]
    return sorted(bodies, key=lambda body: body.sha256)
