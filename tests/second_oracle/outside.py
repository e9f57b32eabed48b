"""Everything that stands outside the figures, and the money that it tells.

Quarantined and unhandled events are in no figure; an order whose net is unknown is left out of sums over orders; a
reversal whose receipt several sellers have belongs to none of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from tests.second_oracle.history import UNDECIDED, History, Table
from tests.second_oracle.identity import Event
from tests.second_oracle.rows import ToldMoney


@dataclass(frozen=True)
class _Left:
    """One event or order outside the figures."""

    kind: str
    event_type: str | None
    money: ToldMoney


def outside_table(events: list[Event], orders: Table, history: History) -> Table:
    """Return one row per kind, event type and currency; over all currencies where that of some event is undecided."""
    left = [*_unmapped(events), *_orders(orders), *_ambiguous(history)]
    undecided = {(one.kind, one.event_type) for one in left if not one.money.is_decided}
    groups: dict[tuple[object, ...], list[_Left]] = {}
    for one in left:
        name = (one.kind, one.event_type)
        groups.setdefault((*name, UNDECIDED if name in undecided else one.money.currency), []).append(one)
    return [_row(group, currency) for (_, _, currency), group in groups.items()]


def _row(group: list[_Left], currency: object) -> dict[str, object]:
    known = [abs(one.money.amount) for one in group if one.money.amount is not None]
    is_decided = currency is not UNDECIDED
    return {
        "kind": group[0].kind,
        "event_type": group[0].event_type,
        "currency": currency,
        "event_count": len(group),
        "known_amount": (sum(known, Decimal(0)) if known else None) if is_decided else UNDECIDED,
        "unknown_amount_count": len(group) - len(known) if is_decided else UNDECIDED,
    }


def _unmapped(events: list[Event]) -> Iterator[_Left]:
    for event in events:
        status = event.winner.status
        if not event.has_fact and status != "test":
            kind = "quarantined" if status == "quarantined" else "unhandled"
            yield _Left(kind, event.winner.event_type, event.winner.money)


def _orders(orders: Table) -> Iterator[_Left]:
    for order in orders:
        if order["net_amount"] is None:
            yield _Left("unknown_net", "sale.created", ToldMoney(order["gross_amount"], order["currency"]))  # type: ignore[arg-type]


def _ambiguous(history: History) -> Iterator[_Left]:
    for one in (*history.counted_refunds, *history.counted_chargebacks):
        if one.ambiguity is not None:
            yield _Left("ambiguous_receipt", one.row.event_type, ToldMoney(one.row.amount, one.currency))
