"""Small histories that end with a sale, a refund, a chargeback or a delivery: the day that all tables are as of."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from tests.mutants.telling import Body, dispute, refund, sale, told
from tests.second_oracle import Delivery

MAY = datetime(2026, 5, 1, 12, tzinfo=UTC)


def _all(sold: int, refunded: int, charged_back: int) -> list[Body]:
    """Return three events of each kind; the latest of it is on this day of April."""
    return [
        tell(f"{kind}{day}", f"2026-04-{day:02}", 10)
        for kind, tell, last in (("S", sale, sold), ("R", refund, refunded), ("C", dispute, charged_back))
        for day in (last - 3, last, last - 1)
    ]


def _delivered(*bodies: Body, at: datetime = MAY) -> list[Delivery]:
    return [Delivery(at, json.dumps(body).encode()) for body in bodies]


TODAYS: tuple[list[Delivery], ...] = (
    _delivered(*_all(20, 10, 12)),
    _delivered(*_all(10, 20, 12)),
    _delivered(*_all(10, 12, 20)),
    # The clocks of the senders are ahead: the latest delivery of an event that counts decides.
    [
        *_delivered(*_all(21, 20, 20), at=datetime(2026, 4, 20, 2, tzinfo=UTC)),
        *_delivered(sale("EARLY", "2026-04-02", 10), at=datetime(2026, 4, 3, 12, tzinfo=UTC)),
        *_delivered(
            told("data.synced", {"sync_id": "LATE", "completed_at": "2026-04-02T12:00:00Z"}),
            sale("NOAMOUNT", "2026-04-02", None),
            at=datetime(2026, 4, 26, 12, tzinfo=UTC),
        ),
    ],
)
