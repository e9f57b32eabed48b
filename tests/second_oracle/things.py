"""Rows of one body with one natural key are parts of one thing: its lines, whose amounts add up."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from tests.second_oracle.items import with_line_amounts
from tests.second_oracle.rows import AlertRow, Item, MoneyRow, Row, Told
from tests.second_oracle.transaction import in_currency, root_of

Key = tuple[object, ...]
FIRST_TOLD = (
    *("vendor", "affiliate", "meaning", "currency", "payment_method", "country", "tracking_id", "upsell"),
    *("refund_type", "original_at"),
)
"""The fields in which a thing has the value of the first part that tells one."""
SellerOf = Callable[[MoneyRow], tuple[str | None, str | None]]


class UnfitError(ValueError):
    """Parts of one thing tell two totals or two currencies, or a sale comes to less than nothing."""


@dataclass(frozen=True)
class Thing:
    """One sale, reversal, alert or sync as one body tells it."""

    told: Told
    place: int
    row: Row
    seller: str | None = None
    ambiguity: str | None = None
    sale_currency: str | None = None  # of a sale of its seller and receipt

    @property
    def money(self) -> MoneyRow:
        """Return the row of a thing that is known to be money."""
        assert isinstance(self.row, MoneyRow)
        return self.row


def amount_of(thing: Thing) -> Decimal | None:
    """Return the amount by which a reversal is recognised: its minor units may be those of its sale's currency."""
    return in_currency(thing.money, thing.sale_currency).amount


def things_of(told: Told, seller_of: SellerOf) -> list[Thing]:
    """Return the things that a body tells; raise `UnfitError` with the reason why it cannot."""
    groups: dict[Key, list[tuple[int, Row]]] = {}
    for place, row in told.rows:
        seller = _seller(row, told, seller_of)[0] if isinstance(row, MoneyRow) else None
        groups.setdefault(_key_in_body(row, seller), []).append((place, row))
    things = []
    for parts in groups.values():
        rows = [row for _, row in parts]
        place, first = parts[0]
        if isinstance(first, MoneyRow):
            whole = _whole([row for row in rows if isinstance(row, MoneyRow)])
            _require_no_negative_sale(whole)
            things.append(Thing(told, place, whole, *_seller(first, told, seller_of)))
        else:
            things.append(Thing(told, place, first))
    return things


def _seller(row: MoneyRow, told: Told, seller_of: SellerOf) -> tuple[str | None, str | None]:
    """Return a row's seller; a row without a vendor has the only one that its body names for the receipt."""
    others = [other for _, other in told.rows if isinstance(other, MoneyRow) and other.receipt == row.receipt]
    vendors = {other.vendor for other in others} - {None}
    return (vendors.pop(), None) if row.vendor is None and len(vendors) == 1 else seller_of(row)


def _require_no_negative_sale(row: MoneyRow) -> None:
    """Judge a sale by its gross, or else by its account amount; a part of it may be a discount."""
    told = row.amount if row.amount is not None else row.account_amount
    if row.event_type == "sale.created" and told is not None and told < 0:
        raise UnfitError("negative_amount")


def _key_in_body(row: Row, seller: str | None) -> Key:
    """Return the key that makes rows of one body parts of one thing; a reversal without an id is told per line."""
    if isinstance(row, MoneyRow):
        who = (row.event_type, seller, row.receipt, row.role)
        if row.event_type == "sale.created":
            return (*who, payment_of(row))
        is_named = row.reversal_id is not None and row.event_type == "refund.processed"
        return (*who, row.reversal_id, row.status, None if is_named else row.at)
    if isinstance(row, AlertRow):
        return (row.rule or row.metric, row.scope_type, row.scope_value, row.window_start, row.at)
    return ("sync", row.sync_id, row.source, row.at if row.sync_id else (row.started_at, row.at))


def payment_of(row: MoneyRow) -> Key:
    """Name the payment of a telling.

    A rebill is a payment of its own: a receipt of its own names it; with the sale's receipt its payment
    number, or else its instant, names it.
    """
    if not row.is_rebill:
        return ("sale",)
    if root_of(row.receipt) != row.receipt:
        return ("receipt",)
    return ("instant", row.at) if row.payment_number is None else ("number", row.payment_number)


def _whole(parts: list[MoneyRow]) -> MoneyRow:
    """Add up the parts; parts that are equal in every mapped field are one part told twice."""
    distinct = list(dict.fromkeys(parts))
    if len({row.currency for row in distinct} - {None}) > 1:
        raise UnfitError("parts_disagree")
    first = distinct[0]
    currency = _first_told([row.currency for row in distinct])
    distinct = [in_currency(row, currency) for row in distinct]
    assumed = next((row.assumed_units for row in distinct if row.assumed_units), frozenset())
    account = _sum(distinct, "account", [row.account_amount for row in distinct])
    amount = _sum(distinct, "amount", [row.amount for row in distinct])
    tax = _sum(distinct, "tax", [row.tax_amount for row in distinct])
    shipping = _sum(distinct, "shipping", [row.shipping_amount for row in distinct])
    return replace(
        first,
        **{name: _first_told([getattr(row, name) for row in distinct]) for name in FIRST_TOLD},
        amount=amount,
        account_amount=account,
        tax_amount=tax,
        shipping_amount=shipping,
        fee=_fee([row.fee for row in distinct if row.fee is not None]),
        at=next((row.at for row in distinct if row.is_at_told), first.at),
        root=next((row.root for row in distinct if row.root != root_of(row.receipt)), first.root),
        assumed_units=assumed,
        items=_lines(distinct, (amount, tax, shipping, account)),
    )


def _sum(rows: list[MoneyRow], field: str, amounts: list[Decimal | None]) -> Decimal | None:
    """Add the parts' amounts, but for the order's own total: equal in all parts it counts once."""
    told = [(field in row.total_fields, amount) for row, amount in zip(rows, amounts, strict=True)]
    totals = {amount for is_total, amount in told if is_total and amount is not None}
    if len(totals) > 1:
        raise UnfitError("parts_disagree")
    if totals:
        return totals.pop()
    added = [amount for _, amount in told if amount is not None]
    return sum(added, Decimal(0)) if added else None


def _fee(fees: list[Decimal]) -> Decimal | None:
    """Return the fee of a reversal: told in every part alike it is one fee, else the parts have fees of their own."""
    return sum(set(fees), Decimal(0)) if len(set(fees)) == 1 else sum(fees, Decimal(0)) if fees else None


def _lines(rows: list[MoneyRow], totals: tuple[Decimal | None, ...]) -> tuple[Item, ...]:
    """Return the lines of all parts, each with its amount.

    A part that repeats the order's total and names no item is no line, next to parts that are.
    """
    is_one = len(rows) == 1
    rows = [row for row in rows if not _is_total_alone(row)] or rows[:1]
    items = [item for row in rows for item in row.items]
    amount, tax, shipping, account = totals
    if all(item.price_amount is not None for item in items) or is_one:
        return with_line_amounts(tuple(items), amount, tax, shipping, account)
    lines: list[Item] = []
    for row in rows:
        own = None if "amount" in row.total_fields else row.amount
        own_account = None if "account" in row.total_fields else row.account_amount
        lines.extend(with_line_amounts(row.items, own, row.tax_amount, row.shipping_amount, own_account))
    return tuple(lines)


def _is_total_alone(row: MoneyRow) -> bool:
    return "amount" in row.total_fields and all(
        item.is_synthetic and item.item_no is None and item.title is None for item in row.items
    )


def _first_told(values: list[Any]) -> Any:
    return next((value for value in values if value is not None), None)
