"""Rank affiliates and products over the trailing 30 and 90 days, by event date."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.oracle.coerce import ZERO, round_money
from tests.oracle.daily import total_by
from tests.oracle.products import reversed_items, shares
from tests.oracle.rates import ratio
from tests.oracle.roles import payment_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from tests.oracle.facts import Book

Row = dict[str, Any]
WINDOWS = (30, 90)


def affiliate_performance(book: Book) -> list[Row]:
    """Return one row per affiliate, currency and window with any activity in it."""
    rows = [row for window_days in WINDOWS for row in _affiliates(book, window_days)]
    return _ranked(rows, ("affiliate",))


def _affiliates(book: Book, window_days: int) -> list[Row]:
    is_inside = _window(book, window_days)
    totals = total_by(
        book, lambda row, column: (row["affiliate"], row["currency"]) if is_inside(row[column]) else None
    )
    orders: defaultdict[tuple[Any, ...], set[Any]] = defaultdict(set)
    for sale in book.sales:
        if is_inside(sale["sold_date"]):
            orders[sale["affiliate"], sale["currency"]].add((sale["vendor"], sale["order_key"]))
    return [
        {
            "affiliate": key[0],
            "currency": key[1],
            "window_days": window_days,
            "sale_count": total.sale_count,
            "gross_sales": total.gross,
            "refund_count": len(total.refunded),
            "refund_rate": ratio(len(total.refunded), total.sale_count),
            "chargeback_count": len(total.charged_back),
            "chargeback_rate": ratio(len(total.charged_back), total.sale_count),
            "net_sales": total.net,
            "earnings_per_order": _per_order(total.account, orders[key]),
        }
        for key, total in totals.items()
        if orders[key] or total.refunded or total.charged_back
    ]


@dataclass
class _Product:
    receipts: set[Any] = field(default_factory=set)
    refunded: set[Any] = field(default_factory=set)
    charged_back: set[Any] = field(default_factory=set)
    orders: set[Any] = field(default_factory=set)
    gross: Decimal = ZERO
    returned: Decimal = ZERO
    account: Decimal = ZERO


def product_performance(book: Book) -> list[Row]:
    """Return one row per item, vendor, currency and window with any activity in it."""
    rows = []
    for window_days in WINDOWS:
        for (item_no, vendor, currency), product in _products(book, window_days).items():
            sale_count = len(product.receipts)
            rows.append(
                {
                    "item_no": item_no,
                    "vendor": vendor,
                    "currency": currency,
                    "window_days": window_days,
                    "sale_count": sale_count,
                    "gross_sales": product.gross,
                    "refund_count": len(product.refunded),
                    "refund_rate": ratio(len(product.refunded), sale_count),
                    "chargeback_count": len(product.charged_back),
                    "chargeback_rate": ratio(len(product.charged_back), sale_count),
                    "net_sales": product.gross - product.returned,
                    "earnings_per_order": _per_order(product.account, product.orders),
                }
            )
    return _ranked(rows, ("item_no", "vendor"))


def _products(book: Book, window_days: int) -> dict[tuple[Any, ...], _Product]:
    """Sum the window by item: lines of sales counted once, account amounts of the lines of all own roles."""
    is_inside = _window(book, window_days)
    products: defaultdict[tuple[Any, ...], _Product] = defaultdict(_Product)
    for sale in book.counted_sales:
        for line in sale["lines"] if is_inside(sale["sold_date"]) else []:
            product = products[line["item_no"], sale["vendor"], sale["currency"]]
            product.receipts.add(payment_of(sale))
            product.gross += line["line_amount"] or ZERO
    for sale in book.sales:
        for line in sale["lines"] if is_inside(sale["sold_date"]) else []:
            product = products[line["item_no"], sale["vendor"], sale["currency"]]
            product.orders.add(sale["order_key"])
            product.account += line["account_amount"] or ZERO
    for refund in book.counted_refunds:
        if is_inside(refund["refunded_date"]):
            _give_back(products, refund, refund["refund_amount"], "refunded")
    for dispute in book.counted_disputes:
        if is_inside(dispute["charged_back_date"]):
            _give_back(products, dispute, dispute["chargeback_amount"], "charged_back")
    return dict(products)


def _give_back(products: dict[tuple[Any, ...], _Product], row: Row, amount: Decimal, receipts: str) -> None:
    split = shares(row, amount) if reversed_items(row) else {}
    for item_no, share in split.items():
        product = products[item_no, row["vendor"], row["currency"]]
        getattr(product, receipts).add(payment_of(row))
        product.returned += share


def _window(book: Book, window_days: int) -> Callable[[Any], bool]:
    """Return the test whether a date lies in the window of days that ends today."""
    today = book.today
    return lambda day: today is not None and today - timedelta(days=window_days) < day <= today


def _per_order(account: Decimal, orders: set[Any]) -> Decimal | None:
    return round_money(account / len(orders)) if orders else None


def _ranked(rows: list[Row], names: tuple[str, ...]) -> list[Row]:
    """Number the rows of each window and currency by net sales, highest first, then by name, NULL last."""
    places: defaultdict[tuple[Any, ...], int] = defaultdict(int)
    order = [tuple((row[name] is None, row[name] or "") for name in names) for row in rows]
    for _, row in sorted(zip(order, rows, strict=True), key=lambda pair: (-pair[1]["net_sales"], pair[0])):
        places[row["window_days"], row["currency"]] += 1
        row["rank"] = places[row["window_days"], row["currency"]]
    return rows
