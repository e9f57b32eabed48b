"""The headline figures of a currency, each compared with the previous period of equal length."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from transforms.report.content import Tile
from transforms.report.formats import count, money, percent, signed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transforms.report.figures import Figures, Row

_ZERO = Decimal(0)
_BY_EVENT = "by event date"


def tiles(figures: Figures, currency: str | None, days: int, *, is_comparable: bool) -> tuple[Tile, ...]:
    """Read the headline figures.

    Args:
        figures: The queries of one version.
        currency: ISO 4217; None for the sales without a currency.
        days: The length of the period.
        is_comparable: Whether the tables reach back over the whole of the previous period.
    """
    sales = _pair(figures.rows("totals", currency=currency, days=days))
    orders = _pair(figures.rows("order_totals", currency=currency, days=days))
    rates = _pair(figures.rows("rate_totals", currency=currency, days=days))
    before = [rows[1] if is_comparable else None for rows in (sales, orders, rates)]
    return (
        *(_money(name, key, sales[0], before[0], currency, note) for name, key, note in _SUMS),
        _money("Earnings", "earnings_net", sales[0], before[0], currency, _earnings_note(sales[0])),
        *(_count(name, key, sales[0], before[0], note) for name, key, note in _COUNTS),
        _money(
            "Average order", "average_order_value", orders[0], before[1], currency, "upsells in, rebills out"
        ),
        *(_rate(name, key, part, rates[0], before[2]) for name, key, part in _RATES),
    )


_SUMS = (
    ("Net sales", "net_sales", "gross less refunds and chargebacks"),
    ("Gross sales", "gross_sales", "what customers paid, rebills in"),
)
_COUNTS = (("Sales", "sale_count", "initial sales"), ("Rebills", "rebill_count", "recurring charges"))
_RATES = (
    ("Refund rate", "refund_rate", "refund_count"),
    ("Chargeback rate", "chargeback_rate", "chargeback_count"),
)


def _earnings_note(this: Row) -> str:
    note = "what your accounts received, less take-backs and fees"
    return f"{note}; partly estimated" if this.get("is_earnings_net_estimated") else note


def _pair(rows: Sequence[Row]) -> tuple[Row, Row]:
    by_period = {row["period"]: row for row in rows}
    return by_period.get(0, {}), by_period.get(1, {})


def _money(name: str, key: str, this: Row, before: Row | None, currency: str | None, note: str) -> Tile:
    amount = this.get(key)
    change, tone = _relative(amount, None if before is None else before.get(key))
    return Tile(name, money(amount, currency, short=True), _exact(amount), change, tone, note)


def _count(name: str, key: str, this: Row, before: Row | None, note: str) -> Tile:
    number = this.get(key, 0)
    change, tone = _relative(number, None if before is None else before.get(key))
    return Tile(name, count(number), _exact(number), change, tone, note)


def _rate(name: str, key: str, part: str, this: Row, before: Row | None) -> Tile:
    rate, earlier = this.get(key), None if before is None else before.get(key)
    note = f"{count(this.get(part, 0))} receipts, {_BY_EVENT}"
    digits = 1 if key == "refund_rate" else 2
    change, tone = "", "even"
    if rate is not None and earlier is not None:
        points = (rate - earlier) * 100
        change, tone = signed(points, digits, "points"), _tone(-points)
    return Tile(name, percent(rate, digits), _exact(rate), change, tone, note)


def _relative(value: Decimal | int | None, earlier: Decimal | int | None) -> tuple[str, str]:
    if value is None or not earlier or earlier < _ZERO:
        return "", "even"
    change = float((value - earlier) / earlier) * 100
    return signed(change, 1, "%"), _tone(change)


def _tone(better: float) -> str:
    if abs(better) < 0.05:  # noqa: PLR2004 - a change that rounds to 0.0
        return "even"
    return "good" if better > 0 else "bad"


def _exact(value: object) -> str:
    return "" if value is None else str(value)
