"""An authentic delivery on its way into an inbox."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from typing import NamedTuple


class NewDelivery(NamedTuple):
    """An authentic body that is not stored yet; the fields are the columns it fills, in order."""

    received_at: int
    """Microseconds since the epoch, UTC. Information only: the inbox sequence orders."""
    body: bytes
    body_sha256: bytes
    secret_id: str
    content_type: str | None
    peer: str | None

    @classmethod
    def now(cls, body: bytes, secret_id: str, *, content_type: str | None, peer: str | None) -> NewDelivery:
        """Return a delivery received at this moment."""
        return cls.received(body, secret_id, at=datetime.now(UTC), content_type=content_type, peer=peer)

    @classmethod
    def received(
        cls, body: bytes, secret_id: str, *, at: datetime, content_type: str | None, peer: str | None
    ) -> NewDelivery:
        """Return a delivery received at an aware instant."""
        received_at = round(at.timestamp() * 1_000_000)
        return cls(received_at, body, sha256(body).digest(), secret_id, content_type, peer)
