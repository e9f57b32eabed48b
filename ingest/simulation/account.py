"""A seller's account: its sales, and all that follows from each of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from ingest.simulation import reversals, trade
from ingest.simulation.days import ByDay, Day
from ingest.simulation.posting import Posting, of_reversal, of_sale
from ingest.simulation.receipts import Receipts

if TYPE_CHECKING:
    from random import Random

    from ingest.simulation.catalogue import Product
    from ingest.simulation.delivery import Deliveries
    from ingest.simulation.ledger import Ledger
    from ingest.simulation.trade import Reversal, Sale, Session

_AFFILIATE_ROLE_SHARE = 0.12
_RETENTION = 0.8
_REBILL_SECONDS = 30 * reversals.DAY
_PATHS = "abcdef"

Agenda = ByDay[Callable[[], None]]


class Account:
    """What happens in the account; whatever happens later is put on the agenda.

    Args:
        days: All days of the history; nothing happens after the last one.
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
        """Let somebody buy today, and perhaps accept what is offered next."""
        sale = self.draw_sale()
        self._sold(sale, "sale" if trade.gross(sale.lines) else "trial")
        at = sale.occurred_at
        for path, (product, chance) in zip(_PATHS, sale.session.funnel.upsells, strict=False):
            if self._rng.random() < chance:
                at += 45 + int(self._rng.random() * 180)
                self._later(at, partial(self._upsell, sale.session, product, path, at))

    def draw_sale(self) -> Sale:
        """Return a front-end sale of today that nobody has been told of."""
        session = trade.draw_session(self._rng, self._receipts.take())
        return trade.front_end(self._rng, session, self.moment())

    def moment(self) -> int:
        """Return some time of today, most likely around noon."""
        middle = (self._rng.random() + self._rng.random()) / 2
        return self.today.starts_at + int(middle * (self.today.ends_at - self.today.starts_at))

    def count(self, posting: Posting) -> Posting:
        """Enter a posting in the ledger as an event of today, and return it."""
        self._ledger.record(posting, self.today.date)
        return posting

    def refund_unknown_sale(self) -> None:
        """Refund what was sold before the history begins."""
        _, reversal = next(reversals.refunds(self._old_sale(), self._rng, self.moment()))
        self._reverse(reversal, "orphan_refund")

    def charge_back_unknown_sale(self) -> None:
        """Charge back what was sold before the history begins."""
        _, reversal = next(reversals.chargebacks(self._old_sale(), self._rng, self.moment()))
        self._reverse(reversal, "orphan_chargeback")

    def refund_before_sale(self) -> None:
        """Sell and soon refund, and let the news of the refund arrive first."""
        sale = self._paid_sale()
        refunded_at = min(sale.occurred_at + 3600, self.today.ends_at - 1)
        _, reversal = next(reversals.refunds(sale, self._rng, refunded_at))
        self._deliveries.tell(self.count(of_reversal(reversal)), "early_refund", delay=0)
        arrives_at = refunded_at + 1800
        self._deliveries.tell(self.count(of_sale(sale)), "sale", delay=arrives_at - sale.occurred_at)

    def _sold(self, sale: Sale, kind: str) -> None:
        self._tell(of_sale(sale), kind)
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
        self._tell(of_reversal(reversal), kind)

    def _tell(self, posting: Posting, kind: str) -> None:
        """Tell the vendor, and sometimes the affiliate too: the account may own both nicknames."""
        self._deliveries.tell(self.count(posting), kind)
        if posting.sale.session.affiliate is not None and self._rng.random() < _AFFILIATE_ROLE_SHARE:
            self._deliveries.tell(self.count(posting._replace(role="AFFILIATE")), "affiliate_role")

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
