"""Sum each day's sales, and all reversals of them on any date."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.oracle.coerce import ZERO, round_money
from tests.oracle.orders import net_of
from tests.oracle.rates import ratio
from tests.oracle.roles import grouped, payment_of

if TYPE_CHECKING:
    from decimal import Decimal

    from tests.oracle.facts import Book

Row = dict[str, Any]
MATURE_DAYS = 120


@dataclass
class _Cohort:
    sales: list[Any] = field(default_factory=list)
    rebills: int = 0
    grosses: list[Decimal] = field(default_factory=list)
    nets: list[Decimal | None] = field(default_factory=list)
    orders: list[Decimal | None] = field(default_factory=list)


def sale_cohorts(book: Book) -> list[Row]:
    """Return one row for each day of sales, currency and vendor."""
    refunds, disputes = grouped(book.counted_refunds, payment_of), grouped(book.counted_disputes, payment_of)
    standing = {payment_of(row) for row in book.counted_disputes if not row["is_overturned"]}
    cohorts: defaultdict[tuple[Any, ...], _Cohort] = defaultdict(_Cohort)
    for sale in book.counted_sales:
        cohort, payment = cohorts[_group(sale)], payment_of(sale)
        cohort.sales.append(payment)
        cohort.rebills += sale["is_rebill"]
        if sale["gross_amount"] is not None:
            cohort.grosses.append(sale["gross_amount"])
        reversals = [(row, row["refund_amount"]) for row in refunds.get(payment, [])]
        reversals += [(row, row["chargeback_amount"]) for row in disputes.get(payment, [])]
        cohort.nets.append(net_of(sale["gross_amount"], reversals))
    for front, gross in _sessions(book):
        cohorts[_group(front)].orders.append(gross)
    return [_row(book, key, cohort, set(refunds), set(disputes), standing) for key, cohort in cohorts.items()]


def _row(
    book: Book,
    key: tuple[Any, ...],
    cohort: _Cohort,
    refunded: set[Any],
    disputed: set[Any],
    standing: set[Any],
) -> Row:
    assert book.today is not None
    receipts, count = set(cohort.sales), len(cohort.sales)
    known_nets = [net for net in cohort.nets if net is not None]
    known_orders = [gross for gross in cohort.orders if gross is not None]
    is_mature = (book.today - key[0]).days >= MATURE_DAYS

    def rate(reversed_receipts: set[Any]) -> float | None:
        return ratio(len(receipts & reversed_receipts), count) if is_mature else None

    return {
        "sold_date": key[0],
        "currency": key[1],
        "vendor": key[2],
        "sale_count": count,
        "rebill_count": cohort.rebills,
        "gross_sales": sum(cohort.grosses, ZERO) if cohort.grosses else None,
        "net_sales_cohort": sum(known_nets, ZERO) if known_nets else None,
        "unknown_net_count": count - len(known_nets),
        "refunded_sales": len(receipts & refunded),
        "charged_back_sales": len(receipts & disputed),
        "reversed_sales": len(receipts & (refunded | disputed)),
        "reversal_rate": rate(refunded | disputed),
        "chargeback_rate_cohort": rate(disputed),
        "chargeback_rate_cohort_net": rate(standing),
        "order_count": len(cohort.orders),
        "average_order_value": (
            round_money(sum(known_orders, ZERO) / len(cohort.orders)) if known_orders else None
        ),
        "is_mature": is_mature,
        "as_of_date": book.today,
    }


def _group(sale: Row) -> tuple[Any, ...]:
    return (sale["sold_date"], sale["currency"], sale["vendor"])


def _sessions(book: Book) -> list[tuple[Row, Decimal | None]]:
    """Return each front-end sale with the amount of its session in its currency; rebills do not count."""
    sessions: defaultdict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for sale in book.counted_sales:
        if not sale["is_rebill"]:
            sessions[sale["vendor"], sale["order_key"]].append(sale)
    found: list[tuple[Row, Decimal | None]] = []
    for (_, key), sales in sessions.items():
        for front in sales:
            if front["receipt"] == key:
                same = [sale["gross_amount"] for sale in sales if sale["currency"] == front["currency"]]
                known = [gross for gross in same if gross is not None]
                found.append((front, sum(known, ZERO) if known else None))
    return found
