"""Sum each day's sales and reversals, each row on its own date."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.oracle.coerce import ZERO
from tests.oracle.products import reversed_items, sold_lines
from tests.oracle.roles import payment_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from tests.oracle.facts import Book

Row = dict[str, Any]


@dataclass
class Day:
    """The sales and reversals of one group on one day."""

    sales: set[Any] = field(default_factory=set)
    rebills: set[Any] = field(default_factory=set)
    refunded: set[Any] = field(default_factory=set)
    charged_back: set[Any] = field(default_factory=set)
    standing: set[Any] = field(default_factory=set)
    gross: Decimal = ZERO
    refunds: Decimal = ZERO
    chargebacks: Decimal = ZERO
    account: Decimal = ZERO
    reversed_account: Decimal = ZERO
    estimated_account: Decimal = ZERO
    fees: Decimal = ZERO
    refund_fees: Decimal = ZERO
    estimated_reversals: int = 0
    unknown_reversals: int = 0

    @property
    def net(self) -> Decimal:
        return self.gross - self.refunds - self.chargebacks

    @property
    def sale_count(self) -> int:
        """Return initial sales and rebills together, as every rate counts them."""
        return len(self.sales) + len(self.rebills)

    @property
    def reversed(self) -> set[Any]:
        """Return the receipts refunded or charged back; each once, also when both happened."""
        return self.refunded | self.charged_back


def total_by(book: Book, group: Callable[[Row, str], Any]) -> dict[Any, Day]:
    """Sum all rows by `group(row, date column)`, except rows of the group None.

    Customer-level measures count each receipt once; account amounts are sums over all own roles.
    """
    totals: defaultdict[Any, Day] = defaultdict(Day)
    for sale in book.counted_sales:
        total = totals[group(sale, "sold_date")]
        (total.rebills if sale["is_rebill"] else total.sales).add(payment_of(sale))
        total.gross += sale["gross_amount"] or ZERO
    for refund in book.counted_refunds:
        total = totals[group(refund, "refunded_date")]
        total.refunded.add(payment_of(refund))
        total.refunds += refund["refund_amount"]
        total.refund_fees += abs(refund["fee_amount"] or ZERO)
    for dispute in book.counted_disputes:
        total = totals[group(dispute, "charged_back_date")]
        total.charged_back.add(payment_of(dispute))
        total.chargebacks += dispute["chargeback_amount"]
        if not dispute["is_overturned"]:
            total.standing.add(payment_of(dispute))
        total.fees += abs(dispute["fee_amount"] or ZERO)
    for sale in book.sales:
        totals[group(sale, "sold_date")].account += sale["account_amount"] or ZERO
    for column, rows in (("refunded_date", book.refunds), ("charged_back_date", book.disputes)):
        for row in rows:
            _take_back(totals[group(row, column)], row)
    totals.pop(None, None)
    return dict(totals)


def _take_back(day: Day, row: Row) -> None:
    if row["reversed_account_amount"] is None:
        day.unknown_reversals += 1
    elif row["is_account_amount_estimated"]:
        day.estimated_reversals += 1
        day.estimated_account += row["reversed_account_amount"]
    else:
        day.reversed_account += row["reversed_account_amount"]


def daily_sales(book: Book) -> list[Row]:
    """Return one row per day, currency, vendor and affiliate with any activity."""
    days = total_by(book, lambda row, date: (row[date], row["currency"], row["vendor"], row["affiliate"]))
    return [
        {
            "report_date": report_date,
            "currency": currency,
            "vendor": vendor,
            "affiliate": affiliate,
            "sale_count": len(day.sales),
            "rebill_count": len(day.rebills),
            "gross_sales": day.gross,
            "refund_count": len(day.refunded),
            "refund_amount": day.refunds,
            "chargeback_count": len(day.charged_back),
            "chargeback_amount": day.chargebacks,
            "net_sales": day.net,
            "account_amount": day.account,
            "reversed_account_amount": day.reversed_account,
            "estimated_reversed_account_amount": day.estimated_account,
            "chargeback_fee_amount": day.fees,
            "refund_fee_amount": day.refund_fees,
            "earnings_net": day.account
            - day.reversed_account
            - day.estimated_account
            - day.fees
            - day.refund_fees,
            "is_earnings_net_estimated": day.estimated_reversals + day.unknown_reversals > 0,
            "unknown_reversal_count": day.unknown_reversals,
        }
        for (report_date, currency, vendor, affiliate), day in days.items()
    ]


def daily_product_sales(book: Book) -> list[Row]:
    """Return one row per day, currency, vendor and item: lines sold, and receipts refunded for the item."""
    rows: dict[tuple[Any, ...], Row] = {}
    refunded: defaultdict[tuple[Any, ...], set[Any]] = defaultdict(set)

    def row_of(date: Any, row: Row, item_no: str | None, title: str | None) -> Row:
        key = (date, row["currency"], row["vendor"], item_no)
        names = ("report_date", "currency", "vendor", "item_no")
        zero = {"title": None, "quantity": 0, "line_sales": ZERO, "refund_count": 0}
        product = rows.setdefault(key, dict(zip(names, key, strict=True)) | zero)
        product["title"] = title or product["title"]
        return product

    titled = [
        (refund, item_no, _title_of_reversal(refund, item_no, lines) or "")
        for refund in book.counted_refunds
        for item_no, lines in reversed_items(refund).items()
    ]
    for refund, item_no, title in sorted(titled, key=lambda each: each[2]):
        row_of(refund["refunded_date"], refund, item_no, title or None)
        refunded[refund["refunded_date"], refund["currency"], refund["vendor"], item_no].add(
            payment_of(refund)
        )
    for sale in sorted(
        book.counted_sales, key=lambda row: (row["sold_at"], row["receipt"], row["payment_name"])
    ):
        for line in sale["lines"]:
            product = row_of(sale["sold_date"], sale, line["item_no"], line["title"])
            product["quantity"] += line["quantity"] or 0
            product["line_sales"] += line["line_amount"] or ZERO
    for key, receipts in refunded.items():
        rows[key]["refund_count"] = len(receipts)
    return list(rows.values())


def _title_of_reversal(reversal: Row, item_no: str | None, lines: list[Row]) -> str | None:
    """Return the title a reversal gives an item, the last by name; else the first its sale's lines give it."""
    given = [line["title"] for line in lines if line["title"] is not None]
    if given and any(line["item_no"] is not None for line in reversal["lines"]):
        return max(given)
    sold = (line["title"] for line in sold_lines(reversal) if line["item_no"] == item_no)
    return next((title for title in sold if title is not None), None)
