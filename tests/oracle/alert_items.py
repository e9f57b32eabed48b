"""Map a threshold.reached item."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.oracle.aliases import SCOPES, TIME
from tests.oracle.coerce import is_day
from tests.oracle.reader import Reader, first_present

if TYPE_CHECKING:
    from datetime import datetime

Row = dict[str, Any]
_WORD_BREAK = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")
METRIC_NAMES = {
    "gross_sale_amount": "gross_sales",
    "net_sale_amount": "net_sales",
    "earnings_per_click": "epc",
    "earnings_per_hop": "epc",
}
COMPARATORS = {
    "gt": ("gt", ">", "above", "over", "exceeds", "greater_than"),
    "gte": ("gte", ">=", "at_least", "greater_than_or_equal"),
    "lt": ("lt", "<", "below", "under", "less_than"),
    "lte": ("lte", "<=", "at_most", "less_than_or_equal"),
    "eq": ("eq", "=", "==", "equal", "equals"),
}


def alert(reader: Reader, at: datetime | None) -> tuple[Row, tuple[Any, ...]]:
    """Return the alert's row and its key without an event id: rule or metric, scope, window start, time."""
    metric = _metric(reader.text("metric"))
    if metric is None:
        reader.fault("missing_metric", "metric")
    if not reader.has("threshold_value") and not reader.has("current_value"):
        reader.fault("missing_value", "threshold")
    scope_type, scope_value = _scope(reader)
    end = first_present(reader.data, TIME["window_end"])
    reached = first_present(reader.data, TIME["alert"])
    threshold, is_threshold_percent = reader.figure("threshold_value")
    claimed, is_claimed_percent = reader.figure("current_value")
    unit = reader.text("unit")
    is_percent_shown = is_claimed_percent if reader.has("current_value") else is_threshold_percent
    row = {
        "reached_at": at,
        "metric": metric,
        "comparator": _comparator(reader.lower("comparator")),
        "threshold_value": threshold,
        "claimed_value": claimed,
        "unit": unit or ("percent" if is_percent_shown else None),
        "is_claimed_percent": is_claimed_percent or _is_percent(unit or ""),
        "scope_type": scope_type,
        "scope_value": scope_value,
        "window_start": reader.instant("window_start"),
        "window_end": reader.instant("window_end"),
        "is_window_end_day": end is not None and is_day(end.text),
        "is_reached_day": reached is not None and is_day(reached.text),
        "window_days": _count(reader, "window_days", 36_500),
        "window_length": _length(reader),
        "currency": _currency(reader.upper("alert_currency")),
    }
    rule = reader.text("rule_id")
    about = ("rule", rule) if rule is not None else ("metric", metric)
    return row, (about, scope_type, scope_value, row["window_start"], at)


def _metric(written: str | None) -> str | None:
    """Return the metric in snake_case, under our own column's name where we have one."""
    if written is None:
        return None
    snake = _WORD_BREAK.sub("_", written).lower().strip("_")
    return METRIC_NAMES.get(snake, snake) or None


def _length(reader: Reader) -> timedelta | None:
    """Return the length of the window from its hours, else from its minutes."""
    hours = _count(reader, "window_hours", 876_000)
    minutes = _count(reader, "window_minutes", 52_560_000)
    if hours is not None:
        return timedelta(hours=hours)
    return None if minutes is None else timedelta(minutes=minutes)


def _count(reader: Reader, name: str, most: int) -> int | None:
    """Return a length of at least one and at most a century; any other is a sender's mistake."""
    found = reader.whole(name)
    return found if found is not None and 1 <= found <= most else None


def _is_percent(unit: str) -> bool:
    letters = "".join(re.findall("[A-Za-z0-9]+", unit)).lower()
    return unit == "%" or letters in {"percent", "percentage", "percents", "pct"}


def _comparator(written: str | None) -> str | None:
    return next((name for name, words in COMPARATORS.items() if written in words), None)


def _scope(reader: Reader) -> tuple[str | None, str | None]:
    """Return the scope that the alert names outright, else the first of the known scope keys; the value verbatim."""
    keyed = {name: found.text for name, keys in SCOPES.items() if (found := first_present(reader.data, keys))}
    scope_type, scope_value = reader.lower("scope_type"), reader.text("scope_value")
    if scope_type == "campaign_id":
        scope_type = "campaign"
    if scope_type is None:
        scope_type = next(iter(keyed), None)
    return scope_type, keyed.get(scope_type or "") if scope_value is None else scope_value


def _currency(code: str | None) -> str | None:
    return code if code is not None and re.fullmatch(r"[A-Z]{3}", code) else None
