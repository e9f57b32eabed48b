"""One row of an alert or of a sync."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.second_oracle.aliases import SCOPES
from tests.second_oracle.coercion import BadMoneyError, count_of, flag_of, percentage_of
from tests.second_oracle.instants import day_of, day_start, read_instant
from tests.second_oracle.lookup import first_text, first_value
from tests.second_oracle.rows import AlertRow, SyncRow
from tests.second_oracle.transaction import Context, UnmappedError

COMPARATORS = {
    ">": "gt",
    ">=": "gte",
    "<": "lt",
    "<=": "lte",
    "=": "eq",
    "==": "eq",
    "above": "gt",
    "below": "lt",
}
METRICS = {
    "gross_sale_amount": "gross_sales",
    "net_sale_amount": "net_sales",
    "earnings_per_click": "epc",
    "earnings_per_hop": "epc",
}
PERCENT_WORDS = ("percent", "percentage", "pct", "%")
SYNC_WORDS = {
    **dict.fromkeys(("success", "succeeded", "complete", "completed", "finished", "ok"), "success"),
    **dict.fromkeys(("failed", "failure", "error"), "failed"),
}


def read_alert(data: Mapping[str, Any], context: Context) -> AlertRow:
    """Read a threshold.reached; unit and values stay as told, and a percent sign is a unit too."""
    aliases, zone = context.aliases, context.zone
    metric = first_text(data, aliases["metric"])
    if metric is None:
        raise UnmappedError("no_metric")
    threshold, is_threshold_percent = _value(data, aliases["threshold_value"])
    claimed, is_claimed_percent = _value(data, aliases["claimed_value"])
    if threshold is None and claimed is None:
        raise UnmappedError("no_value")
    unit = first_text(data, aliases["unit"])
    is_sign_shown = is_claimed_percent if claimed is not None else is_threshold_percent
    comparator = first_text(data, aliases["comparator"])
    at = _instant(first_value(data, aliases["alert_at"]), context) or context.created_at
    start = first_value(data, aliases["window_start"])
    end = first_value(data, aliases["window_end"])
    scope_type, scope_value = _scope(data)
    return AlertRow(
        rule=first_text(data, aliases["rule"]),
        rule_name=first_text(data, aliases["rule_name"]),
        metric=_metric(metric),
        comparator=None if comparator is None else COMPARATORS.get(comparator.lower(), comparator.lower()),
        threshold_value=threshold,
        claimed_value=claimed,
        unit=unit or ("percent" if is_sign_shown else None),
        is_percent=(unit or "").lower() in PERCENT_WORDS or is_claimed_percent,
        scope_type=scope_type,
        scope_value=scope_value,
        window_start=None if start is None else read_instant(start, zone).at,
        window_end=None if end is None else _window_end(end, context),
        is_end_a_day=end is not None and read_instant(end, zone).is_day,
        window_days=count_of(first_value(data, aliases["window_days"])),
        at=at,
    )


def _metric(word: str) -> str:
    name = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", word).lower()).strip("_")
    return METRICS.get(name, name)


def _value(data: Mapping[str, Any], keys: tuple[str, ...]) -> tuple[Decimal | None, bool]:
    value = first_value(data, keys)
    if value is None:
        return None, False
    try:
        return percentage_of(value)
    except BadMoneyError as error:
        raise UnmappedError("bad_number") from error


def _scope(data: Mapping[str, Any]) -> tuple[str | None, str | None]:
    if (scope_type := first_text(data, ("scope_type", "scopeType"))) is not None:
        return scope_type.lower(), first_text(data, ("scope_value", "scopeValue"))
    for key, name in SCOPES:
        if (value := first_text(data, (key,))) is not None:
            return name, value
    return None, None


def _instant(value: Any, context: Context) -> datetime | None:
    return None if value is None else read_instant(value, context.zone).at


def _window_end(value: Any, context: Context) -> datetime:
    """Return the end of a window: a bare date is a whole report day, up to its last microsecond."""
    instant = read_instant(value, context.zone)
    if not instant.is_day:
        return instant.at
    next_day = day_of(instant.at, context.zone) + timedelta(days=1)
    return day_start(next_day, context.zone) - timedelta(microseconds=1)


def read_sync(data: Mapping[str, Any], context: Context) -> SyncRow:
    """Read a data.synced; a range that ends at midnight in the report zone ends with the day before."""
    aliases = context.aliases
    records, claims = _claims(data, context)
    source = first_text(data, aliases["source"])
    completed_at = _instant(first_value(data, aliases["completed_at"]), context)
    start, end = (first_value(data, aliases[field]) for field in ("range_start", "range_end"))
    return SyncRow(
        sync_id=first_text(data, aliases["sync_id"]),
        source=source or "clickbank",
        has_source=source is not None,
        status=_sync_status(data, context),
        started_at=_instant(first_value(data, aliases["started_at"]), context),
        at=completed_at or context.created_at,
        is_at_told=completed_at is not None,
        range_start=None if start is None else day_of(read_instant(start, context.zone).at, context.zone),
        range_end=None if end is None else _last_day(end, context),
        records_claimed=records,
        claims=claims,
    )


def _last_day(value: Any, context: Context) -> date:
    instant = read_instant(value, context.zone)
    at = (
        instant.at
        if instant.is_day
        else max(instant.at - timedelta(microseconds=1), datetime.min.replace(tzinfo=UTC))
    )
    return day_of(at, context.zone)


def _claims(data: Mapping[str, Any], context: Context) -> tuple[int | None, frozenset[str]]:
    """Return the claimed number of records; where only counts per type are told, their sum and their types."""
    records = count_of(first_value(data, context.aliases["records"]))
    if records is not None:
        return records, frozenset()
    by_type = {
        kind: count
        for kind in ("sales", "refunds", "chargebacks")
        if (count := count_of(first_value(data, context.aliases[f"{kind}_count"]))) is not None
    }
    return (sum(by_type.values()), frozenset(by_type)) if by_type else (None, frozenset())


def _sync_status(data: Mapping[str, Any], context: Context) -> str:
    """Return success, partial or failed; a sync that says nothing succeeded."""
    word = first_text(data, context.aliases["sync_status"])
    if word is not None:
        return SYNC_WORDS.get(word.lower(), word.lower())
    failed_jobs = count_of(first_value(data, ("failed_job_count", "failedJobCount")))
    is_finished = flag_of(first_value(data, ("is_sync_finished", "isSyncFinished")))
    return "partial" if (failed_jobs or 0) > 0 or is_finished is False else "success"
