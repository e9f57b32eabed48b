"""Sales, refunds and chargebacks by the day on which each happened."""

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from tests.second_oracle.history import History, Table, receipts_of, total
from tests.second_oracle.reversals import Reversal, is_another
from tests.second_oracle.sales import Sale
from tests.second_oracle.transaction_types import role_rank

MILL = Decimal("0.0001")

Group = tuple[date, str | None, str | None, str | None]


def sale_group(sale: Sale) -> Group:
    """Return the day, currency, vendor and affiliate of a sale."""
    return sale.sold_date, sale.row.currency, sale.seller, sale.row.affiliate


def reversal_group(reversal: Reversal) -> Group:
    """Return the day of a reversal, its currency, and its sale's vendor and affiliate."""
    return reversal.happened_date, reversal.currency, reversal.vendor, reversal.affiliate


def ordered(groups: Iterable[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Return distinct groups in a stable order; an unknown part is a group of its own."""
    return sorted(set(groups), key=lambda group: tuple((part is not None, str(part)) for part in group))


def daily_table(history: History) -> Table:
    """Return one row per day, currency, vendor and affiliate."""
    groups = {sale_group(sale) for sale in history.sales}
    groups |= {reversal_group(one) for one in (*history.refunds, *history.chargebacks) if one.is_money}
    return [_day(group, history) for group in ordered(groups)]


def _day(group: tuple[object, ...], history: History) -> dict[str, object]:
    """Sum one group: customers' money once per receipt, own earnings over all roles."""
    tellings = [sale for sale in history.sales if sale_group(sale) == group]
    sales = [sale for sale in tellings if sale.is_counted]
    refunds = [one for one in history.counted_refunds if reversal_group(one) == group]
    chargebacks = [one for one in history.counted_chargebacks if reversal_group(one) == group]
    reversed_tellings = [
        one
        for one in (*history.refunds, *history.chargebacks)
        if one.is_money and reversal_group(one) == group
    ]
    gross = total([sale.row.amount for sale in sales])
    refunded = total([one.row.amount for one in refunds])
    charged_back = total([one.row.amount for one in chargebacks])
    earned = total([sale.row.account_amount for sale in tellings])
    told_back = total([one.row.account_amount for one in reversed_tellings])
    estimated_back = total([estimated_account_amount(one, history) for one in reversed_tellings])
    refund_fees = total([one.row.fee for one in refunds])
    chargeback_fees = total([one.row.fee for one in chargebacks])
    return {
        "report_date": group[0],
        "currency": group[1],
        "vendor": group[2],
        "affiliate": group[3],
        "sale_count": sum(not sale.row.is_rebill for sale in sales),
        "rebill_count": sum(sale.row.is_rebill for sale in sales),
        "order_count": len({(sale.seller, sale.order_key) for sale in sales if not sale.row.is_rebill}),
        "gross_sales": gross,
        "refund_count": receipts_of(refunds),
        "refund_amount": refunded,
        "chargeback_count": receipts_of(chargebacks),
        "chargeback_amount": charged_back,
        "net_sales": gross - refunded - charged_back,
        "account_amount": earned,
        "reversed_account_amount": told_back,
        "estimated_reversed_account_amount": estimated_back,
        "refund_fee_amount": refund_fees,
        "chargeback_fee_amount": chargeback_fees,
        "earnings_net": earned - told_back - estimated_back - refund_fees - chargeback_fees,
    }


def estimated_account_amount(reversal: Reversal, history: History) -> Decimal | None:
    """Estimate the account amount that a reversal leaves out, by its share of the sale's gross.

    At most all of it is taken back, once: by the reversal that the sale's own role is told, else by that of
    the preferred role. A refund of tax takes nothing of it. Amounts in two currencies are never compared:
    such a reversal has no estimate.
    """
    sale = reversal.telling
    if reversal.row.account_amount is not None or sale is None or reversal.row.amount is None:
        return None
    if sale.row.account_amount is None or is_another(sale.row.currency, reversal.currency):
        return None
    if reversal.row.amount == 0 or reversal.row.refund_type == "TAX" or not _takes_back(reversal, history):
        return Decimal(0)
    if not sale.row.amount:
        return None
    part = min(reversal.row.amount, sale.row.amount)
    share = (abs(sale.row.account_amount) * part / sale.row.amount).quantize(MILL, rounding=ROUND_HALF_UP)
    return share.copy_sign(sale.row.account_amount)


def _takes_back(reversal: Reversal, history: History) -> bool:
    """Tell whether this role's reversals take back what this telling of the sale brought."""
    assert reversal.telling is not None
    own_role = reversal.telling.row.role
    rivals = [
        other.row.role
        for other in (*history.refunds, *history.chargebacks)
        if other.telling == reversal.telling and other.row.event_type == reversal.row.event_type
    ]
    return reversal.row.role == min(rivals, key=lambda role: (role != own_role, role_rank(role)))
