"""Sales and rebills: which telling counts, and in which session it stands."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from tests.second_oracle.identity import Telling
from tests.second_oracle.instants import day_of
from tests.second_oracle.rows import MoneyRow
from tests.second_oracle.things import Key, payment_of
from tests.second_oracle.transaction_types import role_rank


@dataclass(frozen=True)
class Sale:
    """One payment as one role tells it."""

    event_key: str
    item_index: int
    row: MoneyRow
    seller: str | None
    payment: Key
    sold_at: datetime
    sold_date: date
    is_counted: bool = False
    order_key: str = ""


def sales_of(tellings: list[Telling], zone: ZoneInfo) -> list[Sale]:
    """Return every sale, with the session and the telling that counts decided."""
    sales = [_sale(telling, zone) for telling in tellings if _is_sale(telling)]
    named = [replace(sale, payment=_shared_name(sale, sales)) for sale in sales]
    return [
        replace(sale, is_counted=_counts(sale, named), order_key=order_key_of(sale.seller, sale.row, named))
        for sale in named
    ]


def _is_sale(telling: Telling) -> bool:
    row = telling.winner.row
    return isinstance(row, MoneyRow) and row.event_type == "sale.created"


def _sale(telling: Telling, zone: ZoneInfo) -> Sale:
    thing = telling.winner
    names = [payment_of(other.money) for other in telling.things]
    numbered = next((name for name in reversed(names) if name[0] == "number"), names[-1])
    at = thing.money.at
    return Sale(telling.event.key, thing.place, thing.money, thing.seller, numbered, at, day_of(at, zone))


def _shared_name(sale: Sale, sales: list[Sale]) -> Key:
    """Name a rebill by its number where another role's telling of the same instant knows the number."""
    if sale.payment[0] != "instant":
        return sale.payment
    numbers = sorted(
        (
            other.payment
            for other in sales
            if other.payment[0] == "number" and other.sold_at == sale.sold_at and same_receipt(other, sale)
        ),
        key=repr,
    )
    return numbers[0] if numbers else sale.payment


def same_receipt(one: Sale, other: Sale) -> bool:
    """Tell whether two sales have one seller and one receipt."""
    return (one.seller, one.row.receipt) == (other.seller, other.row.receipt)


def _counts(sale: Sale, sales: list[Sale]) -> bool:
    """Tell whether this telling counts: the vendor's first, once per seller, receipt and payment."""
    tellings = [other for other in sales if same_receipt(other, sale) and other.payment == sale.payment]
    return sale is min(tellings, key=lambda other: role_rank(other.row.role))


def order_key_of(seller: str | None, row: MoneyRow, sales: list[Sale]) -> str:
    """Return the session: an upsell's original receipt, else the root receipt's session.

    A rebilled upsell goes to its upsell's session.
    """
    if row.upsell is not None:
        return row.upsell
    upsells = sorted(
        sale.row.upsell
        for sale in sales
        if sale.row.upsell is not None and (sale.seller, sale.row.receipt) == (seller, row.root)
    )
    return upsells[0] if upsells else row.root


def payments_of(seller: str | None, receipt: str, sales: list[Sale]) -> list[Sale]:
    """Return the counted payments of a seller's receipt, the earliest first."""
    payments = [
        sale for sale in sales if sale.is_counted and (sale.seller, sale.row.receipt) == (seller, receipt)
    ]
    return sorted(payments, key=lambda sale: (sale.sold_at, sale.row.is_rebill, repr(sale.payment)))
