"""Affiliates and products over the 30 and 90 days that end today."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from tests.second_oracle.daily import ordered
from tests.second_oracle.history import History, Table, rate, receipts_of, total
from tests.second_oracle.products import MILL, reversed_items, shares
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


def _ranked(rows: Table, *names: str) -> Table:
    """Rank by net sales, the greatest first, then by name, within window and currency."""
    for row in rows:
        rivals = [o for o in rows if all(o[c] == row[c] for c in ("window_days", "currency"))]
        rivals.sort(
            key=lambda o: (
                -Decimal(str(o["net_sales"])),
                *((o[name] is None, str(o[name])) for name in names),
            )
        )
        row["rank"] = rivals.index(row) + 1
    return rows


def _per(amount: Decimal, orders: int) -> Decimal | None:
    """Return an exact mean, to the four places that are stored."""
    return (amount / orders).quantize(MILL, rounding=ROUND_HALF_UP) if orders else None


def affiliates_table(history: History) -> Table:
    """Return one row per window, currency and affiliate, whatever the vendor."""
    rows: Table = []
    for length in WINDOWS:
        tellings, sales, refunds, disputes = _recent(history, length)
        reversals = [*refunds, *disputes]
        groups = [(sale.row.currency, sale.row.affiliate) for sale in tellings]
        groups += [(one.currency, one.affiliate) for one in reversals]
        for group in ordered(groups):
            own = [s for s in sales if (s.row.currency, s.row.affiliate) == group]
            told = [s for s in tellings if (s.row.currency, s.row.affiliate) == group]
            refunded = [o for o in refunds if (o.currency, o.affiliate) == group]
            disputed = [o for o in disputes if (o.currency, o.affiliate) == group]
            gross = total([sale.row.amount for sale in own])
            back = total([one.row.amount for one in (*refunded, *disputed)])
            orders = len({(sale.seller, sale.order_key) for sale in told})
            rows.append(
                {
                    "window_days": length,
                    "currency": group[0],
                    "affiliate": group[1],
                    "sale_count": len(own),
                    "rebill_count": sum(sale.row.is_rebill for sale in own),
                    "gross_sales": gross,
                    "refund_count": receipts_of(refunded),
                    "refund_rate": rate(receipts_of(refunded), len(own)),
                    "chargeback_count": receipts_of(disputed),
                    "chargeback_rate": rate(receipts_of(disputed), len(own)),
                    "net_sales": gross - back,
                    "earnings_per_order": _per(total([sale.row.account_amount for sale in told]), orders),
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
        tellings, _, refunds, disputes = _recent(history, length)
        lines = [(sale, item) for sale in tellings for item in sale.row.items]
        groups = [(sale.row.currency, sale.seller, item.item_no) for sale, item in lines]
        groups += [(o.currency, o.vendor, i) for o in (*refunds, *disputes) for i in reversed_items(o)]
        for group in ordered(groups):
            told = [(s, i) for s, i in lines if (s.row.currency, s.seller, i.item_no) == group]
            own = [(sale, item) for sale, item in told if sale.is_counted]
            refunded, disputed = (
                [o for o in side if (o.currency, o.vendor) == group[:2] and group[2] in reversed_items(o)]
                for side in (refunds, disputes)
            )
            sold = len({(sale.seller, sale.row.receipt, sale.payment) for sale, _ in own})
            gross = total([item.line_amount for _, item in own])
            item_no = group[2] if isinstance(group[2], str) else None
            orders = len({(sale.seller, sale.order_key) for sale, _ in told})
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
                    "earnings_per_order": _per(total([item.account_amount for _, item in told]), orders),
                }
            )
    return _ranked(rows, "item_no", "vendor")
