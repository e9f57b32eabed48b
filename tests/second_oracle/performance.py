"""Affiliates and products over the 30 and 90 days that end today."""

from datetime import date, timedelta
from decimal import Decimal

from tests.second_oracle.daily import ordered
from tests.second_oracle.history import History, Table, rate, receipts_of, total
from tests.second_oracle.products import reversed_items, shares, sold_lines
from tests.second_oracle.reversals import Reversal
from tests.second_oracle.sales import Sale

WINDOWS = (30, 90)


def _recent(history: History, length: int) -> tuple[list[Sale], list[Sale], list[Reversal], list[Reversal]]:
    """Return all tellings of sales, the counted ones, the refunds and the disputes of a window."""
    today = history.today
    if today is None:
        return [], [], [], []

    def is_recent(day: date) -> bool:
        return today - timedelta(days=length) < day <= today

    return (
        [sale for sale in history.sales if is_recent(sale.sold_date)],
        [sale for sale in history.counted_sales if is_recent(sale.sold_date)],
        [one for one in history.counted_refunds if is_recent(one.happened_date)],
        [one for one in history.counted_chargebacks if is_recent(one.happened_date)],
    )


def _ranked(rows: Table, name: str) -> Table:
    """Rank by net sales, the greatest first, then by name, within window, currency and vendor."""
    for row in rows:
        rivals = [o for o in rows if all(o[c] == row[c] for c in ("window_days", "currency", "vendor"))]
        rivals.sort(key=lambda o: (-Decimal(str(o["net_sales"])), o[name] is None, str(o[name])))
        row["rank"] = rivals.index(row) + 1
    return rows


def affiliates_table(history: History) -> Table:
    """Return one row per window, currency, vendor and affiliate."""
    rows: Table = []
    for length in WINDOWS:
        tellings, sales, refunds, disputes = _recent(history, length)
        reversals = [*refunds, *disputes]
        groups = [(sale.row.currency, sale.seller, sale.row.affiliate) for sale in sales]
        groups += [(one.currency, one.vendor, one.affiliate) for one in reversals]
        for group in ordered(groups):
            own = [s for s in sales if (s.row.currency, s.seller, s.row.affiliate) == group]
            told = [s for s in tellings if (s.row.currency, s.seller, s.row.affiliate) == group]
            refunded = [o for o in refunds if (o.currency, o.vendor, o.affiliate) == group]
            disputed = [o for o in disputes if (o.currency, o.vendor, o.affiliate) == group]
            gross = total([sale.row.amount for sale in own])
            back = total([one.row.amount for one in (*refunded, *disputed)])
            orders = len({(sale.seller, sale.order_key) for sale in own})
            rows.append(
                {
                    "window_days": length,
                    "currency": group[0],
                    "vendor": group[1],
                    "affiliate": group[2],
                    "sale_count": len(own),
                    "rebill_count": sum(sale.row.is_rebill for sale in own),
                    "gross_sales": gross,
                    "refund_count": receipts_of(refunded),
                    "refund_rate": rate(receipts_of(refunded), len(own)),
                    "chargeback_count": receipts_of(disputed),
                    "chargeback_rate": rate(receipts_of(disputed), len(own)),
                    "net_sales": gross - back,
                    "earnings_per_order": rate(total([sale.row.account_amount for sale in told]), orders),
                }
            )
    return _ranked(rows, "affiliate")


def products_table(history: History) -> Table:
    """Return one row per window, currency, vendor and item.

    A reversal counts for the items it names, else for all items of its sale, and its amount is split over
    them.
    """
    rows: Table = []
    for length in WINDOWS:
        _, sales, refunds, disputes = _recent(history, length)
        lines = [(sale, item) for sale, item in sold_lines(history) if sale in sales]
        groups = [(sale.row.currency, sale.seller, item.item_no) for sale, item in lines]
        groups += [(o.currency, o.vendor, i) for o in (*refunds, *disputes) for i in reversed_items(o)]
        for group in ordered(groups):
            own = [(s, i) for s, i in lines if (s.row.currency, s.seller, i.item_no) == group]
            refunded, disputed = (
                [o for o in side if (o.currency, o.vendor) == group[:2] and group[2] in reversed_items(o)]
                for side in (refunds, disputes)
            )
            sold = len({(sale.seller, sale.row.receipt, sale.payment) for sale, _ in own})
            gross = total([item.line_amount for _, item in own])
            item_no = group[2] if isinstance(group[2], str) else None
            back = sum((shares(one)[item_no] for one in (*refunded, *disputed) if shares(one)), Decimal(0))
            rows.append(
                {
                    "window_days": length,
                    "currency": group[0],
                    "vendor": group[1],
                    "item_no": item_no,
                    "sale_count": sold,
                    "gross_sales": gross,
                    "refund_count": receipts_of(refunded),
                    "refund_rate": rate(receipts_of(refunded), sold),
                    "chargeback_count": receipts_of(disputed),
                    "chargeback_rate": rate(receipts_of(disputed), sold),
                    "net_sales": gross - back,
                    "earnings_per_order": rate(total([item.account_amount for _, item in own]), sold),
                }
            )
    return _ranked(rows, "item_no")
