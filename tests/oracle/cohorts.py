"""Follow each day's sales to their later refunds, chargebacks, upsells and rebills."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.oracle.coerce import ZERO, round_money
from tests.oracle.facts import is_overturned, order_key
from tests.oracle.rates import ratio
from tests.oracle.roles import by_receipt

if TYPE_CHECKING:
    from decimal import Decimal

    from tests.oracle.facts import Book

Row = dict[str, Any]
MATURE_DAYS = 120


@dataclass
class _Cohort:
    sales: list[str] = field(default_factory=list)
    rebills: int = 0
    gross: Decimal = ZERO
    returned: Decimal = ZERO
    orders: list[Decimal] = field(default_factory=list)


def sale_cohorts(book: Book) -> list[Row]:
    """Return one row for each day of sales, currency and vendor."""
    refunds, disputes = by_receipt(book.counted_refunds), by_receipt(book.counted_disputes)
    standing = {row["receipt"] for row in book.counted_disputes if not is_overturned(book, row)}
    cohorts: defaultdict[tuple[Any, ...], _Cohort] = defaultdict(_Cohort)
    for sale in book.counted_sales:
        cohort, receipt = cohorts[_group(sale)], sale["receipt"]
        cohort.sales.append(receipt)
        cohort.rebills += sale["is_rebill"]
        cohort.gross += sale["gross_amount"] or ZERO
        cohort.returned += sum((row["refund_amount"] for row in refunds.get(receipt, [])), ZERO)
        cohort.returned += sum((row["chargeback_amount"] for row in disputes.get(receipt, [])), ZERO)
    for front, gross in _sessions(book):
        cohorts[_group(front)].orders.append(gross)
    return [_row(book, key, cohort, set(refunds), set(disputes), standing) for key, cohort in cohorts.items()]


def _row(
    book: Book,
    key: tuple[Any, ...],
    cohort: _Cohort,
    refunded: set[str],
    disputed: set[str],
    standing: set[str],
) -> Row:
    assert book.today is not None
    receipts, count = set(cohort.sales), len(cohort.sales)
    is_mature = (book.today - key[0]).days >= MATURE_DAYS

    def rate(reversed_receipts: set[str]) -> float | None:
        return ratio(len(receipts & reversed_receipts), count) if is_mature else None

    return {
        "sold_date": key[0],
        "currency": key[1],
        "vendor": key[2],
        "sale_count": count,
        "rebill_count": cohort.rebills,
        "gross_sales": cohort.gross,
        "net_sales_cohort": cohort.gross - cohort.returned,
        "refunded_sales": len(receipts & refunded),
        "charged_back_sales": len(receipts & disputed),
        "reversed_sales": len(receipts & (refunded | disputed)),
        "reversal_rate": rate(refunded | disputed),
        "chargeback_rate_cohort": rate(disputed),
        "chargeback_rate_cohort_net": rate(standing),
        "order_count": len(cohort.orders),
        "average_order_value": (
            round_money(sum(cohort.orders, ZERO) / len(cohort.orders)) if cohort.orders else None
        ),
        "is_mature": is_mature,
        "as_of_date": book.today,
    }


def _group(sale: Row) -> tuple[Any, ...]:
    return (sale["sold_date"], sale["currency"], sale["vendor"])


def _sessions(book: Book) -> list[tuple[Row, Decimal]]:
    """Return each front-end sale with the amount of its session in its currency; rebills do not count."""
    sales_of = by_receipt(book.sales)
    sessions: defaultdict[str, list[Row]] = defaultdict(list)
    for sale in book.counted_sales:
        if not sale["is_rebill"]:
            sessions[order_key(sale["receipt"], sales_of, sales_of[sale["receipt"]])].append(sale)
    found = []
    for key, sales in sessions.items():
        for front in sales:
            if front["receipt"] == key:
                same = [sale for sale in sales if sale["currency"] == front["currency"]]
                found.append((front, sum((sale["gross_amount"] or ZERO for sale in same), ZERO)))
    return found
