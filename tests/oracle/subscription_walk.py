"""Walk through the life of a subscription, event by event, and say in which state it is on a day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from statistics import median
from typing import TYPE_CHECKING, Any

from tests.oracle.coerce import date_in, midnight

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal
    from zoneinfo import ZoneInfo

    from tests.oracle.lives import Life

Row = dict[str, Any]
DAY = timedelta(days=1)
GRACE_DAYS = 16
ACTIVE = frozenset({"active", "past_due", "cancelled_paid"})
OVER = frozenset({"ended", "lapsed", "completed"})


@dataclass
class Known:
    """All that is known of a subscription after one event."""

    payments: int = 0
    paid: int = 0
    planned: int | None = None
    price: Decimal | None = None
    cadence: int | None = None
    due: date | None = None
    is_completed: bool = False
    cancelled_at: datetime | None = None
    failed_at: datetime | None = None
    reversal: Row | None = None
    uncancels: int = 0

    def state_on(self, day: date) -> str:
        """Return the state at the end of a day, if nothing else is told."""
        late = None if self.due is None else (day - self.due).days
        if self.is_completed:
            return "completed"
        if self.reversal is not None:
            return "ended"
        if self.cancelled_at is not None:
            return "cancelled_paid" if self.paid and late is not None and late < 0 else "ended"
        if late is not None and late > GRACE_DAYS:
            return "lapsed"
        if not self.paid:
            return "trial"
        return "past_due" if late is not None and late > 0 else "active"


@dataclass
class Span:
    """One stretch of a life in one state, from a day on."""

    known: Known
    state: str
    at: datetime
    day: date
    cause: str | None
    change: str | None = None
    ended_at: datetime | None = None
    until: date | None = None


@dataclass
class Walk:
    """The news of the events so far that is carried on but not published."""

    gaps: list[int] = field(default_factory=list)
    told_gap: int | None = None
    last_paid: Row | None = None
    last_uncancelled_at: datetime | None = None
    uncancelled_day: date | None = None
    told_due: date | None = None
    cancels: list[datetime] = field(default_factory=list)


def spans_of(life: Life, zone: ZoneInfo) -> list[Span]:
    """Return the states of a life one after the other, with the days on which time alone changes them."""
    walk, known = Walk(), Known()
    steps: list[tuple[Row, Known]] = []
    for event in life.events:
        known = _next(walk, known, event)
        if known.payments:
            steps.append((event, known))
    spans: list[Span] = []
    for number, (event, step) in enumerate(steps):
        following = steps[number + 1][0]["day"] if number + 1 < len(steps) else None
        spans += _spans(life, event, step, following, zone)
    _compare(spans)
    return spans


def _next(walk: Walk, before: Known, event: Row) -> Known:
    """Return what is known after an event."""
    known = Known(**vars(before))
    kind, at, day = event["event"], event["occurred_at"], event["day"]
    if kind == "paid":
        _pay(walk, known, event)
    elif kind == "completed":
        known.is_completed = True
    elif kind == "payment_failed":
        known.failed_at = known.failed_at or at
    elif kind == "cancelled":
        walk.cancels.append(at)
    elif kind == "uncancelled":
        known.uncancels += 1
        known.reversal = None
        walk.last_uncancelled_at, walk.uncancelled_day = at, day
    elif event.get("is_ending"):
        known.reversal = known.reversal or event
    walk.told_due = event["told_due"] or walk.told_due
    known.planned = event.get("payments_planned") or known.planned
    known.price = event.get("price_amount") or known.price
    known.cancelled_at = _standing_cancel(walk)
    known.due = _due(walk, known)
    return known


def _pay(walk: Walk, known: Known, event: Row) -> None:
    last = walk.last_paid
    if last is not None and not last["is_free"] and event["day"] > last["day"]:
        walk.gaps.append((event["day"] - last["day"]).days)
    if event["told_due"] is not None and not event["is_free"]:
        walk.told_gap = (event["told_due"] - event["day"]).days
    walk.last_paid, walk.told_due, walk.uncancelled_day = event, None, None
    known.payments += 1
    known.paid += not event["is_free"]
    known.cadence = int(Fraction(2 * median(walk.gaps) + 1) // 2) if walk.gaps else walk.told_gap
    known.is_completed, known.failed_at, known.reversal = False, None, None


def _standing_cancel(walk: Walk) -> datetime | None:
    """Return the first notice that no later notice, and no payment more than a day later, has taken back."""
    standing = [
        at
        for at in walk.cancels
        if (walk.last_uncancelled_at is None or at >= walk.last_uncancelled_at)
        and (walk.last_paid is None or at >= walk.last_paid["occurred_at"] - DAY)
    ]
    return min(standing, default=None)


def _due(walk: Walk, known: Known) -> date | None:
    due = walk.told_due
    if due is None and walk.last_paid is not None and known.cadence is not None:
        due = walk.last_paid["day"] + known.cadence * DAY
    if due is not None and walk.uncancelled_day is not None:
        due = max(due, walk.uncancelled_day)
    return due


def _spans(life: Life, event: Row, known: Known, following: date | None, zone: ZoneInfo) -> Iterator[Span]:
    """Yield the state from an event on, and the states that follow on their days if no event comes first."""
    state = known.state_on(event["day"])
    yield Span(known, state, event["occurred_at"], event["day"], _cause(life, known, state, zone))
    if known.due is None:
        return
    turns = {"cancelled_paid": [0], "active": [1, GRACE_DAYS + 1], "past_due": [GRACE_DAYS + 1]}
    turns["trial"] = [GRACE_DAYS + 1]
    for days in turns.get(state, []):
        day = known.due + days * DAY
        if following is None or day < following:
            later = known.state_on(day)
            yield Span(known, later, midnight(day, zone), day, _cause(life, known, later, zone))


def _cause(life: Life, known: Known, state: str, zone: ZoneInfo) -> str | None:
    if state in {"completed", "lapsed"}:
        return state
    if known.reversal is not None:
        return "refund" if known.reversal["event"] == "refunded" else "chargeback"
    at = known.cancelled_at
    if at is None:
        return None
    near = {event["event"] for event in life.events if abs(event["occurred_at"] - at) <= DAY}
    if "refunded" in near or "charged_back" in near:
        return "refund" if "refunded" in near else "chargeback"
    if known.failed_at is not None and known.failed_at <= at:
        return "payment_failure"
    late = None if known.due is None else (date_in(at, zone) - known.due).days
    return "payment_failure" if late is not None and 13 <= late <= 16 else "request"


def _compare(spans: list[Span]) -> None:
    """Mark where a life begins and ceases to be active, and since when it is over."""
    was_active = was_ever_active = False
    ended_at = None
    for number, span in enumerate(spans):
        is_active = span.state in ACTIVE
        if is_active and not was_active:
            span.change = "reactivated" if was_ever_active else "new"
        elif was_active and not is_active:
            span.change = "completed" if span.state == "completed" else "churned"
        was_active, was_ever_active = is_active, was_ever_active or is_active
        ended_at = (ended_at or span.at) if span.state in OVER else None
        span.ended_at = ended_at
        span.until = spans[number + 1].day if number + 1 < len(spans) else None
