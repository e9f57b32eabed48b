"""Put the events of each subscription in order, and publish them and its state today."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.oracle.coerce import date_in
from tests.oracle.lives import Life, gather, today_of
from tests.oracle.subscription_walk import DAY, spans_of

if TYPE_CHECKING:
    from datetime import date
    from zoneinfo import ZoneInfo

    from tests.oracle.facts import Book

Row = dict[str, Any]
_ORDER = (
    *("started", "paid", "completed", "changed", "payment_failed", "uncancelled", "cancelled", "refunded"),
    "charged_back",
)
_VALUES = ("payment_number", "told_due", "price_amount", "amount", "is_free", "is_ending", "payments_planned")


def lives_of(book: Book) -> tuple[list[Life], list[Row]]:
    """Return the subscriptions, each with its events in order, and the notices that belong to none."""
    lives, orphans = gather(book)
    for life in lives.values():
        for event in life.events:
            event["day"] = date_in(event["occurred_at"], book.zone)
            event["told_due"] = _ahead(event)
        life.events.sort(key=_place)
    for event in orphans:
        event["day"] = date_in(event["occurred_at"], book.zone)
        event["told_due"] = _ahead(event)
    return list(lives.values()), orphans


def _ahead(event: Row) -> date | None:
    told: date | None = event.get("told_date")
    return told if told is not None and told > event["day"] else None


def _place(event: Row) -> tuple[Any, ...]:
    values = [event.get(name, False if name in {"is_free", "is_ending"} else None) for name in _VALUES]
    ordered = [(value is None, *([] if value is None else [value])) for value in values]
    return (event["occurred_at"], _ORDER.index(event["event"]), event["receipt"], ordered)


def fct_subscription_events(told: tuple[list[Life], list[Row]]) -> list[Row]:
    """Return one row for each event of each subscription, and for each notice of a receipt that is none."""
    lives, orphans = told
    rows = [_published(event, _names(life)) for life in lives for event in life.events]
    return rows + [_published(event, {"is_orphan": True, "subscription_currency": None}) for event in orphans]


def _names(life: Life) -> Row:
    return {
        "vendor": life.vendor,
        "root_receipt": life.root,
        "item_no": life.item_no,
        "subscription_currency": life.currency,
    }


def _published(event: Row, more: Row) -> Row:
    names = (
        "event_key",
        "item_index",
        "event",
        "receipt",
        "occurred_at",
        "amount",
        "currency",
        "price_amount",
    )
    row = {name: event.get(name) for name in names}
    row |= {
        name: event.get(name) for name in ("payment_number", "payments_planned", "old_item_no", "new_item_no")
    }
    row |= {name: event.get(name) for name in ("vendor", "root_receipt", "item_no")}
    row |= {name: event.get(name, False) for name in ("is_free", "is_ending")}
    row |= {
        "occurred_date": event["day"],
        "source": event["source"],
        "is_inferred": event["event"] == "completed",
        "next_payment_date": event["told_due"],
        "is_orphan": False,
    }
    return row | more


def fct_subscriptions(book: Book, told: tuple[list[Life], list[Row]]) -> list[Row]:
    """Return one row for each subscription, in its state today."""
    today = today_of(book)
    return [_row(life, today, book.zone) for life in told[0]]


def _row(life: Life, today: date | None, zone: ZoneInfo) -> Row:
    started_at = life.payments[0]["sold_at"]
    started = date_in(started_at, zone)
    spans = [span for span in spans_of(life, zone) if today is None or span.day <= max(today, started)]
    span = spans[-1]
    known, state = span.known, span.state
    is_told = state in {"cancelled_paid", "ended"} and known.cancelled_at is not None
    is_told |= state == "past_due" and known.failed_at is not None
    is_aged = life.has_known_start and known.cancelled_at is not None
    return {
        "vendor": life.vendor,
        "root_receipt": life.root,
        "item_no": life.item_no,
        "currency": life.currency,
        "started_at": started_at,
        "started_date": started,
        "has_known_start": life.has_known_start,
        "is_trial_start": life.payments[0]["is_free"],
        "cadence_days": known.cadence,
        "payments_count": known.payments,
        "paid_payments_count": known.paid,
        "payments_planned": known.planned,
        "rebill_amount": known.price,
        "next_due_date": known.due,
        "paid_through_date": known.due - DAY if known.paid and known.due else None,
        "cancelled_at": known.cancelled_at,
        "ended_at": span.ended_at,
        "end_cause": span.cause,
        "state": state,
        "state_basis": "told" if is_told else "inferred",
        "days_to_cancellation": (
            max((date_in(known.cancelled_at, zone) - started).days, 0)
            if is_aged and known.cancelled_at
            else None
        ),
        "uncancel_count": known.uncancels,
    }
