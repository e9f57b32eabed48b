"""A realistic, seeded history of signed-webhook bodies: for the demo, the benchmarks, and the tests."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from random import Random
from typing import TYPE_CHECKING

from cbw.errors import ConfigurationError
from ingest.simulation.business.days import days_until
from ingest.simulation.event import SimulatedEvent
from ingest.simulation.history import History
from ingest.simulation.notifications import Notifications
from ingest.simulation.odd.oddities import DELIVERIES_PER_ROUND, deliveries_per_round

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["KINDS", "SimulatedEvent", "iter_notifications", "iter_simulate", "simulate"]

KINDS = {
    "sale": "a front-end sale, reported to the vendor",
    "trial": "a sale of zero, whose rebills follow",
    "upsell": "a later sale of the same session, with a receipt of its own",
    "rebill": "a later payment of a recurring product",
    "affiliate_role": "a sale or reversal reported once more, from the affiliate's view",
    "refund": "a whole refund",
    "partial_refund": "the refund of a part, or of the rest after it",
    "tax_refund": "the refund of the tax alone",
    "chargeback": "a card chargeback",
    "echeck": "a returned eCheck",
    "dispute": "how a chargeback ended: lost, won or reversed",
    "orphan_refund": "a refund of a sale before the history",
    "orphan_chargeback": "a chargeback of a sale before the history",
    "early_refund": "a refund that is sent before its sale",
    "threshold": "a threshold that was reached",
    "sync": "a completed sync",
    "array": "one body with several sales",
    "duplicate": "the same bytes again",
    "redelivery": "the same event again in other bytes",
    "test": "test traffic",
    "unhandled": "a type that no table knows",
    "broken": "a body that cannot be mapped",
    "oddity": "a part of an odd situation; a history has all of them for every 5,000 deliveries",
}


def simulate(
    count: int = 5000, days: int = 200, seed: int = 7, end: datetime | None = None
) -> list[SimulatedEvent]:
    """Return a whole history; see ``iter_simulate``, which needs less memory."""
    return list(iter_simulate(count, days, seed, end))


def iter_simulate(
    count: int = 5000, days: int = 200, seed: int = 7, end: datetime | None = None
) -> Iterator[SimulatedEvent]:
    """Yield a history's deliveries one by one, in order of sending.

    Args:
        count: The exact number of deliveries, repeats and broken ones included.
        days: The length of the history.
        seed: The same arguments give the same bytes.
        end: The end of the history, with an offset; by default now.

    Raises:
        ConfigurationError: ``count`` is negative, ``days`` is not positive, or ``end`` has no offset.
    """
    until = _end(count, days, end)
    rounds = count // DELIVERIES_PER_ROUND
    planned = days_until(until, days, count - rounds * deliveries_per_round())
    rng, odd_rng = Random(seed), Random(f"{seed} oddities")  # noqa: S311 - a reproducible history, nothing secret
    return islice(History(planned, rng, rounds, odd_rng).deliveries(), count)


def iter_notifications(
    count: int = 5000, days: int = 200, seed: int = 7, end: datetime | None = None
) -> Iterator[SimulatedEvent]:
    """Yield a history as INS tells it, in order of sending: plaintexts to be encrypted.

    Args and errors are those of ``iter_simulate``.
    """
    planned = days_until(_end(count, days, end), days, count)
    rng, odd_rng = Random(seed), Random(f"{seed} oddities")  # noqa: S311 - a reproducible history, nothing secret
    return islice(History(planned, rng, 0, odd_rng, Notifications).deliveries(), count)


def _end(count: int, days: int, end: datetime | None) -> int:
    if count < 0 or days < 1:
        raise ConfigurationError(f"a history of {count} events over {days} days cannot be simulated")
    if end is not None and end.tzinfo is None:
        raise ConfigurationError(
            "the end of a simulated history needs an offset", hint="2026-01-31T00:00:00+00:00"
        )
    return int((end or datetime.now(UTC)).timestamp())
