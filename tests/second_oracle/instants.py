"""Instants and report days: each way a sender writes a time, read to UTC."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

CLICKBANK_ZONE = ZoneInfo("America/Los_Angeles")
MILLISECONDS_FROM = Decimal(10**11)  # a greater number counts milliseconds, a smaller one seconds
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST = datetime(1998, 1, 1, tzinfo=UTC)
LATEST_AFTER_RECEIPT = timedelta(hours=48)

_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})|(\d{4})(\d{2})(\d{2})")
_INSTANT = re.compile(
    r"(\d{4})-?(\d{2})-?(\d{2})[T ](\d{2}):?(\d{2})(?::?(\d{2})(?:[.,](\d+))?)?"
    r"\s*(Z|[+-]\d{2}(?::?\d{2})?)?",
    re.IGNORECASE,
)


class BadTimeError(ValueError):
    """A value in a time's place that is no time."""


@dataclass(frozen=True)
class Instant:
    """A UTC instant; `is_day` says that the sender told only a day, whose first moment it is."""

    at: datetime
    is_day: bool = False


def read_instant(value: Any, zone: ZoneInfo) -> Instant:
    """Read ISO 8601 (basic or extended), an epoch in seconds or milliseconds, or a bare day.

    A bare date is that day in the report zone, whichever zone that is. A time without an offset is Pacific.
    """
    if isinstance(value, Decimal):
        return Instant(_from_epoch(value))
    if not isinstance(value, str):
        raise BadTimeError("bad_time")
    text = value.strip()
    try:
        if day := _DAY.fullmatch(text):
            return Instant(day_start(date(*[int(part) for part in day.groups() if part]), zone), is_day=True)
        if parts := _INSTANT.fullmatch(text):
            return Instant(_from_parts(parts))
    except (ValueError, OverflowError) as error:
        raise BadTimeError("bad_time") from error
    if re.fullmatch(r"-?\d+(\.\d+)?", text):
        return Instant(_from_epoch(Decimal(text)))
    raise BadTimeError("bad_time")


def _from_parts(parts: re.Match[str]) -> datetime:
    year, month, day, hour, minute = (int(part) for part in parts.group(1, 2, 3, 4, 5))
    second = int(parts.group(6) or 0)
    microsecond = int((parts.group(7) or "0").ljust(6, "0")[:6])
    zone = CLICKBANK_ZONE if parts.group(8) is None else _offset(parts.group(8).upper())
    return datetime(year, month, day, hour, minute, second, microsecond, tzinfo=zone).astimezone(UTC)


def _offset(text: str) -> timezone:
    if text == "Z":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    distance = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-distance if text[0] == "-" else distance)


def _from_epoch(number: Decimal) -> datetime:
    if not number.is_finite() or abs(number) > 10**15:
        raise BadTimeError("bad_time")
    seconds = number / 1000 if abs(number) >= MILLISECONDS_FROM else number
    try:
        return EPOCH + timedelta(microseconds=int(seconds * 10**6))
    except OverflowError as error:
        raise BadTimeError("bad_time") from error


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """Return the first moment of a report day, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def day_of(at: datetime, zone: ZoneInfo) -> date:
    """Return the report day of an instant."""
    return at.astimezone(zone).date()


def is_plausible(at: datetime, last_received_at: datetime, built_at: datetime | None) -> bool:
    """Refuse a time before 1998 and one more than 48 hours after the latest delivery of the same bytes.

    A delivery received before the release was built comes from a clock that is none, and judges nothing.
    """
    if at < EARLIEST:
        return False
    has_clock = built_at is None or last_received_at >= built_at
    return not has_clock or at <= last_received_at + LATEST_AFTER_RECEIPT
