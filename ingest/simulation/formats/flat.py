"""Format 3: Command Center's own, flat and in snake_case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingest.simulation import clock
from ingest.simulation.business.posting import CHARGEBACK_RECEIVED, REFUND_PROCESSED, SALE_CREATED, Posting
from ingest.simulation.choice import Choice
from ingest.simulation.formats.ins import money

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from ingest.simulation.business.trade import Line

_TIME: Choice[Callable[[int], str | int]] = Choice(
    [
        (clock.zulu, 0.62),
        (clock.extended, 0.14),
        (clock.seconds, 0.11),
        (clock.milliseconds, 0.08),
        (clock.naive, 0.03),
        (clock.day, 0.02),
    ]
)
_TIME_KEY = {
    SALE_CREATED: Choice([("transaction_time", 0.6), ("sold_at", 0.4)]),
    REFUND_PROCESSED: Choice([("refunded_at", 0.7), ("refund_date", 0.2), ("processed_at", 0.1)]),
    CHARGEBACK_RECEIVED: Choice([("disputed_at", 0.6), ("chargeback_date", 0.4)]),
}
_GROSS_KEY = {
    SALE_CREATED: Choice([("total_order_amount", 0.5), ("gross_amount", 0.3), ("amount", 0.2)]),
    REFUND_PROCESSED: Choice([("refund_amount", 1.0)]),
    CHARGEBACK_RECEIVED: Choice([("chargeback_amount", 0.8), ("amount", 0.2)]),
}
_AMOUNT_AS_TEXT_SHARE = 0.03
_NAMED_REFERENCE_SHARE = 0.6
_SINGLE_PRODUCT_SHARE = 0.4
_TYPE_LEFT_OUT_SHARE = 0.15
_CHARGEBACK_FEE = 22.0


def payload(posting: Posting, rng: Random) -> dict[str, Any]:
    """Return a posting as a flat object."""
    session = posting.sale.session
    decimals = session.currency.decimals
    data: dict[str, Any] = {
        "receipt": posting.sale.receipt,
        "transaction_type": posting.transaction_type,
        _TIME_KEY[posting.event_type].draw(rng): _TIME.draw(rng)(posting.occurred_at),
        "vendor": session.vendor.nickname,
        "affiliate": session.affiliate.nickname if session.affiliate else None,
        "role": posting.role,
        "currency": session.currency.code,
        _GROSS_KEY[posting.event_type].draw(rng): _gross(posting, rng),
        "account_amount": money(posting.account, decimals),
    }
    if posting.reversal is None:
        data.update(_sale(posting))
        if rng.random() < _TYPE_LEFT_OUT_SHARE:
            del data["transaction_type"]
    else:
        data.update(_reversal(posting, rng))
    data.update(_items(posting, rng))
    return data


def _gross(posting: Posting, rng: Random) -> float | int | str:
    amount = money(posting.gross, posting.sale.session.currency.decimals)
    if rng.random() >= _AMOUNT_AS_TEXT_SHARE:
        return amount
    text = f"{amount:,.2f}" if posting.sale.session.currency.decimals else f"{amount:,}"
    return f"${text}" if posting.sale.session.currency.code == "USD" else text


def _sale(posting: Posting) -> dict[str, Any]:
    session = posting.sale.session
    decimals = session.currency.decimals
    data: dict[str, Any] = {
        "tax_amount": money(posting.tax, decimals),
        "shipping_amount": money(posting.shipping, decimals),
        "payment_method": session.payment_method.lower(),
        "country": session.customer.country,
        "is_rebill": posting.sale.payment_number > 1,
        "customer": {"email": session.customer.email, "name": session.customer.first_name},
    }
    if session.tracking_id is not None:
        data["tracking_id"] = session.tracking_id
    if posting.sale.path is not None:
        data["upsell_original_receipt"] = session.receipt
    return data


def _reversal(posting: Posting, rng: Random) -> dict[str, Any]:
    reversal = posting.reversal
    assert reversal is not None
    data: dict[str, Any] = {"original_transaction_time": clock.zulu(posting.sale.occurred_at)}
    if posting.event_type == REFUND_PROCESSED:
        data |= {"refund_type": reversal.refund_type, "reason": reversal.reason}
        if rng.random() < _NAMED_REFERENCE_SHARE:
            data["refund_id"] = posting.reference
        return data
    data |= {"reason_code": reversal.reason, "card_network": "visa", "fee_amount": _CHARGEBACK_FEE}
    if reversal.status is not None:
        data |= {"chargeback_id": posting.reference, "status": reversal.status}
    return data


def _items(posting: Posting, rng: Random) -> dict[str, Any]:
    if len(posting.lines) == 1 and rng.random() < _SINGLE_PRODUCT_SHARE:
        product = posting.lines[0].product
        return {"product_id": product.item_no, "product_name": product.title, "quantity": 1}
    return {"items": [_line(posting, line) for line in posting.lines]}


def _line(posting: Posting, line: Line) -> dict[str, Any]:
    decimals = posting.sale.session.currency.decimals
    fields = {
        "item_no": line.product.item_no,
        "product_title": line.product.title,
        "quantity": 1,
        "product_price": money(line.price, decimals),
        "account_amount": money(posting.earned(line), decimals),
        "line_item_type": line.line_type,
        "recurring": line.product.is_recurring,
    }
    if posting.role == "VENDOR":
        fields["affiliate_payout"] = money(line.payout, decimals)
    return fields
