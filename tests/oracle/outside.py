"""Sum up everything outside the figures: unmapped events, orders without a net, ambiguous reversals."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from tests.oracle.coerce import ZERO
from tests.oracle.items import KINDS, OF_RECEIPTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

    from tests.oracle.facts import Book
    from tests.oracle.identity import Body, Event

Row = dict[str, Any]
Money = tuple["Decimal | None", "str | None"]


def money_of(body: Body) -> Money:
    """Return the amount and the currency of an unmapped body; None where an amount is unknown or currencies differ."""
    kind = KINDS.get(body.event_type or "")
    if kind not in OF_RECEIPTS or not body.things:
        return None, None
    torn = {reason.item_index for reason in body.reasons if reason.code == "parts_disagree"}
    amounts = [
        None if thing.index in torn or kind == "notice" else thing.row[thing.amount_column]
        for thing in body.things
    ]
    currencies = {thing.row["currency"] for thing in body.things}
    if body.has_other_elements:
        amounts.append(None)
        currencies.add(None)
    if len(currencies) > 1:
        return None, None
    known = [amount for amount in amounts if amount is not None]
    return (sum(known, ZERO) if len(known) == len(amounts) else None), currencies.pop()


def outside_the_figures(events: Sequence[Event], book: Book, orders: Sequence[Row]) -> list[Row]:
    """Return one row per kind, reason, event type and currency."""
    groups: defaultdict[tuple[Any, ...], list[Decimal | None]] = defaultdict(list)
    for key, amount in (*_unmapped(events), *_orders(orders), *_ambiguous(book)):
        groups[key].append(amount)
    rows = []
    for (kind, reason, event_type, currency), amounts in groups.items():
        known = [abs(amount) for amount in amounts if amount is not None]
        rows.append(
            {
                "kind": kind,
                "reason": reason,
                "event_type": event_type,
                "currency": currency,
                "event_count": len(amounts),
                "known_amount": sum(known, ZERO) if known else None,
                "unknown_amount_count": len(amounts) - len(known),
            }
        )
    return rows


def _unmapped(events: Sequence[Event]) -> Iterator[tuple[tuple[Any, ...], Decimal | None]]:
    for event in events:
        body = event.winner
        if body.status in {"quarantined", "unhandled"}:
            amount, currency = money_of(body)
            reason = event.reason or ("no event type" if body.event_type is None else "event type")
            yield (body.status, reason, body.event_type, currency), amount


def _orders(orders: Sequence[Row]) -> Iterator[tuple[tuple[Any, ...], Decimal | None]]:
    for row in orders:
        if row["net_amount"] is None:
            is_reversal = row["has_other_currency_reversal"]
            reason = "reversal_in_other_currency" if is_reversal else "payments_in_several_currencies"
            yield ("unknown_net", reason, "sale.created", row["currency"]), row["gross_amount"]


def _ambiguous(book: Book) -> Iterator[tuple[tuple[Any, ...], Decimal | None]]:
    told = (
        ("refund.processed", "refund_amount", book.counted_refunds),
        ("chargeback.received", "chargeback_amount", book.counted_disputes),
    )
    for event_type, column, rows in told:
        for row in rows:
            if row["is_ambiguous"]:
                yield ("ambiguous_receipt", "several_sellers", event_type, row["currency"]), row[column]
