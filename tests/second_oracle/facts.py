"""The fact tables of money, one dict a row."""

from decimal import Decimal

from tests.second_oracle.classes import news_of
from tests.second_oracle.history import UNDECIDED, History, Table
from tests.second_oracle.instants import day_of
from tests.second_oracle.reversals import Reversal
from tests.second_oracle.sales import Sale
from tests.second_oracle.transaction_types import ECHECK, REBILL, SALE

CENT = Decimal("0.01")


def sales_table(history: History) -> Table:
    """Return one row per payment, role and seller."""
    return [
        {
            **_key(sale),
            "receipt": sale.row.receipt,
            "order_key": sale.order_key,
            "sold_at": sale.sold_at,
            "sold_date": sale.sold_date,
            "vendor": sale.seller,
            "affiliate": sale.row.affiliate,
            "role": sale.row.role,
            "transaction_type": _transaction_type(sale),
            "is_rebill": sale.row.is_rebill,
            "currency": sale.row.currency,
            "gross_amount": sale.row.amount,
            "account_amount": sale.row.account_amount,
            "tax_amount": sale.row.tax_amount,
            "shipping_amount": sale.row.shipping_amount,
            "payment_method": sale.row.payment_method,
            "country": sale.row.country,
            "tracking_id": sale.row.tracking_id,
            "is_counted": sale.is_counted,
        }
        for sale in history.sales
    ]


def _transaction_type(sale: Sale) -> str:
    """Return the told type; one that is missing, or a label, is derived."""
    told = sale.row.meaning
    return told if told in (SALE, REBILL) else REBILL if sale.row.is_rebill else SALE


def lines_table(history: History) -> Table:
    """Return one row per line of a sale; lines are numbered from 1."""
    return [
        {
            **_key(sale),
            "line_number": number,
            "item_no": item.item_no,
            "title": item.title,
            "quantity": item.quantity,
            "price_amount": UNDECIDED if item.is_synthetic else item.price_amount,
            "line_amount": item.line_amount,
            "account_amount": item.account_amount,
            "affiliate_payout": item.affiliate_payout,
            "line_item_type": item.line_item_type,
            "is_recurring": item.is_recurring,
            "payments_processed": item.payments_processed,
            "payments_remaining": item.payments_remaining,
            "next_payment_date": item.next_payment_date,
            "rebill_amount": item.rebill_amount,
            "is_counted": sale.is_counted,
        }
        for sale in history.sales
        for number, item in enumerate(sale.row.items, start=1)
    ]


def refunds_table(history: History) -> Table:
    """Return one row per refund and role."""
    return [
        {
            **_reversal(refund, history),
            "refunded_at": refund.happened_at,
            "refunded_date": refund.happened_date,
            "refund_amount": refund.row.amount,
            "refund_type": _refund_type(refund, history),
            "days_to_refund": _days(refund, history),
        }
        for refund in history.refunds
    ]


def chargebacks_table(history: History) -> Table:
    """Return one row per notice of a dispute and role."""
    return [
        {
            **_reversal(one, history),
            "charged_back_at": one.happened_at,
            "charged_back_date": one.happened_date,
            "chargeback_amount": one.row.amount,
            "kind": "echeck" if one.row.meaning == ECHECK else "card",
            "status": news_of(one.row),
            "is_overturned": one.is_overturned,
            "days_to_chargeback": _days(one, history),
        }
        for one in history.chargebacks
    ]


def _key(fact: Sale | Reversal) -> dict[str, object]:
    return {"event_key": fact.event_key, "item_index": fact.item_index}


def _reversal(reversal: Reversal, history: History) -> dict[str, object]:
    sold = reversal.sold_date
    if sold is None and reversal.row.original_at is not None:
        sold = day_of(reversal.row.original_at, history.zone)
    return {
        **_key(reversal),
        "receipt": reversal.row.receipt,
        "currency": reversal.currency,
        "vendor": reversal.vendor,
        "affiliate": reversal.affiliate,
        "told_vendor": reversal.row.vendor,
        "told_affiliate": reversal.row.affiliate,
        "role": reversal.row.role,
        "account_amount": reversal.row.account_amount,
        "fee_amount": reversal.row.fee,
        "sold_date": sold,
        "is_orphan": reversal.sale is None,
        "orphan_reason": reversal.ambiguity or ("unknown_sale" if reversal.sale is None else None),
        "is_counted": reversal.is_counted,
    }


def _days(reversal: Reversal, history: History) -> int | None:
    """Return the difference of report days between sale and reversal, never below 0."""
    sold = _reversal(reversal, history)["sold_date"]
    return None if sold is None else max((reversal.happened_date - sold).days, 0)  # type: ignore[operator]


def _refund_type(refund: Reversal, history: History) -> object:
    """Return the told type, else FULL once the refunds of the payment so far reach its gross less a cent.

    No rule says the type of a refund whose sale's gross is unknown or in another currency, nor the order of
    refunds of one instant.
    """
    if refund.row.refund_type is not None:
        return refund.row.refund_type
    if refund.telling is None or refund.telling.row.amount is None:
        return UNDECIDED
    rivals = [
        other
        for other in history.refunds
        if other.telling == refund.telling
        and other.row.role == refund.row.role
        and other.happened_at <= refund.happened_at
        and other.row.refund_type != "TAX"
    ]
    at_once = sum(other.happened_at == refund.happened_at for other in rivals)
    if at_once > 1 or any(other.currency != refund.telling.row.currency for other in rivals):
        return UNDECIDED
    so_far = sum(other.row.amount or Decimal(0) for other in rivals)
    return "FULL" if so_far >= refund.telling.row.amount - CENT else "PARTIAL"
