"""One delivery of a simulated history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class SimulatedEvent:
    """A body to send, with its kind and time.

    Args:
        body: The exact bytes to sign and send.
        kind: Its line in a summary; one of ``ingest.simulation.simulator.KINDS``.
        occurred_at: The time of the event (UTC), not of the delivery.
        oddity: The situation that it is a part of, one of ``odd.oddities.SITUATIONS``; empty for none.
    """

    body: bytes
    kind: str
    occurred_at: datetime
    oddity: str = ""
