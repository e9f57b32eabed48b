"""A seller's account: its sales, and the upsells, rebills and reversals that follow."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from ingest.simulation.business import reversals, trade
from ingest.simulation.business.days import ByDay, Day
from ingest.simulation.business.posting import Posting, of_reversal, of_sale
from ingest.simulation.business.receipts import Receipts

if TYPE_CHECKING:
    from random import Random

    from ingest.simulation.business.catalogue import Product
    from ingest.simulation.business.ledger import Ledger
    from ingest.simulation.business.trade import Reversal, Sale, Session
    from ingest.simulation.delivery import Deliveries

_AFFILIATE_ROLE_SHARE = 0.12
_RETENTION = 0.8
_REBILL_SECONDS = 30 * reversals.DAY
_PATHS = "abcdef"

Agenda = ByDay[Callable[[], None]]


class Account:
    """The events of the account; later ones wait on the agenda.

    Args:
        days: All days of the history; the last one ends it.
    """

    def __init__(self, days: list[Day], deliveries: Deliveries, ledger: Ledger, rng: Random) -> None:
        self.agenda: Agenda = ByDay(days)
        self.today = days[0]
        self._begin = days[0].starts_at
        self._end = days[-1].ends_at
        self._deliveries = deliveries
        self._ledger = ledger
        self._rng = rng
        self._receipts = Receipts(rng)
        self._canceled: set[str] = set()

    def sell(self) -> None:
        """Make a sale today, perhaps with upsells."""
        sale = self.draw_sale()
        self._sold(sale, "sale" if trade.gross(sale.lines) else "trial")
        at = sale.occurred_at
        for path, (product, chance) in zip(_PATHS, sale.session.funnel.upsells, strict=False):
            if self._rng.random() < chance:
                at += 45 + int(self._rng.random() * 180)
                self._later(at, partial(self._upsell, sale.session, product, path, at))

    def draw_sale(self) -> Sale:
        """Return a front-end sale of today, without reporting it."""
        session = trade.draw_session(self._rng, self._receipts.take())
        return trade.front_end(self._rng, session, self.moment())

    def moment(self) -> int:
        """Return a random time of today, most likely around noon."""
        middle = (self._rng.random() + self._rng.random()) / 2
        return self.today.starts_at + int(middle * (self.today.ends_at - self.today.starts_at))

    def count(self, posting: Posting) -> Posting:
        """Record a posting in the ledger as an event of today, and return it."""
        self._ledger.record(posting, self.today.date)
        return posting

    def refund_unknown_sale(self) -> None:
        """Refund a sale from before the history begins."""
        _, reversal = next(reversals.refunds(self._old_sale(), self._rng, self.moment()))
        self._reverse(reversal, "orphan_refund")

    def charge_back_unknown_sale(self) -> None:
        """Charge back a sale from before the history begins."""
        _, reversal = next(reversals.chargebacks(self._old_sale(), self._rng, self.moment()))
        self._reverse(reversal, "orphan_chargeback")

    def refund_before_sale(self) -> None:
        """Make a sale and soon its refund, and deliver the refund first."""
        sale = self._paid_sale()
        refunded_at = min(sale.occurred_at + 3600, self.today.ends_at - 1)
        _, reversal = next(reversals.refunds(sale, self._rng, refunded_at))
        self._deliveries.report(self.count(of_reversal(reversal)), "early_refund", delay=0)
        arrives_at = refunded_at + 1800
        self._deliveries.report(self.count(of_sale(sale)), "sale", delay=arrives_at - sale.occurred_at)

    def _sold(self, sale: Sale, kind: str) -> None:
        self._report(of_sale(sale), kind)
        if sale.lines[0].product.is_recurring and self._rng.random() < _RETENTION:
            at = sale.occurred_at + _REBILL_SECONDS
            self._later(at, partial(self._rebill, sale, at))
        for reversal_kind, reversal in reversals.of_sale(sale, self._rng):
            self._later(reversal.occurred_at, partial(self._reverse, reversal, reversal_kind))

    def _upsell(self, session: Session, product: Product, path: str, at: int) -> None:
        self._sold(trade.upsell(session, product, self._receipts.take(), path, at), "upsell")

    def _rebill(self, previous: Sale, at: int) -> None:
        if _root(previous) not in self._canceled:
            self._sold(trade.rebill(previous, at), "rebill")

    def _reverse(self, reversal: Reversal, kind: str) -> None:
        if reversal.sale.lines[0].product.is_recurring:
            self._canceled.add(_root(reversal.sale))
        self._report(of_reversal(reversal), kind)

    def _report(self, posting: Posting, kind: str) -> None:
        """Report a posting to the vendor, and sometimes to the affiliate: the account may own both nicknames."""
        self._deliveries.report(self.count(posting), kind)
        if posting.sale.session.affiliate is not None and self._rng.random() < _AFFILIATE_ROLE_SHARE:
            self._deliveries.report(self.count(posting._replace(role="AFFILIATE")), "affiliate_role")

    def _later(self, at: int, step: Callable[[], None]) -> None:
        if at < self._end:
            self.agenda.put(at, step)

    def _paid_sale(self) -> Sale:
        while not trade.gross((sale := self.draw_sale()).lines):
            pass
        return sale

    def _old_sale(self) -> Sale:
        """Return a sale from up to 60 days before the history begins."""
        sold_at = self._begin - 1 - int(self._rng.random() * 60 * reversals.DAY)
        return self._paid_sale()._replace(occurred_at=sold_at)


def _root(sale: Sale) -> str:
    return sale.receipt.partition("-")[0]
