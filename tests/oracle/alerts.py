"""Compare the value that an alert claims with our own value of the same metric."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.oracle.coerce import date_in, midnight
from tests.oracle.daily import Day, total_by
from tests.oracle.rates import ratio

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from tests.oracle.facts import Book

Row = dict[str, Any]
COUNTS = frozenset({"sale_count", "rebill_count", "refund_count", "chargeback_count"})
AMOUNTS = frozenset({"gross_sales", "net_sales", "refund_amount", "chargeback_amount"})
RATES = frozenset({"refund_rate", "chargeback_rate"})
RATE_TOLERANCE = Decimal("0.001")
AMOUNT_TOLERANCE = Decimal("0.01")
_ONE_MICROSECOND = timedelta(microseconds=1)
COLUMNS = (
    *(
        "event_key",
        "item_index",
        "reached_at",
        "metric",
        "comparator",
        "threshold_value",
        "claimed_value",
        "unit",
    ),
    *("scope_type", "scope_value", "window_start", "window_end"),
)


def fct_threshold_alerts(book: Book) -> list[Row]:
    """Return one row per threshold reached."""
    rows = []
    for alert in book.alerts:
        computed = _computed(book, alert)
        rows.append(
            {column: alert[column] for column in COLUMNS}
            | {
                "computed_value": None if computed is None else float(computed),
                "verdict": _verdict(alert, computed),
            }
        )
    return rows


def _window(book: Book, alert: Row) -> tuple[datetime, datetime] | None:
    """Return the first instant that our own figure covers, and the instant before which it ends.

    The figure covers no instant after the sender reached the alert. Bare dates are whole days; a length alone ends at
    that instant, or at the window's end, and begins as much earlier by the calendar.
    """
    reached = alert["reached_at"]
    until = _day_after(reached, book.zone) if alert["is_reached_day"] else reached + _ONE_MICROSECOND
    start, end = alert["window_start"], alert["window_end"]
    if end is not None and alert["is_window_end_day"]:
        end = _day_after(end, book.zone)
    if start is None:
        start = _moved(end or (until if alert["is_reached_day"] else reached), alert, -1, book.zone)
    elif end is None:
        end = _moved(start, alert, 1, book.zone)
    if start is None:
        return None
    until = min(until, end) if end is not None else until
    return (start, until) if start < until else None


def _day_after(at: datetime, zone: ZoneInfo) -> datetime:
    return midnight(date_in(at, zone) + timedelta(days=1), zone)


def _moved(at: datetime, alert: Row, direction: int, zone: ZoneInfo) -> datetime | None:
    if alert["window_days"] is not None:
        local = at.astimezone(zone).replace(tzinfo=None, fold=0)
        return (local + direction * timedelta(days=alert["window_days"])).replace(tzinfo=zone).astimezone(UTC)
    return None if alert["window_length"] is None else at + direction * alert["window_length"]


def _computed(book: Book, alert: Row) -> float | int | Decimal | None:
    window, scope, value = _window(book, alert), alert["scope_type"], alert["scope_value"]
    if window is None or alert["metric"] not in COUNTS | AMOUNTS | RATES:
        return None
    if scope not in {None, "account", "vendor", "affiliate"}:
        return None
    if (scope is None and value is not None) or (scope in {"vendor", "affiliate"} and value is None):
        return None

    def currency_inside(row: Row, _column: str) -> tuple[str | None] | None:
        is_in_scope = scope in {None, "account"} or row[scope] == value.lower()
        is_in_scope &= alert["currency"] in {None, row["currency"]}
        return (row["currency"],) if is_in_scope and window[0] <= row["occurred_at"] < window[1] else None

    days = [day for day in total_by(book, currency_inside).values() if _is_active(day)]
    if alert["metric"] in AMOUNTS and len(days) > 1:
        return None
    return _measure(alert["metric"], days)


def _is_active(day: Day) -> bool:
    return bool(day.sale_count or day.refunded or day.charged_back)


def _measure(metric: str, days: list[Day]) -> float | int | Decimal | None:
    """Return a metric over the days of all currencies; an amount has one, or is 0 where nothing happened."""
    sales, rebills = sum(len(day.sales) for day in days), sum(len(day.rebills) for day in days)
    refunded = {receipt for day in days for receipt in day.refunded}
    charged_back = {receipt for day in days for receipt in day.charged_back}
    if metric in AMOUNTS:
        if not days:
            return Decimal(0)
        day = days[0]
        amounts = {"gross_sales": day.gross, "net_sales": day.net, "refund_amount": day.refunds}
        return amounts.get(metric, day.chargebacks)
    values: dict[str, float | int | None] = {
        "sale_count": sales,
        "rebill_count": rebills,
        "refund_count": len(refunded),
        "chargeback_count": len(charged_back),
        "refund_rate": ratio(len(refunded), sales + rebills),
        "chargeback_rate": ratio(len(charged_back), sales + rebills),
    }
    return values[metric]


def _verdict(alert: Row, computed: float | Decimal | None) -> str:
    """Compare: rates within half a point, amounts within one percent, counts exactly."""
    claimed = alert["claimed_value"]
    if computed is None or claimed is None:
        return "not_computable"
    if alert["metric"] in RATES:
        difference = abs(float(claimed) / (100 if alert["is_claimed_percent"] else 1) - float(computed))
        return "match" if difference <= float(RATE_TOLERANCE) else "mismatch"
    exact = Decimal(computed)
    allowed = abs(exact) * AMOUNT_TOLERANCE if alert["metric"] in AMOUNTS else Decimal(0)
    return "match" if abs(claimed - exact) <= allowed else "mismatch"
