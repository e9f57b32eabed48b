"""The refunds and chargebacks of a sale, and their times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.simulation.business.trade import Reversal, Sale, gross, only_tax, remainder, scaled
from ingest.simulation.choice import Choice, one_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

DAY = 86400
_REFUND_SHARE = 0.075
_CHARGEBACK_SHARE = 0.009
_PARTIAL_SHARE = 0.13
_TAX_SHARE = 0.18
_REMAINDER_SHARE = 0.5
_BOTH_SHARE = 0.02
_ECHECK_SHARE = 0.3
_DISPUTED_SHARE = 0.35
_LEAST_PARTIAL_CENTS = 1000
# Days from the sale: (from, to) with its share.
_REFUND_LAG = Choice([((3, 45), 0.88), ((0, 3), 0.08), ((45, 75), 0.04)])
_REASONS = ("not satisfied", "never received", "not compatible", "duplicate", "not recognised")
_OUTCOMES = Choice([("lost", 0.5), ("won", 0.3), ("reversed", 0.2)])

Told = tuple[str, Reversal]


def of_sale(sale: Sale, rng: Random) -> Iterator[Told]:
    """Yield each reversal that a sale will have, with its kind, in order of time."""
    if gross(sale.lines) == 0:
        return
    affiliate = sale.session.affiliate
    is_refunded = rng.random() < _REFUND_SHARE * (affiliate.refund_factor if affiliate else 1)
    if is_refunded:
        yield from refunds(sale, rng, sale.occurred_at + _lag(rng))
    if is_refunded and rng.random() >= _BOTH_SHARE:
        return
    if rng.random() < _CHARGEBACK_SHARE * (affiliate.chargeback_factor if affiliate else 1):
        yield from chargebacks(sale, rng, sale.occurred_at + int((10 + 80 * rng.random()) * DAY))


def refunds(sale: Sale, rng: Random, at: int) -> Iterator[Told]:
    """Yield the refund of a sale: whole, of the tax alone, or of a part and sometimes later of the rest."""
    how = rng.random()
    if how < _PARTIAL_SHARE and gross(sale.lines) >= sale.session.currency.convert(_LEAST_PARTIAL_CENTS):
        yield from _partial_refunds(sale, rng, at)
    elif _PARTIAL_SHARE <= how < _TAX_SHARE and any(line.tax for line in sale.lines):
        yield "tax_refund", _refund(sale, rng, at, "TAX")._replace(lines=only_tax(sale.lines))
    else:
        yield "refund", _refund(sale, rng, at, "FULL")


def chargebacks(sale: Sale, rng: Random, at: int) -> Iterator[Told]:
    """Yield the chargeback of a sale, and sometimes the end of its dispute."""
    is_echeck = rng.random() < _ECHECK_SHARE
    kind, transaction_type = ("echeck", "INSF") if is_echeck else ("chargeback", "CGBK")
    is_disputed = rng.random() < _DISPUTED_SHARE
    first = Reversal(
        sale, transaction_type, at, sale.lines, f"CB{rng.getrandbits(40):010X}", "10.4",
        status="received" if is_disputed else None,
    )  # fmt: skip
    yield kind, first
    if is_disputed:
        ends_at = at + int((20 + 25 * rng.random()) * DAY)
        yield "dispute", first._replace(occurred_at=ends_at, status=_OUTCOMES.draw(rng))


def _partial_refunds(sale: Sale, rng: Random, at: int) -> Iterator[Told]:
    part = scaled(sale.lines, 0.2 + 0.4 * rng.random())
    yield "partial_refund", _refund(sale, rng, at, "PARTIAL")._replace(lines=part)
    if rng.random() < _REMAINDER_SHARE:
        rest_at = at + int((1 + 14 * rng.random()) * DAY)
        yield (
            "partial_refund",
            _refund(sale, rng, rest_at, "PARTIAL")._replace(lines=remainder(sale.lines, part)),
        )


def _refund(sale: Sale, rng: Random, at: int, refund_type: str) -> Reversal:
    return Reversal(
        sale, "RFND", at, sale.lines, f"RF{rng.getrandbits(40):010X}", one_of(rng, _REASONS), refund_type
    )


def _lag(rng: Random) -> int:
    first, last = _REFUND_LAG.draw(rng)
    return int((first + (last - first) * rng.random() ** 1.4) * DAY)
