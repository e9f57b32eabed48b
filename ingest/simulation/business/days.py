"""The days of a history: the deliveries of each, and the items that wait for one."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Generic, TypeVar

from ingest.simulation import clock

if TYPE_CHECKING:
    from collections.abc import Iterator

Item = TypeVar("Item")

_WEEKDAY_WEIGHT = (1.08, 1.12, 1.05, 1.0, 0.93, 0.85, 0.97)
_GROWTH = 0.8
_LAUNCH_AT = 0.6
_LAUNCH_DAYS = 4
_LAUNCH_FACTOR = 2.6
_DAY_SECONDS = 86400


@dataclass(frozen=True, slots=True)
class Day:
    """A Pacific day, or the part of it that lies in the history.

    Args:
        starts_at: Epoch seconds.
        ends_at: Epoch seconds, exclusive.
        target: The number of deliveries in the history by the end of this day.
    """

    date: date
    starts_at: int
    ends_at: int
    target: int


def days_until(end: int, days: int, count: int) -> list[Day]:
    """Return the days before ``end``, with the deliveries spread over them by trend, weekday and launch."""
    spans = list(_spans(end - days * _DAY_SECONDS, end))
    weights = [_weight(at / len(spans), span) for at, span in enumerate(spans)]
    launch = int(len(spans) * _LAUNCH_AT)
    for at in range(launch, min(launch + _LAUNCH_DAYS, len(spans))):
        weights[at] *= _LAUNCH_FACTOR
    planned, total, so_far = [], sum(weights), 0.0
    for span, weight in zip(spans, weights, strict=True):
        so_far += weight
        planned.append(Day(*span, round(count * so_far / total)))
    return planned


def _spans(start: int, end: int) -> Iterator[tuple[date, int, int]]:
    at = start
    while at < end:
        today = clock.pacific(at).date()
        until = min(clock.midnight(today + timedelta(days=1)), end)
        yield today, at, until
        at = until


def _weight(progress: float, span: tuple[date, int, int]) -> float:
    today, starts_at, ends_at = span
    return (1 + _GROWTH * progress) * _WEEKDAY_WEIGHT[today.weekday()] * (ends_at - starts_at) / _DAY_SECONDS


class ByDay(Generic[Item]):
    """Items kept with the day they belong to.

    Args:
        days: All days, in order, without a gap.
    """

    def __init__(self, days: list[Day]) -> None:
        self._ends = [day.ends_at for day in days]
        self._items: list[list[Item]] = [[] for _ in days]

    def put(self, at: int, item: Item) -> None:
        """Keep an item with the day of an instant; the last day takes later ones too."""
        self._items[min(bisect_right(self._ends, at), len(self._ends) - 1)].append(item)

    def on(self, index: int) -> list[Item]:
        """Return the items of a day, as a list that grows with each `put`."""
        return self._items[index]

    def drop(self, index: int) -> None:
        """Drop the items of a past day, so that memory holds only future ones."""
        self._items[index] = []
