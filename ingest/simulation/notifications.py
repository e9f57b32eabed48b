"""A simulated history as the Instant Notification Service tells it: sales, reversals, cancellations after refunds."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from ingest.simulation.delivery import Deliveries
from ingest.simulation.formats import ins
from ingest.simulation.formats.envelope import encode

if TYPE_CHECKING:
    from ingest.simulation.business.posting import Posting

_REPEATED_SHARE = 0.02
_ATTEMPT_SECONDS = 4 * 3600
_FIRST_NEWS = (None, "received")
# Command Center's own fields of a reversal; the service names none of them.
_UNKNOWN_FIELDS = ("refundType", "reason", "chargeback_id", "status")


class Notifications(Deliveries):
    """Puts each notification into the outbox under its time of sending; drops all that the service does not tell."""

    def report(self, posting: Posting, kind: str, delay: int | None = None) -> None:
        """Send a posting, sometimes late, sometimes again with the next number of its attempt."""
        if posting.reversal is not None and posting.reversal.status not in _FIRST_NEWS:
            return  # how a dispute ended
        rng = self._rng
        sent_at = posting.occurred_at + (self._delay() if delay is None else delay)
        data = ins.payload(posting, rng, in_usd=True)
        for name in _UNKNOWN_FIELDS:
            data.pop(name, None)
        style = rng.random()
        super().send(encode(data, Random(style)), kind, posting.occurred_at, sent_at)  # noqa: S311 - an invented history
        if rng.random() < _REPEATED_SHARE:
            data["attemptCount"] = 2
            again = encode(data, Random(style))  # noqa: S311 - likewise: the attempt alone differs
            super().send(again, "redelivery", posting.occurred_at, sent_at + _ATTEMPT_SECONDS)
        if posting.transaction_type == "RFND" and posting.sale.lines[0].product.is_recurring:
            # A refund of a recurring product cancels its subscription.
            root = data["receipt"].partition("-B")[0]
            cancelled = data | {"transactionType": "CANCEL-REBILL", "receipt": root, "attemptCount": 1}
            super().send(encode(cancelled, Random(style)), kind, posting.occurred_at, sent_at)  # noqa: S311 - likewise

    def send(self, raw: bytes, kind: str, occurred_at: int, sent_at: int) -> None:
        """Drop a body of Command Center: an alert, a sync, a test, a broken one."""
