"""Read one scalar of a body as text, money, a whole number, a truth value or an instant.

Every other reading starts from `text`: a value without text is absent.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle.parse import JsonNumber

PACIFIC = ZoneInfo("America/Los_Angeles")
ZERO = Decimal("0.0000")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
YEARS = range(100, 9900)
_ASCII_SPACE = " \t\n\r\x0c"
_ABSENT = frozenset({"", "null", "N/A"})
_SIGN = r"(?:[+-]?\$?|\$[+-])"
_GROUPED = re.compile(_SIGN + r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_PLAIN = re.compile(_SIGN + r"[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]{1,3})?")
_INTEGER_DIGITS = 11  # so that a thousand of the greatest amounts still fit DECIMAL(18,4)
_WHOLE = re.compile(r"([+-]?[0-9]{1,18})(?:\.0+)?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_BASIC = re.compile(
    r"(?P<Y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})T"
    r"(?P<H>[0-9]{2})(?P<M>[0-9]{2})(?P<S>[0-9]{2})(?:\.(?P<f>[0-9]+))?"
    r"(?P<z> ?(?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?))?"
)
_EXTENDED = re.compile(
    r"(?P<Y>[0-9]{4})-(?P<m>[0-9]{2})-(?P<d>[0-9]{2})"
    r"(?:[T ](?P<H>[0-9]{2}):(?P<M>[0-9]{2})(?::(?P<S>[0-9]{2})(?:\.(?P<f>[0-9]+))?)?"
    r"(?P<z> ?(?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?))?)?"
)
_PLACES = {
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX"), 0),
    **dict.fromkeys(("UYI", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
_EPOCH_NUMBER = re.compile(r"([0-9]+)(?:\.([0-9]+))?")
_SECONDS_DIGITS = (9, 10)
_MILLISECONDS_DIGITS = (12, 13)


def text(value: Any) -> str | None:
    """Return a scalar's trimmed text; None when it is absent (null, blank, "null", "N/A", a container)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, JsonNumber):
        return value.text
    if isinstance(value, str):
        trimmed = value.strip(_ASCII_SPACE)
        return None if trimmed in _ABSENT else trimmed
    return None


def round_money(value: Decimal) -> Decimal:
    """Round to 4 places, half away from zero; zero has no sign."""
    return value.quantize(ZERO, ROUND_HALF_UP) + ZERO


def money(written: str, *, places: int = 0) -> Decimal | None:
    """Return an amount; None when it is not one or does not fit DECIMAL(18,4).

    An amount in minor units is read as any other, then shifted by the decimal places of its currency.
    """
    if not (_GROUPED.fullmatch(written) or _PLAIN.fullmatch(written)):
        return None
    sign, digits, exponent = Decimal(written.replace("$", "").replace(",", "")).as_tuple()
    assert isinstance(exponent, int)
    exact = Decimal((sign, digits, exponent))
    if exact and exact.adjusted() >= _INTEGER_DIGITS:
        return None
    rounded = round_money(exact)
    if rounded.adjusted() >= _INTEGER_DIGITS:
        return None
    return round_money(rounded.scaleb(-places))


def in_currency(amount: Decimal | None, currency: str | None) -> Decimal | None:
    """Return an amount in minor units that was read with two places as one of the currency that it is of."""
    return None if amount is None else round_money(amount.scaleb(2 - places_of(currency)))


def places_of(currency: str | None) -> int:
    """Return how many decimal places ISO 4217 gives a currency; two where it is unknown."""
    return _PLACES.get(currency or "", 2)


def whole(written: str) -> int | None:
    """Return a whole number; None when the text is none."""
    match = _WHOLE.fullmatch(written)
    return int(match[1]) if match else None


def is_day(written: str) -> bool:
    """Return whether a text is a bare date."""
    return _DAY.fullmatch(written) is not None


def is_naive(written: str) -> bool:
    """Return whether a text is a time without an offset."""
    match = _BASIC.fullmatch(written) or _EXTENDED.fullmatch(written)
    return match is not None and match["z"] is None


def is_true(written: str) -> bool:
    """Return whether a text means true."""
    return written.lower() in {"true", "1", "y", "yes"}


def is_false(written: str) -> bool:
    """Return whether a text means false."""
    return written.lower() in {"false", "0", "n", "no"}


def instant(written: str, zone: ZoneInfo = PACIFIC) -> datetime | None:
    """Return the instant in UTC; None when the text is not one of the accepted forms.

    Without an offset it is Pacific: the earlier instant of an ambiguous local time, and the offset before the
    gap for a local time that does not exist. A date alone is its midnight in the report zone. 24:00:00 is the next
    midnight.
    """
    match = _BASIC.fullmatch(written) or _EXTENDED.fullmatch(written)
    if match is None:
        return _epoch(written)
    try:
        return _from_parts(match, zone if is_day(written) else PACIFIC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def day(written: str, zone: ZoneInfo) -> date | None:
    """Return a calendar date: a bare date unchanged, an instant as its date in the report zone."""
    if _DAY.fullmatch(written):
        try:
            found = date.fromisoformat(written)
        except ValueError:
            return None
        return found if found.year in YEARS else None
    at = instant(written, zone)
    return None if at is None else date_in(at, zone)


def midnight(of: date, zone: ZoneInfo) -> datetime:
    """Return the instant at which a day begins in the report zone."""
    return datetime(of.year, of.month, of.day, tzinfo=zone).astimezone(UTC)


def date_in(at: datetime, zone: ZoneInfo) -> date:
    """Return the report-zone date of an instant."""
    return at.astimezone(zone).date()


def _from_parts(match: re.Match[str], zone: ZoneInfo) -> datetime:
    year, month, of_month = int(match["Y"]), int(match["m"]), int(match["d"])
    if year not in YEARS:
        raise ValueError(year)
    hour, minute, second = int(match["H"] or 0), int(match["M"] or 0), int(match["S"] or 0)
    microsecond = int((match["f"] or "0").ljust(6, "0")[:6])
    is_midnight = (hour, minute, second, microsecond) == (24, 0, 0, 0)
    day_of = datetime(year, month, of_month) + timedelta(days=int(is_midnight))  # noqa: DTZ001 - the offset follows
    hour = 0 if is_midnight else hour
    return day_of.replace(
        hour=hour, minute=minute, second=second, microsecond=microsecond, tzinfo=_offset(match["z"], zone)
    )


def _offset(written: str | None, zone: ZoneInfo) -> timezone | ZoneInfo:
    if not written:
        return zone
    written = written.strip()
    if written in {"Z", "z"}:
        return UTC
    digits = written[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 23 or minutes > 59:
        raise ValueError(written)
    ahead = timedelta(hours=hours, minutes=minutes)
    return timezone(-ahead if written[0] == "-" else ahead)


def _epoch(written: str) -> datetime | None:
    """Read epoch seconds (9 or 10 integer digits) or milliseconds (12 or 13), cut to microseconds."""
    match = _EPOCH_NUMBER.fullmatch(written)
    if match is None:
        return None
    integer, fraction = match[1], match[2] or ""
    if len(integer) in _SECONDS_DIGITS:
        places = 6
    elif len(integer) in _MILLISECONDS_DIGITS:
        places = 3
    else:
        return None
    return EPOCH + timedelta(microseconds=int(integer + fraction.ljust(places, "0")[:places]))
