"""Odd situations inside a history: each occurs once in every 5,000 deliveries.

They draw from a random stream of their own and sell for stores of their own, so that the rest of a history does not
depend on them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from random import Random
from typing import TYPE_CHECKING

from ingest.simulation import clock
from ingest.simulation.business.reversals import DAY
from ingest.simulation.event import SimulatedEvent
from ingest.simulation.odd import counting, fields, identity
from ingest.simulation.odd.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from ingest.simulation.business.days import Day

SITUATIONS: dict[str, Callable[[Scene], None]] = {
    situation.__name__: situation
    for module in (identity, counting, fields)
    for situation in module.SITUATIONS
}
DELIVERIES_PER_ROUND = 5000
# From the first event of a situation to its last.
_LONGEST_DAYS = 32
_LONGEST_SHARE = 0.5
_DELAY_SECONDS = 3


class Oddities:
    """The deliveries of all odd situations of a history, day by day; memory holds the future of those that have begun.

    Args:
        days: All days of the history.
        rounds: How often each situation occurs.
        hold: Takes the date and the event type of each sale, refund and chargeback that the deliveries add.
    """

    def __init__(self, days: list[Day], rounds: int, rng: Random, hold: Callable[[date, str], None]) -> None:
        seconds = days[-1].ends_at - days[0].starts_at
        self._begin = days[0].starts_at
        self._pace = min(1.0, seconds * _LONGEST_SHARE / (_LONGEST_DAYS * DAY))
        self._seconds = seconds - _LONGEST_DAYS * DAY * self._pace
        self._count = rounds * len(SITUATIONS)
        self._rng = rng
        self._hold = hold
        self._started = 0
        self._names = self._shuffled()
        self._waiting: list[tuple[int, int, SimulatedEvent]] = []

    def until(self, end: int) -> list[tuple[int, int, SimulatedEvent]]:
        """Return the deliveries before an instant that were not returned yet, each with its time and number."""
        while self._started < self._count and (starts_at := self._next_start()) < end:
            self._started += 1
            self._start(next(self._names), starts_at)
        due = [delivery for delivery in self._waiting if delivery[0] < end]
        self._waiting = [delivery for delivery in self._waiting if delivery[0] >= end]
        return due

    def _next_start(self) -> int:
        return self._begin + int(self._seconds * (self._started + 0.5) / self._count)

    def _start(self, name: str, starts_at: int) -> None:
        scene = Scene(starts_at, self._pace, self._rng)
        SITUATIONS[name](scene)
        for at, body, event_type, adds in scene.tellings:
            for _ in range(adds):
                self._hold(clock.pacific(at).date(), event_type)
            event = SimulatedEvent(body, "oddity", datetime.fromtimestamp(at, UTC), name)
            self._waiting.append((at + _DELAY_SECONDS, len(self._waiting), event))

    def _shuffled(self) -> Iterator[str]:
        while True:
            names = list(SITUATIONS)
            self._rng.shuffle(names)
            yield from names


@cache
def deliveries_per_round() -> int:
    """Return how many deliveries tell every situation once."""
    scene = Scene(0, 1.0, Random(0))  # noqa: S311 - counted only
    for situation in SITUATIONS.values():
        situation(scene)
    return len(scene.tellings)
