"""Combine each receipt's payments with its refunds and chargebacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.oracle.coerce import ZERO
from tests.oracle.facts import CENT, order_key
from tests.oracle.roles import grouped, receipt_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from tests.oracle.facts import Book

Row = dict[str, Any]


def fct_orders(book: Book) -> list[Row]:
    """Return one row per seller's receipt of any sale, refund or chargeback."""
    sales_of, payments_of = grouped(book.sales), grouped(book.counted_sales)
    refunds_of, disputes_of = grouped(book.counted_refunds), grouped(book.counted_disputes)
    orders = []
    for receipt in {**payments_of, **refunds_of, **disputes_of}:
        refunds, disputes = refunds_of.get(receipt, []), disputes_of.get(receipt, [])
        payments = sorted(payments_of.get(receipt, []), key=_payment_order)
        named_by = payments[0] if payments else min(refunds + disputes, key=_naming_order)
        told_by = sales_of.get(receipt) or [
            row
            for row in book.refunds + book.chargebacks
            if receipt_of(row) == receipt and row["root_receipt"]
        ]
        key = payments[0]["order_key"] if payments else order_key(receipt, sales_of, told_by)
        orders.append(
            {"receipt": receipt[1], "vendor": receipt[0], "order_key": key}
            | _order(payments, named_by, refunds, disputes)
        )
    return orders


def _payment_order(row: Row) -> tuple[Any, ...]:
    return (row["is_rebill"], row["sold_at"], row["payment_name"])


def _naming_order(row: Row) -> tuple[Any, ...]:
    """Return the order in which reversals name an orphan: time, refunds first, then the names themselves."""
    names = ((row[column] is None, row[column] or "") for column in ("affiliate", "currency"))
    return (row["occurred_at"], "refunded_at" not in row, *names)


def is_apart(row: Row) -> bool:
    """Return whether a reversal is in another currency than the counted sale, whichever its role was told of."""
    currencies = (row["currency"], row["receipt_currency"])
    return None not in currencies and currencies[0] != currencies[1]


def net_of(gross: Decimal | None, reversals: Iterable[tuple[Row, Decimal]]) -> Decimal | None:
    """Return a payment's gross less its reversals; None where a reversal is in another currency."""
    left = gross or ZERO
    for row, amount in reversals:
        if is_apart(row):
            return None
        left -= amount
    return left


def _order(payments: list[Row], named_by: Row, refunds: list[Row], disputes: list[Row]) -> Row:
    known = [row["gross_amount"] for row in payments if row["gross_amount"] is not None]
    is_one_currency = len({row["currency"] for row in payments} - {None}) <= 1
    gross = sum(known, ZERO) if known and is_one_currency else None
    _lend_currency(payments, refunds + disputes)
    if payments:
        apart = [row for row in refunds + disputes if is_apart(row)]
    else:
        apart = [row for row in refunds + disputes if row["currency"] != named_by["currency"]]
    refunded = sum((row["refund_amount"] for row in refunds if not _is_in(row, apart)), ZERO)
    charged_back = sum((row["chargeback_amount"] for row in disputes if not _is_in(row, apart)), ZERO)
    first = payments[0] if payments else None
    return {
        "sold_at": first["sold_at"] if first else None,
        "sold_date": first["sold_date"] if first else None,
        "affiliate": named_by["affiliate"],
        "currency": named_by["currency"],
        "payment_count": len(payments),
        "gross_amount": gross,
        "refunded_amount": refunded if is_one_currency else None,
        "charged_back_amount": charged_back if is_one_currency else None,
        "net_amount": None if apart or not is_one_currency else (gross or ZERO) - refunded - charged_back,
        "has_other_currency_reversal": bool(apart),
        "refund_count": len(refunds),
        "chargeback_count": len(disputes),
        "first_refunded_at": min((row["refunded_at"] for row in refunds), default=None),
        "first_charged_back_at": min((row["charged_back_at"] for row in disputes), default=None),
        "state": _state(payments, gross, refunds, disputes),
    }


def _lend_currency(payments: list[Row], reversals: list[Row]) -> None:
    """Hold reversals that fit several sellers against the currency of the sale without a seller next to them."""
    currencies = [row["currency"] for row in payments if row["currency"] is not None]
    for row in reversals:
        if row["is_orphan"]:
            row["receipt_currency"] = min(currencies, default=None)


def _is_in(row: Row, rows: list[Row]) -> bool:
    return any(row is other for other in rows)


def _state(payments: list[Row], gross: Decimal | None, refunds: list[Row], disputes: list[Row]) -> str:
    """Return the order's state; TAX refunds never make it `refunded`, only `partially_refunded`."""
    if not payments:
        return "orphan"
    if disputes:
        return "charged_back"
    if not refunds:
        return "sold"
    priced = [row for row in refunds if row["refund_type"] != "TAX"]
    returned = sum((row["refund_amount"] for row in priced if not is_apart(row)), ZERO)
    is_all_returned = gross is not None and returned >= gross - CENT
    returned_whole = {row["payment"] for row in priced if row["refund_type"] == "FULL"}
    if returned_whole == {row["payment"] for row in payments} or (priced and is_all_returned):
        return "refunded"
    return "partially_refunded"
