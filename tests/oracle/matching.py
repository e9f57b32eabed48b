"""Find which refunds and chargebacks of a receipt several sources tell: each reversal counts once.

Within seller, role, payment and kind, two tellings of different sources are matched, the nearest first: with one id; of
the same share of their own source's gross within 15 minutes; of the same share on one day, where a source tells only a
day or no zone; of the same share where both would take back more than the gross. Two things that one source tells stay
two.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING, Any

from tests.oracle.coerce import PACIFIC, UTC, date_in, round_money
from tests.oracle.roles import role_rank
from tests.oracle.sources import rank

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from tests.oracle.tellings import Telling

CENT = Decimal("0.01")
NEAR = timedelta(minutes=15)
NEVER = timedelta(0)
BY_OVERDRAFT = 4


@dataclass
class Gross:
    """The price of a payment, as one source tells it."""

    source: str
    sold_at: datetime
    amount: Decimal | None
    currency: str | None


@dataclass
class Side:
    """A reversal as one source tells it, with the gross that its amount is a part of."""

    telling: Telling
    currency: str | None
    gross: Decimal | None
    share: Decimal | None
    payment_gross: Decimal | None
    thing: Any

    @property
    def source(self) -> str:
        return self.telling.body.told_by


def match_reversals(group: Sequence[Telling], kind: str, zone: ZoneInfo) -> None:
    """Give the tellings of one reversal one key, and mark those in another currency than their payment's gross."""
    reversals = [each for each in group if each.kind == kind]
    if len({each.body.told_by for each in reversals}) < 2:
        return
    payments = _payments([each for each in _spokesmen(group) if each.kind == "sale"])
    sides: defaultdict[Any, list[Side]] = defaultdict(list)
    spoken = [each for each in _spokesmen(group) if each.kind == kind]
    for each in spoken:
        payment = _payment_of(each, [other for other in spoken if other.key == each.key], payments)
        side = _side(each, payments.get(payment, []))
        status = each.row["status"] if kind == "chargeback" else None
        sides[each.seller, each.row["role"], payment, status].append(side)
        first = _first_gross(payments.get(payment, []))
        is_other = None not in (first and first.currency, side.currency) and first.currency != side.currency
        for telling in reversals:
            if (telling.key, telling.body.told_by) == (each.key, each.body.told_by):
                telling.is_other_currency, telling.own_currency = is_other, side.currency
    names = {}
    for together in sides.values():
        _match(together, zone)
        names |= {side.telling.key: side.thing for side in together}
    for each in reversals:
        each.key = names.get(each.key, each.key)


def _spokesmen(group: Iterable[Telling]) -> list[Telling]:
    """Return the telling that speaks for each thing in each source."""
    told: dict[Any, Telling] = {}
    for each in group:
        if each.item.unhandled is None:
            name = (each.kind, each.key, each.body.told_by)
            if name not in told or each.seniority > told[name].seniority:
                told[name] = each
    return list(told.values())


def _payments(sales: Iterable[Telling]) -> dict[Any, list[Gross]]:
    told: defaultdict[Any, defaultdict[str, list[Telling]]] = defaultdict(lambda: defaultdict(list))
    for each in sales:
        told[each.seller, each.key[-1]][each.body.told_by].append(each)
    payments = {}
    for payment, by_source in told.items():
        payments[payment] = []
        for source, tellings in by_source.items():
            first = min(
                tellings, key=lambda each: (each.amount is None, role_rank(each.row["role"]), each.body.sha)
            )
            sold_at = min(each.at for each in tellings)
            payments[payment].append(Gross(source, sold_at, first.amount, first.row["currency"]))
    return payments


def _first_gross(told: Sequence[Gross]) -> Gross | None:
    return min(told, key=lambda each: (each.amount is None, rank(each.source), each.source), default=None)


def _payment_of(each: Telling, same: Sequence[Telling], payments: dict[Any, list[Gross]]) -> Any:
    """Return the latest payment of the seller's receipt at or before the reversal, else the earliest."""
    day = timedelta(days=1) if any(other.row["is_day"] for other in same) else NEVER
    at = min(other.at for other in same) + day
    times = {
        name: min(told.sold_at for told in payments[name]) for name in payments if name[0] == each.seller
    }
    before = {name: time for name, time in times.items() if time <= at}
    if not times:
        return None
    time = max(before.values()) if before else min(times.values())
    return min((name for name in times if times[name] == time), key=str)


def _side(each: Telling, told: Sequence[Gross]) -> Side:
    said = each.row["currency"]
    fitting = [gross for gross in told if None in (said, gross.currency) or gross.currency == said]
    own = min(
        fitting,
        key=lambda gross: (
            gross.amount is None,
            gross.source != each.body.told_by,
            rank(gross.source),
            gross.source,
        ),
        default=None,
    )
    first = _first_gross(told)
    gross = own.amount if own is not None else None
    whole = first.amount if first is not None else None
    share = None
    if each.amount is not None and gross and whole:
        share = _rounded(Fraction(whole) * Fraction(each.amount) / Fraction(gross))
    return Side(each, said or (own.currency if own is not None else None), gross, share, whole, each.key)


def _rounded(value: Fraction) -> Decimal:
    """Return a positive amount with four places, halves rounded up."""
    units = (value * 10_000 * 2 + 1) // 2
    return round_money(Decimal(int(units)) / 10_000)


def _match(sides: Sequence[Side], zone: ZoneInfo) -> None:
    pairs = []
    for pair in combinations(sides, 2):
        one, other = sorted(pair, key=lambda side: side.source)
        step = _step(one, other, zone)
        if one.source != other.source and step is not None:
            names = [name for side in (one, other) for name in (side.source, side.telling.body.sha)]
            places = (one.telling.item.index, other.telling.item.index)
            order = (step, abs(one.telling.at - other.telling.at), names[::2], names[1::2], places)
            pairs.append((order, one, other))
    pairs.sort(key=lambda pair: pair[0])
    while (
        found := next(((a, b) for order, a, b in pairs if _is_open(order[0], a, b, sides)), None)
    ) is not None:
        one, other = found
        replaced = other.thing
        for side in sides:
            if side.thing == replaced:
                side.thing = one.thing


def _is_open(step: int, one: Side, other: Side, sides: Sequence[Side]) -> bool:
    sources = [{side.source for side in sides if side.thing == each.thing} for each in (one, other)]
    if one.thing == other.thing or sources[0] & sources[1]:
        return False
    if step < BY_OVERDRAFT:
        return True
    shares: defaultdict[Any, list[Decimal]] = defaultdict(list)
    for side in sides:
        if side.share is not None:
            shares[side.thing].append(side.share)
    taken = sum((min(told) for told in shares.values()), Decimal(0))
    return one.payment_gross is not None and taken > one.payment_gross + CENT


def _step(one: Side, other: Side, zone: ZoneInfo) -> int | None:
    """Return the first rule by which two tellings may be one reversal."""
    first, second = one.telling, other.telling
    said = first.row[f"{first.kind}_id"]
    if said is not None and said == second.row[f"{second.kind}_id"]:
        return 1
    if not _have_same_share(one, other):
        return None
    if set(first.items) <= set(second.items) or set(second.items) <= set(first.items):
        if abs(first.at - second.at) <= NEAR:
            return 2
        is_doubtful = any(each.row["is_day"] or each.row["is_naive"] for each in (first, second))
        if is_doubtful and _days(first, zone) & _days(second, zone):
            return 3
    return BY_OVERDRAFT


def _have_same_share(one: Side, other: Side) -> bool:
    is_one_currency = None in (one.currency, other.currency) or one.currency == other.currency
    if one.telling.amount == other.telling.amount and is_one_currency:
        return True
    if (one.currency, one.gross) == (other.currency, other.gross) or None in (one.share, other.share):
        return False
    return abs(one.share - other.share) * 200 <= one.payment_gross  # type: ignore[operator]


def _days(each: Telling, zone: ZoneInfo) -> set[date]:
    if each.row["is_day"]:
        return {date_in(each.at, zone)}
    return {date_in(each.at, PACIFIC), each.at.astimezone(UTC).date()}
