"""Refunds and chargebacks, each linked to the payment that it takes back."""

import json
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from tests.second_oracle.disputes import Dispute, Notice, disputes_of
from tests.second_oracle.identity import Telling
from tests.second_oracle.instants import day_of
from tests.second_oracle.rows import MoneyRow
from tests.second_oracle.sales import Sale, payments_of, same_receipt
from tests.second_oracle.transaction import in_currency
from tests.second_oracle.transaction_types import role_rank


@dataclass(frozen=True)
class Reversal:
    """One refund or dispute as one role tells it.

    `sale` is the counted telling of the payment it takes back, `telling` the same payment as the reversal's
    own role tells it; both None for an orphan. `root_sale` is a sale of the root receipt, where only that is
    known.
    """

    event_key: str
    item_index: int
    row: MoneyRow
    seller: str | None
    ambiguity: str | None
    happened_at: datetime
    happened_date: date
    sale: Sale | None
    telling: Sale | None
    root_sale: Sale | None
    is_counted: bool = False
    is_money: bool = True  # a notice of a dispute that another notice stands for takes nothing back
    is_overturned: bool = False

    @property
    def vendor(self) -> str | None:
        """Return the vendor of the linked sale, whatever the reversal says."""
        return self.seller

    @property
    def affiliate(self) -> str | None:
        """Return the affiliate of the linked sale, whatever the reversal says; an orphan's is its own."""
        if self.sale is not None:
            return self.sale.row.affiliate
        if self.row.affiliate is None and self.root_sale is not None:
            return self.root_sale.row.affiliate
        return self.row.affiliate

    @property
    def currency(self) -> str | None:
        """Return the told currency, else that of the linked sale or of the root receipt's."""
        known = self.telling or self.root_sale
        return self.row.currency or (known.row.currency if known else None)

    @property
    def sold_date(self) -> date | None:
        """Return the day of the linked sale, or of the sale that an orphan tells."""
        return self.telling.sold_date if self.telling else None


def is_another(one: str | None, other: str | None) -> bool:
    """Tell whether two currencies contradict each other: one that is not told contradicts nothing."""
    return one is not None and other is not None and one != other


def refunds_of(tellings: list[Telling], sales: list[Sale], zone: ZoneInfo) -> list[Reversal]:
    """Return the refunds that took something back; of several tellings of one the latest decides."""
    refunds = []
    for telling in tellings:
        row = telling.winner.row
        if isinstance(row, MoneyRow) and row.event_type == "refund.processed" and not telling.took_nothing:
            thing = telling.winner
            origin = (telling.event.key, thing.place, thing.seller, thing.ambiguity)
            refunds.append(_linked(row, origin, sales, zone))
    return _counted_once(refunds)


def _counted_once(refunds: list[Reversal]) -> list[Reversal]:
    """Decide which role's telling of each refund counts: the vendor's first, with the fee that any role says.

    Roles tell one refund by one id; where any refund of the receipt has none, as the first, second, ... of
    its day.
    """
    ordered = sorted(refunds, key=_order_in_role)
    places: Counter[tuple[object, ...]] = Counter()
    names: dict[tuple[str, int], tuple[object, ...]] = {}
    for refund in ordered:
        receipt = (refund.seller, refund.row.receipt)
        own = [other for other in refunds if (other.seller, other.row.receipt) == receipt]
        has_ids = all(other.row.reversal_id is not None for other in own)
        name = (*receipt, refund.row.reversal_id if has_ids else refund.happened_date)
        places[*name, refund.row.role] += 1
        names[refund.event_key, refund.item_index] = (*name, places[*name, refund.row.role])
    groups: dict[tuple[object, ...], list[Reversal]] = {}
    for refund in sorted(ordered, key=lambda one: role_rank(one.row.role)):
        groups.setdefault(names[refund.event_key, refund.item_index], []).append(refund)
    return [_counted(group[0], group) for group in groups.values()] + [
        other for group in groups.values() for other in group[1:]
    ]


def _counted(refund: Reversal, group: list[Reversal]) -> Reversal:
    fee = next((other.row.fee for other in group if other.row.fee is not None), None)
    return replace(refund, is_counted=True, row=replace(refund.row, fee=fee))


def _order_in_role(refund: Reversal) -> tuple[object, ...]:
    items = json.dumps(
        sorted(i.item_no for i in refund.row.items if i.item_no is not None), separators=(",", ":")
    )
    return refund.happened_at, refund.row.amount or Decimal(0), items, refund.event_key, refund.item_index


def chargebacks_of(tellings: list[Telling], sales: list[Sale], zone: ZoneInfo) -> list[Reversal]:
    """Return every notice of a dispute; one of them stands for it in each role, and one of these counts."""
    return [
        _notice(notice, dispute, sales, zone)
        for dispute in disputes_of(tellings, zone)
        for notice in dispute.notices
    ]


def _notice(notice: Notice, dispute: Dispute, sales: list[Sale], zone: ZoneInfo) -> Reversal:
    thing = notice.telling.winner
    origin = (notice.telling.event.key, thing.place, thing.seller, thing.ambiguity)
    return replace(
        _linked(dispute.row_of(notice), origin, sales, zone),
        is_counted=notice is dispute.counted,
        is_money=notice is dispute.booked(notice.row.role),
        is_overturned=dispute.is_overturned,
    )


def _linked(
    row: MoneyRow, origin: tuple[str, int, str | None, str | None], sales: list[Sale], zone: ZoneInfo
) -> Reversal:
    """Link a reversal to the latest payment of its receipt at or before it, else to the earliest."""
    event_key, place, seller, ambiguity = origin
    payments = [] if ambiguity else payments_of(seller, row.receipt, sales)
    before = [payment for payment in payments if payment.sold_at <= row.at]
    sale = before[-1] if before else payments[0] if payments else None
    roots = [] if ambiguity or sale else payments_of(seller, row.root, sales)
    roots = sorted(roots, key=lambda payment: payment.row.is_rebill)
    telling = None if sale is None else _telling_for(sale, row.role, sales)
    known = telling or (roots[0] if roots else None)
    return Reversal(
        event_key,
        place,
        in_currency(row, known.row.currency if known else None),
        seller,
        ambiguity,
        row.at,
        day_of(row.at, zone),
        sale,
        telling,
        roots[0] if roots else None,
    )


def _telling_for(sale: Sale, role: str, sales: list[Sale]) -> Sale:
    """Return a payment as the same role tells it, or else the counted telling."""
    same_role = (
        other
        for other in sales
        if same_receipt(other, sale) and other.payment == sale.payment and other.row.role == role
    )
    return next(same_role, sale)
