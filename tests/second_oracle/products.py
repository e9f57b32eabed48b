"""Products by the day: lines sold, and receipts refunded."""

from decimal import ROUND_HALF_UP, Decimal

from tests.second_oracle.daily import ordered
from tests.second_oracle.history import History, Table, total
from tests.second_oracle.reversals import Reversal
from tests.second_oracle.rows import Item
from tests.second_oracle.sales import Sale

Line = tuple[Sale, Item]
MILL = Decimal("0.0001")


def sold_lines(history: History) -> list[Line]:
    """Return every line of every counted sale."""
    return [(sale, item) for sale in history.counted_sales for item in sale.row.items]


def reversed_items(reversal: Reversal) -> list[str | None]:
    """Return the items that a reversal names, else all items of its sale."""
    named = [item.item_no for item in reversal.row.items if item.item_no is not None]
    if named:
        return list(dict.fromkeys(named))
    return [] if reversal.sale is None else list(dict.fromkeys(i.item_no for i in reversal.sale.row.items))


def shares(reversal: Reversal) -> dict[str | None, Decimal]:
    """Split a reversal over its items by their lines' amounts, or evenly where those are unknown.

    A line of less than nothing has no share. Each share is rounded to the four places that are stored.
    """
    items = reversed_items(reversal)
    amount = reversal.row.amount
    if not items or amount is None:
        return {}
    if len(items) == 1:
        return {items[0]: amount}
    lines = () if reversal.sale is None else reversal.sale.row.items
    weights = {
        item: max(total([line.line_amount for line in lines if line.item_no == item]), Decimal(0))
        for item in items
    }
    if reversal.sale is None or sum(weights.values()) == 0:
        weights = dict.fromkeys(items, Decimal(1))
    return {
        item: (amount * weight / sum(weights.values())).quantize(MILL, rounding=ROUND_HALF_UP)
        for item, weight in weights.items()
    }


def daily_products_table(history: History) -> Table:
    """Return one row per day, currency, vendor and item, for every item sold or refunded on the day."""
    lines = sold_lines(history)
    groups = {(sale.sold_date, sale.row.currency, sale.seller, item.item_no) for sale, item in lines}
    groups |= {
        (refund.happened_date, refund.currency, refund.vendor, item)
        for refund in history.counted_refunds
        for item in reversed_items(refund)
    }
    return [_product_day(group, lines, history) for group in ordered(groups)]


def _product_day(group: tuple[object, ...], lines: list[Line], history: History) -> dict[str, object]:
    day, currency, vendor, item_no = group
    own = [
        item
        for sale, item in lines
        if (sale.sold_date, sale.row.currency, sale.seller, item.item_no) == group
    ]
    refunded = {
        (refund.seller, refund.row.receipt)
        for refund in history.counted_refunds
        if (refund.happened_date, refund.currency, refund.vendor) == (day, currency, vendor)
        and item_no in reversed_items(refund)
    }
    titles = sorted({item.title for item in own if item.title is not None})
    return {
        "report_date": day,
        "currency": currency,
        "vendor": vendor,
        "item_no": item_no,
        "titles": titles,
        "quantity": sum((item.quantity for item in own), Decimal(0)),
        "line_sales": total([item.line_amount for item in own]),
        "refund_count": len(refunded),
    }
