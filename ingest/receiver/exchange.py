"""One request on its way through the receiver: the gate fills it from the wire, then the application."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

    from ingest.receiver.receive import Headers

ENVIRON_KEY = "cbw.exchange"


@dataclass(slots=True)
class Exchange:
    """A request read whole, and its outcome."""

    request_id: str
    peer: str | None = None
    headers: Headers = field(default_factory=dict)
    body: bytes = b""

    stored: asyncio.Future[int] | None = None
    """The commit that the answer has to wait for."""
    secret_id: str = ""
    """The secret that proved the body authentic, once it is known."""
    reason: str = ""
    """Why the request was refused: a short stable word for the log."""
