"""Format 2: the field names and quirks of ClickBank's Orders API, 1.3.

Its quirks are real: ``paytmentMethod``, nulls as ``{"@nil": "true"}``, booleans as strings, and a list of one
written as the object itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingest.simulation import clock
from ingest.simulation.choice import Choice
from ingest.simulation.formats.ins import money, next_payment_date

if TYPE_CHECKING:
    from random import Random

    from ingest.simulation.business.posting import Posting
    from ingest.simulation.business.trade import Line

_NIL = {"@nil": "true"}
_TIME = Choice([(clock.extended, 0.92), (clock.zulu, 0.05), (clock.naive, 0.03)])


def payload(posting: Posting, rng: Random) -> dict[str, Any]:
    """Return a posting as an order of the Orders API."""
    sale = posting.sale
    session = sale.session
    customer = session.customer
    decimals = session.currency.decimals
    lines = [_line(posting, line) for line in posting.lines]
    data: dict[str, Any] = {
        "transactionTime": _TIME.draw(rng)(posting.occurred_at),
        "receipt": sale.receipt,
        "trackingId": session.tracking_id or _NIL,
        "paytmentMethod": session.payment_method,
        "transactionType": posting.transaction_type,
        "totalOrderAmount": money(posting.gross, decimals),
        "totalShippingAmount": money(posting.shipping, decimals),
        "totalTaxAmount": money(posting.tax, decimals),
        "vendor": session.vendor.nickname,
        "affiliate": session.affiliate.nickname if session.affiliate else _NIL,
        "country": customer.country,
        "state": customer.state or _NIL,
        "lastName": customer.last_name,
        "firstName": customer.first_name,
        "fullName": f"{customer.first_name} {customer.last_name}",
        "email": customer.email,
        "postalCode": customer.postal_code,
        "currency": session.currency.code,
        "declinedConsent": "false",
        "role": posting.role,
        "customerRefundableState": "REFUNDABLE" if posting.reversal is None else "ALREADY_REFUNDED",
        "vendorVariables": {"item": {"name": "vtid", "value": f"vt-{session.receipt[:3].lower()}"}},
        "lineItemData": lines[0] if len(lines) == 1 else lines,
    }
    if sale.path is not None:
        data["upsell"] = {"upsellOriginalReceipt": session.receipt, "upsellPath": sale.path}
    if posting.reversal is not None and posting.reversal.status is not None:
        data["chargeback_id"] = posting.reference
        data["status"] = posting.reversal.status
    return data


def _line(posting: Posting, line: Line) -> dict[str, Any]:
    session = posting.sale.session
    product = line.product
    fields: dict[str, Any] = {
        "itemNo": product.item_no,
        "productTitle": product.title,
        "recurring": "true" if product.is_recurring else "false",
        "shippable": "true" if product.shipping else "false",
        "customerAmount": money(line.price, session.currency.decimals),
        "accountAmount": money(posting.earned(line), session.currency.decimals),
        "quantity": "1",
        "lineItemType": line.line_type,
        "rebillAmount": money(session.currency.convert(product.rebill), session.currency.decimals),
        "processedPayments": posting.sale.payment_number,
        "futurePayments": _NIL,
        "nextPaymentDate": next_payment_date(posting) if product.is_recurring else _NIL,
        "status": "ACTIVE" if product.is_recurring else "COMPLETED",
        "role": posting.role,
    }
    return fields
