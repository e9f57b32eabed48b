"""Text, money, flags and counts from decoded JSON."""

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

NULL_WORDS = ("", "null", "n/a")
TRUE_WORDS = ("true", "1", "y", "yes")
FALSE_WORDS = ("false", "0", "n", "no")
CENT = Decimal("0.0001")
MONEY_LIMIT = Decimal(10**14)  # DECIMAL(18,4) holds less
NO_MINOR_UNIT = (
    *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"),
    *("RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"),
)
THREE_DIGITS = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
FOUR_DIGITS = ("CLF", "UYW")

_PLAIN = re.compile(r"(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_GROUPED = re.compile(r"[1-9]\d{0,2}(,\d{3})+(\.\d+)?")


class BadMoneyError(ValueError):
    """A value in an amount's place that is no amount."""


def is_null(value: Any) -> bool:
    """Tell whether a value says nothing: null, a blank, `null`, `N/A`, or the Orders API's `{"@nil": ...}`."""
    if isinstance(value, dict):
        return "@nil" in value
    if isinstance(value, str):
        return value.strip().lower() in NULL_WORDS
    return value is None


def text_of(value: Any) -> str | None:
    """Return a scalar as trimmed text; a flag, an object and a list are no text."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() and abs(value.adjusted()) < 40 else str(value)
    return None


def flag_of(value: Any) -> bool | None:
    """Return a flag told as true, "true", "1" or "Y" (or their opposites), else None."""
    if isinstance(value, bool):
        return value
    word = (text_of(value) or "").lower()
    if word in TRUE_WORDS:
        return True
    return False if word in FALSE_WORDS else None


def number_of(value: Any) -> Decimal:
    """Read an exact number from a JSON number, or from text with a sign, a dollar sign or grouped thousands.

    A comma groups thousands only: three digits a group and no leading zero, so `0,075` is no number.
    """
    if isinstance(value, Decimal) and value.is_finite():
        return value
    text = text_of(value)
    if text is None or isinstance(value, Decimal):
        raise BadMoneyError("bad_money")
    sign = -1 if text.replace("$", "").startswith("-") else 1
    digits = re.sub(r"^(?:\$[+-]?|[+-]?\$?)\s*", "", text)
    if not (_PLAIN.fullmatch(digits) or _GROUPED.fullmatch(digits)):
        raise BadMoneyError("bad_money")
    return sign * Decimal(digits.replace(",", ""))


def percentage_of(value: Any) -> tuple[Decimal, bool]:
    """Read a number that may end in a percent sign: "50%" is 50, and percent."""
    if isinstance(value, str) and value.strip().endswith("%"):
        return number_of(value.strip().removesuffix("%").strip()), True
    return number_of(value), False


def money_of(value: Any) -> Decimal:
    """Read an amount to the four decimals that are stored."""
    number = number_of(value)
    if abs(number) >= MONEY_LIMIT:
        raise BadMoneyError("bad_money")
    return number.quantize(CENT, rounding=ROUND_HALF_UP)


def from_minor_units(value: Any, currency: str | None) -> Decimal:
    """Read an amount told in minor units, as many to one as ISO 4217 says: JPY has none, TND has 1000."""
    digits = 2
    if currency in NO_MINOR_UNIT:
        digits = 0
    elif currency in THREE_DIGITS:
        digits = 3
    elif currency in FOUR_DIGITS:
        digits = 4
    return money_of(number_of(value) / Decimal(10) ** digits)


def count_of(value: Any) -> int | None:
    """Return a whole number, else None."""
    try:
        number = number_of(value)
    except BadMoneyError:
        return None
    return int(number) if number == number.to_integral_value() and abs(number) < MONEY_LIMIT else None
