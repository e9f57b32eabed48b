"""Format 1: the field names of ClickBank's Instant Notification Service, versions 7 and 8."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ingest.simulation import clock
from ingest.simulation.business.catalogue import LANGUAGES
from ingest.simulation.choice import Choice

if TYPE_CHECKING:
    from random import Random

    from ingest.simulation.business.posting import Posting
    from ingest.simulation.business.trade import Customer, Line

_TIME = Choice([(clock.basic, 0.82), (clock.extended, 0.13), (clock.zulu, 0.05)])
_VERSION: Choice[float | int | str] = Choice([(8, 0.6), (7.0, 0.3), ("8", 0.1)])
_NEGATIVE_REVERSAL_SHARE = 0.5
_TRACKING_SHARE = 0.35
_VARIABLES_SHARE = 0.3
REBILL_DAYS = 30
USD_DECIMALS = 2


def payload(posting: Posting, rng: Random, *, in_usd: bool = False) -> dict[str, Any]:
    """Return a posting as an INS notification.

    Args:
        posting: The movement.
        rng: Draws the writing of times, signs and optional fields.
        in_usd: Tell dollars, as INS does; the currency still names the customer's.
    """
    sale = posting.sale
    session = sale.session
    decimals = USD_DECIMALS if in_usd else session.currency.decimals
    # Live senders do not agree on the sign of a reversal's amounts.
    sign = -1 if posting.reversal is not None and rng.random() < _NEGATIVE_REVERSAL_SHARE else 1
    data: dict[str, Any] = {
        "transactionTime": _TIME.draw(rng)(posting.occurred_at),
        "receipt": sale.receipt,
        "transactionType": posting.transaction_type,
        "vendor": session.vendor.nickname,
        "role": posting.role,
        "totalAccountAmount": money(sign * posting.account, decimals),
        "paymentMethod": session.payment_method,
        "totalOrderAmount": money(sign * posting.gross, decimals),
        "totalTaxAmount": money(sign * posting.tax, decimals),
        "totalShippingAmount": money(sign * posting.shipping, decimals),
        "currency": session.currency.code,
        "orderLanguage": LANGUAGES.get(session.customer.country, "EN"),
        "lineItems": [_line(posting, line, decimals) for line in posting.lines],
        "customer": _customer(session.customer),
    }
    if session.affiliate is not None:
        data["affiliate"] = session.affiliate.nickname
    if session.tracking_id is not None:
        data["trackingCodes"] = [session.tracking_id]
    if posting.reversal is not None:
        data.update(_reversal(posting))
    _add_context(data, posting, rng)
    data["version"] = _VERSION.draw(rng)
    data["attemptCount"] = 1
    return data


def money(minor: int, decimals: int) -> float | int:
    """Return an amount as a JSON number. Two decimals survive the way through a float exactly."""
    return minor / 100 if decimals else minor


def next_payment_date(posting: Posting) -> str:
    """Return the date of the next rebill."""
    return clock.day(posting.occurred_at + REBILL_DAYS * 86400)


def _line(posting: Posting, line: Line, decimals: int) -> dict[str, Any]:
    fields = _product_line(line, posting.role, decimals)
    if not line.product.is_recurring:
        return fields
    return {
        **fields,
        "paymentsProcessed": posting.sale.payment_number,
        "paymentsRemaining": 999,
        "nextPaymentDate": next_payment_date(posting),
    }


# Most lines are alike. Those of partial refunds are not: hence the bound.
@lru_cache(maxsize=4096)
def _product_line(line: Line, role: str, decimals: int) -> dict[str, Any]:
    product = line.product
    fields: dict[str, Any] = {
        "itemNo": product.item_no,
        "productTitle": product.title,
        "productPrice": money(line.price, decimals),
        "productDiscount": 0,
        "quantity": 1,
        "accountAmount": money(line.account if role == "VENDOR" else line.payout, decimals),
        "taxAmount": money(line.tax, decimals),
        "shippingAmount": money(line.shipping, decimals),
        "shippable": product.shipping > 0,
        "recurring": product.is_recurring,
        "lineItemType": line.line_type,
    }
    if role == "VENDOR":
        fields["affiliatePayout"] = money(line.payout, decimals)
    return fields


def _customer(customer: Customer) -> dict[str, Any]:
    address = {"postalCode": customer.postal_code, "country": customer.country}
    if customer.state is not None:
        address["state"] = customer.state
    person = {
        "firstName": customer.first_name,
        "lastName": customer.last_name,
        "fullName": f"{customer.first_name} {customer.last_name}",
        "email": customer.email,
    }
    return {
        "shipping": {
            **person,
            "phoneNumber": customer.phone,
            "address": {"address1": "1 Invented St", **address},
        },
        "billing": {**person, "address": address},
    }


def _reversal(posting: Posting) -> dict[str, Any]:
    reversal = posting.reversal
    assert reversal is not None
    if posting.transaction_type == "RFND":
        return {"refundType": reversal.refund_type, "reason": reversal.reason}
    if reversal.status is None:
        return {}
    return {"chargeback_id": posting.reference, "status": reversal.status}


def _add_context(data: dict[str, Any], posting: Posting, rng: Random) -> None:
    """Add the fields of some notifications only: the upsell flow, the vendor's variables, the click."""
    session = posting.sale.session
    if session.funnel.upsells and posting.sale.payment_number == 1:
        data["upsell"] = {
            "upsellOriginalReceipt": session.receipt,
            "upsellFlowId": session.funnel.flow_id,
            "upsellSession": f"S{session.receipt}",
        }
        if posting.sale.path is not None:
            data["upsell"]["upsellPath"] = posting.sale.path
    if rng.random() < _VARIABLES_SHARE:
        data["vendorVariables"] = {"vtid": f"VT-{session.receipt[:3]}", "template": "b"}
    if rng.random() < _TRACKING_SHARE:
        data["commonTrackingParameters"] = {
            "clickId": f"c{session.receipt.lower()}",
            "clickTimestamp": f"{clock.zulu(posting.sale.occurred_at - 600)[:-1]}.669756922Z",
            "deviceType": "mobile",
            "os": "Android",
            "osVersion": "??",
            "country": session.customer.country,
        }
