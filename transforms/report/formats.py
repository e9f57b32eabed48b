"""Format figures for people: money in its currency, fractions as percent, changes with their sign."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from datetime import date, datetime

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"
NO_CURRENCY = "no currency"

_SYMBOLS = {
    "USD": "$",
    "EUR": "€",
    "GBP": "£",
    "JPY": "¥",
    "CAD": "CA$",
    "AUD": "A$",
    "NZD": "NZ$",
    "INR": "₹",
}
_WITHOUT_MINOR_UNIT = {"CLP", "ISK", "JPY", "KRW", "PYG", "VND"}
# From this amount on, a headline figure leaves out the minor unit.
_LARGE = 10_000
_STEPS = ((1_000_000_000, "bn"), (1_000_000, "m"), (1_000, "k"))


def money(amount: Decimal | None, currency: str | None, *, short: bool = False) -> str:
    """Return an amount as people write it, such as ``$1,234.50``; a dash for none.

    Args:
        amount: The amount.
        currency: ISO 4217; a code without a symbol of its own precedes the figure as it is, None adds nothing.
        short: Leave the minor unit out of large amounts.
    """
    if amount is None:
        return DASH
    is_whole = currency in _WITHOUT_MINOR_UNIT or (short and abs(amount) >= _LARGE)
    rounded = amount.quantize(Decimal(1) if is_whole else Decimal("0.01"), ROUND_HALF_UP)
    return f"{MINUS if rounded < 0 else ''}{_prefix(currency)}{abs(rounded):,}"


def axis_money(amount: float, currency: str | None) -> str:
    """Return a round amount for an axis, such as ``$12k``."""
    size, unit = next(((size, unit) for size, unit in _STEPS if abs(amount) >= size), (1, ""))
    return f"{MINUS if amount < 0 else ''}{_prefix(currency)}{abs(amount) / size:g}{unit}"


def percent(fraction: float | None, digits: int = 1) -> str:
    """Return a rate as percent, such as ``5.0 %``; a dash for none.

    It is rounded down: no rate is ever shown at a limit that it has not reached.
    """
    if fraction is None:
        return DASH
    return f"{_rounded_down(_exact_percent(fraction), digits)}\N{NO-BREAK SPACE}%"


def limit_percent(fraction: float) -> str:
    """Return a limit as percent with every digit it has, such as ``15.0 %`` or ``1.25 %``."""
    return f"{_exact_percent(fraction):.{limit_digits(fraction)}f}\N{NO-BREAK SPACE}%"


def limit_digits(fraction: float) -> int:
    """Return how many decimals a limit has as percent, at least one; with fewer, a rate at it would look lower."""
    return max(1, -int(_exact_percent(fraction).normalize().as_tuple().exponent))


def _exact_percent(fraction: float) -> Decimal:
    """Return the percent that the fraction's shortest decimal says: 0.29 is 29, as a double it is a little less."""
    return Decimal(repr(float(fraction))) * 100


def _rounded_down(value: Decimal, digits: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-digits), ROUND_DOWN)


def count(value: int | None) -> str:
    """Return a whole number with separators of thousands; a dash for none."""
    return DASH if value is None else f"{value:,}"


def plain(value: Decimal | float | None) -> str:
    """Return a figure without a unit, rounded down to four places, without trailing zeros; a dash for none."""
    if value is None:
        return DASH
    exact = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    return f"{_rounded_down(exact, 4):,f}".rstrip("0").rstrip(".")


def signed(value: float, digits: int, unit: str) -> str:
    """Return a change with its sign, such as ``+12.5 %``; one that rounds to nothing has no sign."""
    figure = f"{abs(value):,.{digits}f}"
    sign = "" if float(figure.replace(",", "")) == 0 else (MINUS if value < 0 else "+")
    return f"{sign}{figure}\N{NO-BREAK SPACE}{unit}"


def day(value: date | None, *, with_year: bool = False) -> str:
    """Return a date such as ``3 Nov``, or ``3 Nov 2026``; a dash for none."""
    if value is None:
        return DASH
    return f"{value.day} {value:%b %Y}" if with_year else f"{value.day} {value:%b}"


def full_day(value: date) -> str:
    """Return a date such as ``Tue, 3 Nov 2026``."""
    return f"{value:%a}, {day(value, with_year=True)}"


def instant(value: datetime | None, zone: str) -> str:
    """Return an instant in a zone, such as ``3 Nov 2026, 14:05 PST``; a dash for none."""
    if value is None:
        return DASH
    local = value.astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%b %Y, %H:%M} {local:%Z}"


def hours(value: float | None) -> str:
    """Return a duration in days, hours or minutes, whichever suits its length; a dash for none."""
    if value is None:
        return DASH
    if value >= 48:  # noqa: PLR2004 - two days
        return f"{value / 24:.1f} days"
    return f"{value:.1f} h" if value >= 1 else f"{value * 60:.0f} min"


def ago(seconds: float | None) -> str:
    """Return an age, such as ``5 s``, in seconds up to two minutes; a dash for none."""
    if seconds is None:
        return DASH
    return f"{seconds:.0f} s" if seconds < 120 else hours(seconds / 3600)  # noqa: PLR2004 - two minutes


def _prefix(currency: str | None) -> str:
    if currency is None:
        return ""
    return _SYMBOLS.get(currency, f"{currency}\N{NO-BREAK SPACE}")
