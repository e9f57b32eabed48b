"""Join what several sources tell of one thing: each group of fields is that of the best source that tells it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.oracle.coerce import date_in
from tests.oracle.items import TRANSACTIONS
from tests.oracle.lines import amount_lines, price_synthetic_line
from tests.oracle.parts import restated
from tests.oracle.sources import rank

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from zoneinfo import ZoneInfo

    from tests.oracle.tellings import Telling

Row = dict[str, Any]
_TOLD_BY_ANY = (
    *("vendor", "affiliate", "root_receipt", "upsell_original_receipt", "payment_method", "country"),
    *("tracking_id", "customer_currency", "refund_id", "chargeback_id", "refund_type", "original_sold_at"),
)
_TIMES = ("sold_at", "refunded_at", "charged_back_at", "is_day", "is_naive", "is_time_said")


def share_all(tellings: Iterable[Telling], zone: ZoneInfo) -> None:
    """Give every telling of a transaction the fields that the facts take of all its sources."""
    things: defaultdict[Any, list[Telling]] = defaultdict(list)
    for each in tellings:
        if each.kind in TRANSACTIONS:
            things[each.kind, each.key].append(each)
    for thing in things.values():
        sources = sorted({each.body.told_by for each in thing})
        for each in thing:
            each.told_count, each.sources = len(thing), ",".join(sources)
        if len(sources) > 1:
            _share(thing, zone)
    _name_currencies(things)


def _name_currencies(things: dict[Any, list[Telling]]) -> None:
    """Give a reversal that names no currency that of its sale, where its own source tells the sale next to others."""
    own: defaultdict[Any, set[str]] = defaultdict(set)
    for each in _shared_sales(things):
        own[each.row["receipt"], each.seller, each.body.told_by] |= {each.row["currency"]} - {None}
    for each in (each for (kind, _), thing in things.items() if kind != "sale" for each in thing):
        currency = min(own[each.row["receipt"], each.seller, each.body.told_by], default=None)
        if each.row["currency"] is None and currency is not None:
            more = {"currency": currency} | restated(each.row, currency)
            each.item = replace(each.item, row=each.row | more)


def _shared_sales(things: dict[Any, list[Telling]]) -> list[Telling]:
    told = [_spokesmen(thing) for (kind, _), thing in things.items() if kind == "sale"]
    return [each for best in told if len(best) > 1 for each in best]


def _spokesmen(thing: Sequence[Telling]) -> list[Telling]:
    """Return the telling that speaks for each source, the best source first."""
    told: dict[str, Telling] = {}
    for each in thing:
        source = each.body.told_by
        if source not in told or each.seniority > told[source].seniority:
            told[source] = each
    return sorted(told.values(), key=_place)


def _place(each: Telling) -> tuple[Any, ...]:
    created, sha = each.body.seniority
    return (rank(each.body.told_by), -created.timestamp(), _descending(sha))


def _descending(sha: str) -> int:
    return -int(sha, 16)


def _precedence(each: Telling) -> int:
    lacks_amount = each.row[each.item.amount_column] is None
    return 100 * lacks_amount + 10 * each.is_other_currency + rank(each.body.told_by)


def _share(thing: Sequence[Telling], zone: ZoneInfo) -> None:
    best = _spokesmen(thing)
    precedence = {each.body.told_by: _precedence(each) for each in best}
    money = min(best, key=_precedence)
    more = _first_told(best, _TOLD_BY_ANY)
    timed = min(
        best, key=lambda each: (each.row["is_day"], each.row["is_naive"], not each.row["is_time_said"])
    )
    more |= {name: timed.row[name] for name in _TIMES if name in timed.row} | {"occurred_at": timed.at}
    exact = [each for each in best if not each.row.get("assumed_units")]
    amounts = _first_told(exact, ("account_amount", "fee_amount"))
    if "kind" in best[0].row:
        more["kind"] = min(best, key=lambda each: each.row["said_type"] is None).row["kind"]
    listed = min(best, key=lambda each: (not _has_prices(each, money), not _has_lines(each)))
    for each in thing:
        each.precedence = precedence[each.body.told_by]
    owner = max(thing, key=lambda each: each.seniority)
    row = owner.row | more
    row |= {name: value for name, value in amounts.items() if row[name] is None or owner.kind == "sale"}
    row |= {"lines": [dict(line) for line in listed.row["lines"]], "item_nos": listed.row["item_nos"]}
    if owner.kind == "sale" and (row["lines"][0]["is_synthetic"] or listed is not money):
        price_synthetic_line(row)
        amount_lines(row)
    own = [(each.body.told_by, _compared(each, each.row | {"occurred_at": each.at}, zone)) for each in best]
    fact = _compared(owner, {**row, "occurred_at": row["occurred_at"]}, zone)
    owner.differences = tuple(_differences(fact, own))
    owner.item = replace(owner.item, row=row)


def _compared(each: Telling, row: Row, zone: ZoneInfo) -> dict[str, str | None]:
    """Return the fields in which sources may disagree, as text."""
    values = {
        "amount": each.amount,
        "currency": row["currency"] if each.kind == "sale" else each.own_currency,
        "account_amount": row["account_amount"],
        "affiliate": row["affiliate"],
        "day": date_in(row["occurred_at"], zone),
    }
    return {name: None if value is None else str(value) for name, value in values.items()}


def _differences(
    fact: dict[str, str | None], own: Iterable[tuple[str, dict[str, str | None]]]
) -> Iterator[tuple[str, ...]]:
    for source, told in own:
        currencies = {fact["currency"], told["currency"]} - {None}
        for name, value in told.items():
            known = fact[name]
            is_comparable = name != "amount" or len(currencies) < 2
            if known is not None and value is not None and known != value and is_comparable:
                yield (name, source, known, value)


def _first_told(best: Sequence[Telling], names: Iterable[str]) -> Row:
    told: Row = {}
    for name in names:
        values = [each.row[name] for each in best if each.row.get(name) is not None]
        told |= {name: values[0]} if values else {}
    return told


def _has_prices(each: Telling, money: Telling) -> bool:
    lines = each.row["lines"]
    is_priced = not lines[0]["is_synthetic"] and None not in [line["price_amount"] for line in lines]
    return each.kind == "sale" and is_priced and each.row["currency"] == money.row["currency"]


def _has_lines(each: Telling) -> bool:
    first = each.row["lines"][0]
    return not first["is_synthetic"] or first["item_no"] is not None or first["title"] is not None
