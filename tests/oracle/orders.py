"""Combine each receipt's sale with its refunds and chargebacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.oracle.coerce import ZERO
from tests.oracle.facts import CENT, order_key
from tests.oracle.roles import by_receipt

if TYPE_CHECKING:
    from tests.oracle.facts import Book

Row = dict[str, Any]


def fct_orders(book: Book) -> list[Row]:
    """Return one row per receipt of any sale, refund or chargeback."""
    sales_of, sale_of = by_receipt(book.sales), {row["receipt"]: row for row in book.counted_sales}
    refunds_of, disputes_of = by_receipt(book.counted_refunds), by_receipt(book.counted_disputes)
    orders = []
    for receipt in sorted({*sale_of, *refunds_of, *disputes_of}):
        refunds, disputes = refunds_of.get(receipt, []), disputes_of.get(receipt, [])
        sale = sale_of.get(receipt)
        order = _order(sale, sale or min(refunds + disputes, key=_naming_order), refunds, disputes)
        told_by = sales_of.get(receipt) or sorted(
            (row for row in book.refunds + book.chargebacks if row["receipt"] == receipt),
            key=lambda row: row["root_receipt"] or "",
        )
        orders.append({"receipt": receipt, "order_key": order_key(receipt, sales_of, told_by)} | order)
    return orders


def _naming_order(row: Row) -> tuple[Any, ...]:
    """Return the order in which reversals name an orphan: time, refunds first, then the names themselves."""
    names = ((row[column] is None, row[column] or "") for column in ("vendor", "affiliate", "currency"))
    return (row["occurred_at"], "refunded_at" not in row, *names)


def _order(sale: Row | None, named_by: Row, refunds: list[Row], disputes: list[Row]) -> Row:
    gross = sale["gross_amount"] if sale else None
    refunded = sum((row["refund_amount"] for row in refunds), ZERO)
    charged_back = sum((row["chargeback_amount"] for row in disputes), ZERO)
    return {
        "sold_at": sale["sold_at"] if sale else None,
        "sold_date": sale["sold_date"] if sale else None,
        "vendor": named_by["vendor"],
        "affiliate": named_by["affiliate"],
        "currency": named_by["currency"],
        "gross_amount": gross,
        "refunded_amount": refunded,
        "charged_back_amount": charged_back,
        "net_amount": (gross or ZERO) - refunded - charged_back,
        "refund_count": len(refunds),
        "chargeback_count": len(disputes),
        "first_refunded_at": min((row["refunded_at"] for row in refunds), default=None),
        "first_charged_back_at": min((row["charged_back_at"] for row in disputes), default=None),
        "state": _state(sale, refunds, disputes),
    }


def _state(sale: Row | None, refunds: list[Row], disputes: list[Row]) -> str:
    """Return the order's state; TAX refunds never make it `refunded`, only `partially_refunded`."""
    if sale is None:
        return "orphan"
    if disputes:
        return "charged_back"
    if not refunds:
        return "sold"
    priced = [row for row in refunds if row["refund_type"] != "TAX"]
    returned = sum((row["refund_amount"] for row in priced), ZERO)
    is_all_returned = sale["gross_amount"] is not None and returned >= sale["gross_amount"] - CENT
    if any(row["refund_type"] == "FULL" for row in priced) or (priced and is_all_returned):
        return "refunded"
    return "partially_refunded"
