"""One delivery of a simulated history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class SimulatedEvent:
    """What the sender is to send, and what it is.

    Args:
        body: The exact bytes to sign and send.
        kind: What a summary counts it as; one of ``ingest.simulation.simulator.KINDS``.
        occurred_at: When it happened to the sender (UTC), not when it is sent.
    """

    body: bytes
    kind: str
    occurred_at: datetime
