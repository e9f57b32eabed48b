"""Write deliveries into the inbox without the network: a history of millions in minutes."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from ingest.inbox.delivery import NewDelivery
from ingest.inbox.writer import InboxWriter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingest.simulation.simulator import SimulatedEvent

BATCH = 10_000


class HistoryInbox:
    """A new inbox in a data directory.

    Args:
        data_dir: The data directory, which need not exist.
    """

    def __init__(self, data_dir: Path) -> None:
        (data_dir / "inbox").mkdir(parents=True)
        self._path = data_dir / "inbox" / "inbox-00.sqlite"

    def take_in(self, stream: Iterator[SimulatedEvent], count: int) -> None:
        """Store the next events of a history, thousands in each transaction."""
        writer = InboxWriter(self._path)
        left = count
        while left > 0:
            bodies = [event.body for event in islice(stream, min(left, BATCH))]
            writer.commit([NewDelivery.now(body, "current", content_type=None, peer=None) for body in bodies])
            left -= len(bodies)
        writer.close()
