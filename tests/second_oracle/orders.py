"""One seller's receipt and its life."""

from decimal import Decimal

from tests.second_oracle.facts import CENT
from tests.second_oracle.history import UNDECIDED, History, Table, total
from tests.second_oracle.reversals import Reversal, is_another
from tests.second_oracle.sales import Sale, order_key_of, payments_of

Receipt = tuple[str | None, str]


def orders_table(history: History) -> Table:
    """Return one row per seller and receipt, those known by a reversal alone included."""
    receipts: dict[Receipt, None] = {}
    for sale in history.counted_sales:
        receipts[sale.seller, sale.row.receipt] = None
    for reversal in (*history.counted_refunds, *history.counted_chargebacks):
        receipts[reversal.seller, reversal.row.receipt] = None
    return [_order(receipt, history) for receipt in receipts]


def _of(receipt: Receipt, reversals: list[Reversal]) -> list[Reversal]:
    own = [reversal for reversal in reversals if (reversal.seller, reversal.row.receipt) == receipt]
    return sorted(own, key=lambda reversal: reversal.happened_at)


def _order(receipt: Receipt, history: History) -> dict[str, object]:
    """Add up the payments of a receipt, which its sale names, and subtract the reversals in their currency alone.

    With a reversal in any other currency the net is unknown; with payments in two, every amount is. A
    payment without a currency has that of the receipt's others. An orphan has no gross, and its net is minus
    its reversals; among those an unknown currency is a currency of its own. Won and reversed disputes are
    never subtracted from the disputes.
    """
    payments = sorted(payments_of(*receipt, history.sales), key=lambda payment: payment.row.is_rebill)
    refunds = _of(receipt, history.counted_refunds)
    chargebacks = _of(receipt, history.counted_chargebacks)
    reversals = sorted([*refunds, *chargebacks], key=_naming_order)
    currency = payments[0].row.currency if payments else reversals[0].currency
    gross = _gross(payments)

    def is_apart(one: Reversal) -> bool:
        own = one.sale.row.currency if one.sale and one.sale.row.currency else None
        known = [own] if own else [payment.row.currency for payment in payments]
        return any(is_another(one.currency, each) for each in known) if payments else one.currency != currency

    refunded = total([one.row.amount for one in refunds if not is_apart(one)])
    charged_back = total([one.row.amount for one in chargebacks if not is_apart(one)])
    has_other = any(is_apart(one) for one in reversals)
    are_payments_mixed = len({payment.row.currency for payment in payments} - {None}) > 1
    is_mixed = has_other or are_payments_mixed
    net = None if is_mixed else (gross or Decimal(0)) - refunded - charged_back
    first = payments[0] if payments else None
    return {
        "receipt": receipt[1],
        "order_key": first.order_key if first else order_key_of(receipt[0], reversals[0].row, history.sales),
        "sold_at": first.sold_at if first else None,
        "sold_date": first.sold_date if first else None,
        "vendor": receipt[0],
        "affiliate": first.row.affiliate if first else reversals[0].affiliate,
        "currency": currency,
        "gross_amount": gross,
        "refunded_amount": None if are_payments_mixed else refunded,
        "charged_back_amount": None if are_payments_mixed else charged_back,
        "net_amount": net,
        "refund_count": len(refunds),
        "chargeback_count": len(chargebacks),
        "standing_chargeback_count": sum(not one.is_overturned for one in chargebacks),
        "first_refunded_at": refunds[0].happened_at if refunds else None,
        "first_charged_back_at": chargebacks[0].happened_at if chargebacks else None,
        "state": _state(payments, gross, refunds, chargebacks),
        "has_other_currency_reversal": has_other,
        "is_over_reversed": UNDECIDED if net is None else net < 0,
    }


def _naming_order(reversal: Reversal) -> tuple[object, ...]:
    """Order the reversals that may name an orphan: by time, refunds first, then by affiliate and currency."""
    names = [(name is None, name or "") for name in (reversal.affiliate, reversal.currency)]
    return (reversal.happened_at, reversal.row.event_type != "refund.processed", *names)


def _gross(payments: list[Sale]) -> Decimal | None:
    """Sum the payments, if all are in one currency; sales with only an account amount have no gross."""
    amounts = [payment.row.amount for payment in payments if payment.row.amount is not None]
    are_mixed = len({payment.row.currency for payment in payments} - {None}) > 1
    return total(list(amounts)) if amounts and not are_mixed else None


def _state(
    payments: list[Sale], gross: Decimal | None, refunds: list[Reversal], chargebacks: list[Reversal]
) -> object:
    """Return the state: a chargeback outweighs a refund, and a refund of tax never makes an order refunded."""
    if not payments:
        return "orphan"
    if chargebacks:
        return "charged_back"
    if not refunds:
        return "sold"
    own = [
        one
        for one in refunds
        if one.row.refund_type != "TAX" and not is_another(one.currency, payments[0].row.currency)
    ]
    if own and gross is not None and total([one.row.amount for one in own]) >= gross - CENT:
        return "refunded"
    return _state_of_a_part(payments, gross, own)


def _state_of_a_part(payments: list[Sale], gross: Decimal | None, own: list[Reversal]) -> object:
    """Return the state after refunds of less than the gross; a told FULL contradicts the amounts."""
    is_full = any(one.row.refund_type == "FULL" for one in own)
    if not own:
        return "partially_refunded"
    if gross is None:
        return "refunded" if is_full else UNDECIDED
    short = gross - total([one.row.amount for one in own])
    return UNDECIDED if is_full or short <= CENT * len(payments) else "partially_refunded"
