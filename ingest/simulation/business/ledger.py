"""The true events by Pacific day, from which alerts and syncs take their figures."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

from ingest.simulation.business.posting import REFUND_PROCESSED, SALE_CREATED, Posting


@dataclass(slots=True)
class Totals:
    """One vendor's events in some days; a receipt that two roles see counts once."""

    sale_count: int = 0
    rebill_count: int = 0
    gross: int = 0
    refunded: set[str] = field(default_factory=set)
    charged_back: set[str] = field(default_factory=set)

    def add(self, other: Totals) -> None:
        """Add another vendor's or day's events."""
        self.sale_count += other.sale_count
        self.rebill_count += other.rebill_count
        self.gross += other.gross
        self.refunded |= other.refunded
        self.charged_back |= other.charged_back

    @property
    def refund_rate(self) -> float | None:
        """Receipts refunded per sale or rebill, by event date: ClickBank's definition."""
        return _rate(len(self.refunded), self.sale_count + self.rebill_count)

    @property
    def chargeback_rate(self) -> float | None:
        """Receipts charged back per sale or rebill, by event date."""
        return _rate(len(self.charged_back), self.sale_count + self.rebill_count)


def _rate(count: int, sales: int) -> float | None:
    return round(count / sales, 4) if sales else None


class Ledger:
    """Every sale, refund and chargeback, once whichever roles see it."""

    def __init__(self) -> None:
        self._totals: defaultdict[tuple[date, str], Totals] = defaultdict(Totals)
        self._vendors: set[str] = set()
        self._reported: defaultdict[date, Counter[str]] = defaultdict(Counter)

    def record(self, posting: Posting, on: date) -> None:
        """Count a posting on the Pacific day of its event: the vendor's view alone, which every posting has."""
        if posting.role != "VENDOR":
            return
        if posting.reversal is None or posting.reversal.status in {None, "received"}:
            self.hold(on, posting.event_type)
        vendor = posting.sale.session.vendor.nickname
        self._vendors.add(vendor)
        totals = self._totals[on, vendor]
        if posting.event_type == SALE_CREATED:
            totals.gross += posting.gross
            totals.sale_count += posting.sale.payment_number == 1
            totals.rebill_count += posting.sale.payment_number > 1
        elif posting.event_type == REFUND_PROCESSED:
            totals.refunded.add(posting.sale.receipt)
        elif posting.reversal is not None and posting.reversal.status in {None, "received"}:
            totals.charged_back.add(posting.sale.receipt)  # the end of a dispute is no second chargeback

    def hold(self, on: date, event_type: str) -> None:
        """Count a sale, refund or chargeback, without its amount, among those that a sync of the day claims."""
        self._reported[on][event_type] += 1

    def window(self, last: date, days: int, vendor: str | None = None) -> Totals:
        """Return the events of some days up to and including ``last``, of one vendor or of all."""
        merged = Totals()
        for back in range(days):
            for name in sorted(self._vendors) if vendor is None else [vendor]:
                found = self._totals.get((last - timedelta(days=back), name))
                if found is not None:
                    merged.add(found)
        return merged

    def reported(self, last: date, days: int) -> Counter[str]:
        """Return the number of sales, refunds and chargebacks reported in some days, by event type."""
        return sum((self._reported[last - timedelta(days=back)] for back in range(days)), Counter())
