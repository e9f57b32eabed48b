"""Sessions, sales and reversals, with amounts that add up.

Amounts are integers in the currency's smallest unit, so that every total is exact.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from ingest.simulation.business.catalogue import (
    AFFILIATES,
    DIRECT_SHARE,
    FIRST_NAMES,
    LAST_NAMES,
    PAYMENT_METHODS,
    STATE_TAX,
    VENDORS,
    Affiliate,
    Currency,
    Funnel,
    Product,
    Vendor,
)
from ingest.simulation.choice import Choice, one_of

if TYPE_CHECKING:
    from random import Random

FEE_RATE = 0.075
FLAT_FEE_CENTS = 100
BUMP_SHARE = 0.3
TRACKED_SHARE = 0.55

_VENDOR = Choice((vendor, vendor.share) for vendor in VENDORS)
_FUNNEL = {vendor.nickname: Choice((funnel, funnel.share) for funnel in vendor.funnels) for vendor in VENDORS}
_CURRENCY = {vendor.nickname: Choice(vendor.currencies) for vendor in VENDORS}
_AFFILIATE: Choice[Affiliate | None] = Choice(
    [
        (None, DIRECT_SHARE * sum(1 / rank for rank in range(1, len(AFFILIATES) + 1))),
        *((affiliate, 1 / rank) for rank, affiliate in enumerate(AFFILIATES, start=1)),
    ]
)


class Customer(NamedTuple):
    """An invented person."""

    first_name: str
    last_name: str
    email: str
    phone: str
    country: str
    state: str | None
    postal_code: str


class Session(NamedTuple):
    """One visit: the front-end sale, its upsells and their rebills share it."""

    receipt: str
    vendor: Vendor
    funnel: Funnel
    affiliate: Affiliate | None
    currency: Currency
    tax_rate: float
    customer: Customer
    payment_method: str
    tracking_id: str | None


class Line(NamedTuple):
    """One line of a sale; tax and shipping come on top of the price."""

    product: Product
    line_type: str
    price: int
    tax: int
    shipping: int
    payout: int
    account: int


class Sale(NamedTuple):
    """One receipt: a front-end sale, an upsell (it has a path) or a rebill (its number is above 1)."""

    receipt: str
    session: Session
    occurred_at: int
    lines: tuple[Line, ...]
    path: str | None = None
    payment_number: int = 1


class Reversal(NamedTuple):
    """Money that goes back: a refund, or one stage of a chargeback."""

    sale: Sale
    transaction_type: str
    occurred_at: int
    lines: tuple[Line, ...]
    reference: str
    reason: str
    refund_type: str = "FULL"
    status: str | None = None


def gross(lines: tuple[Line, ...]) -> int:
    """Return the amount that the customer pays for the lines, tax and shipping included."""
    return sum(line.price + line.tax + line.shipping for line in lines)


def draw_session(rng: Random, receipt: str) -> Session:
    """Return a new visit by a new customer, whose first receipt is given."""
    vendor = _VENDOR.draw(rng)
    currency = _CURRENCY[vendor.nickname].draw(rng)
    customer, tax_rate = _draw_customer(rng, currency)
    return Session(
        receipt,
        vendor,
        _FUNNEL[vendor.nickname].draw(rng),
        _AFFILIATE.draw(rng),
        currency,
        tax_rate,
        customer,
        one_of(rng, PAYMENT_METHODS),
        f"camp{int(rng.random() * 40):02d}" if rng.random() < TRACKED_SHARE else None,
    )


def _draw_customer(rng: Random, currency: Currency) -> tuple[Customer, float]:
    country = one_of(rng, currency.countries)
    state, tax_rate = one_of(rng, STATE_TAX) if country == "US" else (None, currency.tax_rate or 0.0)
    number = int(rng.random() * 1_000_000)
    customer = Customer(
        one_of(rng, FIRST_NAMES),
        one_of(rng, LAST_NAMES),
        f"customer{number}@example.com",
        f"+1555{number:07d}",
        country,
        state,
        f"{number % 100_000:05d}",
    )
    return customer, tax_rate


def priced(session: Session, product: Product, line_type: str, cents: int) -> Line:
    """Return one line, with the price split between ClickBank, the affiliate and the vendor."""
    has_affiliate = session.affiliate is not None
    return _priced(session.currency, session.tax_rate, product, line_type, cents, has_affiliate=has_affiliate)


# The catalogue allows a few hundred lines in all, so sales share them.
@cache
def _priced(
    currency: Currency, tax_rate: float, product: Product, line_type: str, cents: int, *, has_affiliate: bool
) -> Line:
    price = currency.convert(cents)
    # The flat part of the fee is charged once per receipt, and a bump shares its receipt with the front-end.
    flat = 0 if line_type == "BUMP" else currency.convert(FLAT_FEE_CENTS)
    left = price - min(price, round(price * FEE_RATE) + flat)
    payout = round(left * product.payout_rate) if has_affiliate else 0
    shipping = currency.convert(product.shipping)
    return Line(product, line_type, price, round(price * tax_rate), shipping, payout, left - payout)


def front_end(rng: Random, session: Session, occurred_at: int) -> Sale:
    """Return the first sale of a session, sometimes with an order bump as its second line."""
    funnel = session.funnel
    lines: tuple[Line, ...] = (priced(session, funnel.front_end, "ORIGINAL", funnel.front_end.price),)
    if funnel.bump is not None and rng.random() < BUMP_SHARE:
        lines = (*lines, priced(session, funnel.bump, "BUMP", funnel.bump.price))
    return Sale(session.receipt, session, occurred_at, lines)


def upsell(session: Session, product: Product, receipt: str, path: str, occurred_at: int) -> Sale:
    """Return a later sale of the same session, with a receipt of its own."""
    return Sale(receipt, session, occurred_at, (priced(session, product, "UPSELL", product.price),), path)


def rebill(previous: Sale, occurred_at: int) -> Sale:
    """Return the next payment of a recurring sale: the root receipt with the payment's number as suffix."""
    number = previous.payment_number + 1
    product = previous.lines[0].product
    line = priced(previous.session, product, previous.lines[0].line_type, product.rebill)
    root = previous.receipt.partition("-")[0]
    return Sale(f"{root}-B{number:03d}", previous.session, occurred_at, (line,), payment_number=number)


def scaled(lines: tuple[Line, ...], share: float) -> tuple[Line, ...]:
    """Return the lines with each amount multiplied by ``share`` and rounded."""
    return tuple(Line(*line[:2], *(round(amount * share) for amount in line[2:])) for line in lines)


def remainder(lines: tuple[Line, ...], returned: tuple[Line, ...]) -> tuple[Line, ...]:
    """Return the lines less the returned ones: the two add up to the lines exactly."""
    return tuple(
        Line(
            *line[:2],
            *(amount - returned_amount for amount, returned_amount in zip(line[2:], back[2:], strict=True)),
        )
        for line, back in zip(lines, returned, strict=True)
    )


def only_tax(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """Return the lines with everything but the tax set to zero."""
    return tuple(line._replace(price=0, shipping=0, payout=0, account=0) for line in lines)
