"""Count subscriptions month by month, payment by payment, and by the age at which they were cancelled."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.oracle.coerce import ZERO
from tests.oracle.lives import Life, today_of
from tests.oracle.rates import ratio
from tests.oracle.subscription_walk import ACTIVE, GRACE_DAYS, Span, spans_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.oracle.facts import Book

Row = dict[str, Any]
Spans = list[list[Span]]
AGES = (
    *(("0", 0, 0), ("1-7", 1, 7), ("8-14", 8, 14), ("15-30", 15, 30), ("31-60", 31, 60), ("61-90", 61, 90)),
    *(("91-180", 91, 180), ("181+", 181, None), ("unknown", None, None)),
)
_VOLUNTARY = frozenset({"request", "refund"})
_MONTH_DAYS = (365, 12)


def subscription_months(book: Book, told: tuple[list[Life], list[Row]]) -> list[Row]:
    """Return one row for each month, from the first of a group's subscriptions to today's."""
    today = today_of(book)
    groups: defaultdict[tuple[Any, ...], Spans] = defaultdict(list)
    for life in told[0]:
        groups[life.group].append(spans_of(life, book.zone))
    rows = []
    for group, lives in groups.items():
        start = 0
        first = min(spans[0].day for spans in lives)
        for month in _months(first, today):
            row = _month(lives, month, today, start)
            start = row["active_count"]
            rows.append(row | dict(zip(("vendor", "item_no", "currency"), group, strict=True)))
    return rows


def _months(first: date, today: date | None) -> Iterator[date]:
    month = first.replace(day=1)
    while today is not None and month <= today:
        yield month
        month = _next(month)


def _next(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def _month(lives: Spans, month: date, today: date | None, start: int) -> Row:
    assert today is not None
    end = min(_next(month) - timedelta(days=1), today)
    before = end - timedelta(days=30)
    at_end = [span for spans in lives for span in spans if _is_in_force(span, end)]
    active = [span for span in at_end if span.state in ACTIVE]
    brought = [_monthly(span) for span in active]
    earlier = sum(
        1 for spans in lives for span in spans if span.state in ACTIVE and _is_in_force(span, before)
    )
    changes = [span for spans in lives for span in spans if span.change and month <= span.day <= end]
    recent = [span.change for spans in lives for span in spans if before < span.day <= end]
    churned = [span for span in changes if span.change == "churned"]
    same = sum(
        1
        for spans in lives
        for span in spans
        if span.change == "churned" and month <= span.day <= end and _is_new_in(spans, month)
    )
    return {
        "month": month,
        "start_count": start,
        "active_count": len(active),
        "trial_count": sum(1 for span in at_end if span.state == "trial"),
        "past_due_count": sum(1 for span in active if span.state == "past_due"),
        "cancelled_paid_count": sum(1 for span in active if span.state == "cancelled_paid"),
        "new_count": sum(1 for span in changes if span.change == "new"),
        "reactivated_count": sum(1 for span in changes if span.change == "reactivated"),
        "churned_count": len(churned),
        "churned_voluntary_count": sum(1 for span in churned if span.cause in _VOLUNTARY),
        "churned_involuntary_count": sum(1 for span in churned if span.cause not in _VOLUNTARY),
        "churned_inferred_count": sum(1 for span in churned if span.cause == "lapsed"),
        "new_and_churned_count": same,
        "completed_count": sum(1 for span in changes if span.change == "completed"),
        "churn_rate": ratio(len(churned) - same, start),
        "churn_rate_stripe": ratio(recent.count("churned"), earlier + recent.count("new")),
        "mrr": sum((amount for amount in brought if amount is not None), ZERO),
        "unknown_mrr_count": brought.count(None),
        "end_date": end,
        "is_complete": _next(month) <= today,
    }


def _is_in_force(span: Span, day: date) -> bool:
    return span.day <= day and (span.until is None or day < span.until)


def _is_new_in(spans: list[Span], month: date) -> bool:
    return any(span.change == "new" and span.day.replace(day=1) == month for span in spans)


def _monthly(span: Span) -> Decimal | None:
    """Return the price for 365 / 12 days, rounded half away from zero to four places."""
    price, cadence = span.known.price, span.known.cadence
    if price is None or not cadence:
        return None
    numerator = int(price.scaleb(4)) * _MONTH_DAYS[0]
    denominator = _MONTH_DAYS[1] * cadence
    return Decimal((2 * numerator + denominator) // (2 * denominator)).scaleb(-4)


def subscription_retention(book: Book, subscriptions: list[Row]) -> list[Row]:
    """Return one row for each month of start, group and payment."""
    today = today_of(book)
    cohorts: defaultdict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in subscriptions:
        if row["has_known_start"]:
            month = row["started_date"].replace(day=1)
            cohorts[month, row["vendor"], row["item_no"], row["currency"]].append(row)
    rows = []
    for (month, vendor, item_no, currency), cohort in cohorts.items():
        for number in range(1, max(row["paid_payments_count"] for row in cohort) + 2):
            members = [row for row in cohort if _has_payment(row, number)]
            if members:
                names = {"started_month": month, "vendor": vendor, "item_no": item_no, "currency": currency}
                rows.append(names | _retention(members, number, today))
    return rows


def _has_payment(row: Row, number: int) -> bool:
    if number <= row["paid_payments_count"]:
        return True
    planned = row["payments_planned"]
    return row["state"] != "completed" and (planned is None or number <= planned)


def _retention(members: list[Row], number: int, today: date | None) -> Row:
    fates = [_fate(row, number, today) for row in members]
    is_mature = "pending" not in fates
    paid = fates.count("paid")
    due = paid + fates.count("lost")
    return {
        "payment_number": number,
        "subscription_count": len(members),
        "due_count": due,
        "paid_count": paid,
        "unknown_due_count": fates.count("unknown"),
        "trial_count": sum(row["is_trial_start"] for row in members),
        "retention_rate": ratio(paid, due) if is_mature else None,
        "is_mature": is_mature,
    }


def _fate(row: Row, number: int, today: date | None) -> str:
    assert today is not None
    ahead = number - row["paid_payments_count"] - 1
    if ahead < 0:
        return "paid"
    if row["next_due_date"] is None or (ahead and row["cadence_days"] is None):
        return "unknown"
    grace = GRACE_DAYS + (ahead * row["cadence_days"] if ahead else 0)
    return "lost" if (today - row["next_due_date"]).days > grace else "pending"


def cancellations_by_age(subscriptions: list[Row]) -> list[Row]:
    """Return one row for each seller, item and age."""
    groups: defaultdict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in subscriptions:
        groups[row["vendor"], row["item_no"]].append(row)
    return [
        {"vendor": vendor, "item_no": item_no} | _aged(rows, *age)
        for (vendor, item_no), rows in groups.items()
        for age in AGES
    ]


def _aged(rows: list[Row], name: str, least: int | None, most: int | None) -> Row:
    found = [
        row
        for row in rows
        if row["cancelled_at"] is not None and _is_aged(row["days_to_cancellation"], least, most)
    ]
    voluntary = sum(1 for row in found if row["end_cause"] in _VOLUNTARY)
    return {
        "age_days": name,
        "from_days": least,
        "to_days": most,
        "cancellation_count": len(found),
        "trial_count": sum(1 for row in found if row["paid_payments_count"] == 0),
        "installment_count": sum(1 for row in found if row["payments_planned"] is not None),
        "voluntary_count": voluntary,
        "involuntary_count": len(found) - voluntary,
    }


def _is_aged(days: int | None, least: int | None, most: int | None) -> bool:
    if days is None or least is None:
        return days is None and least is None
    return least <= days and (most is None or days <= most)
