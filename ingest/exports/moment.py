"""The instants of exports: a text that two people may read as two days is refused, never guessed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

PACIFIC: Final = ZoneInfo("America/Los_Angeles")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_TEXT = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.]\d+)?)?(Z|[+-]\d{2}:?\d{2})?|\d{8}T\d{6}(Z|[+-]\d{4})?"
)
_NUMBER = re.compile(r"\d{9,10}|\d{12,13}")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(:\d{2}(?:[.]\d+)?)?\s*([AaPp][Mm])?")
_NOON = 12


class Moment(NamedTuple):
    """When something happened.

    Attributes:
        text: An instant in UTC, or a day.
        instant: The instant; of a day its begin in Pacific time.
    """

    text: str
    instant: datetime


def moment_of(text: str) -> Moment:
    """Read a day, an instant or epoch seconds; a time without an offset is Pacific, as the models read it.

    Raises:
        ValueError: It is none of them.
    """
    if _NUMBER.fullmatch(text):
        scale = 1000 if len(text) > len("9999999999") else 1
        return _moment(_EPOCH + timedelta(milliseconds=int(text) * (1000 // scale)))
    if _DAY.fullmatch(text):
        return Moment(text, datetime.fromisoformat(text).replace(tzinfo=PACIFIC))
    if not _TEXT.fullmatch(text):
        raise ValueError(text)
    read = datetime.fromisoformat(text)
    return _moment(read if read.tzinfo else read.replace(tzinfo=PACIFIC))


def report_time(day: str | None, time: str | None) -> str | None:
    """Return the time of a report's row without an offset: its digits are Pacific, also behind ``+00:00``.

    The date next to it decides: an offset is a true one only where it leads to that day and the digits do not.

    Raises:
        ValueError: The two contradict each other, or one cannot be read.
    """
    if day is None or time is None:
        return time if time is None or not _TEXT.fullmatch(time) else _digits(time)
    if not _DAY.fullmatch(day):
        day = moment_of(day).instant.astimezone(PACIFIC).date().isoformat()
    if not _TEXT.fullmatch(time):
        return f"{day}T{_clock(time)}"
    digits = _digits(time)
    if digits.startswith(day):
        return digits
    zoned = moment_of(time).instant.astimezone(PACIFIC)
    if zoned.date().isoformat() == day:
        return zoned.replace(tzinfo=None).isoformat()
    raise ValueError(f"{day} and {time}")


def _moment(instant: datetime) -> Moment:
    utc = instant.astimezone(UTC)
    return Moment(utc.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), utc)


def _digits(text: str) -> str:
    return datetime.fromisoformat(text).replace(tzinfo=None).isoformat()


def _clock(text: str) -> str:
    """Return a time of the day with 24 hours."""
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise ValueError(text)
    hour, half = int(match[1]), (match[4] or "").lower()
    if half:
        if not 1 <= hour <= _NOON:
            raise ValueError(text)
        hour = hour % _NOON + (_NOON if half == "pm" else 0)
    clock = f"{hour:02}:{match[2]}{match[3] or ':00'}"
    return datetime.fromisoformat(f"2000-01-01T{clock}").time().isoformat()
