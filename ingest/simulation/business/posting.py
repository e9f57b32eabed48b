"""A movement of money from one account's view, before it has a format."""

from __future__ import annotations

from typing import NamedTuple

from ingest.simulation.business.trade import Line, Reversal, Sale, gross

SALE_CREATED = "sale.created"
REFUND_PROCESSED = "refund.processed"
CHARGEBACK_RECEIVED = "chargeback.received"


class Posting(NamedTuple):
    """One movement of money.

    Args:
        event_type: The Command Center type.
        transaction_type: ClickBank's own: SALE, BILL, RFND, CGBK or INSF.
        role: Of the account. The vendor earns the lines' ``account``, the affiliate their ``payout``.
        reversal: The money that goes back; None for a sale.
    """

    event_type: str
    transaction_type: str
    role: str
    sale: Sale
    lines: tuple[Line, ...]
    occurred_at: int
    reversal: Reversal | None = None

    @property
    def gross(self) -> int:
        """The amount that the customer pays or gets back."""
        return gross(self.lines)

    @property
    def tax(self) -> int:
        """The tax in ``gross``."""
        return sum(line.tax for line in self.lines)

    @property
    def shipping(self) -> int:
        """The shipping in ``gross``."""
        return sum(line.shipping for line in self.lines)

    @property
    def reference(self) -> str:
        """The sender's id of the reversal, the same for all roles: with two ids it would be two reversals."""
        assert self.reversal is not None
        return self.reversal.reference

    def earned(self, line: Line) -> int:
        """Return the amount that this role earns by a line."""
        return line.account if self.role == "VENDOR" else line.payout

    @property
    def account(self) -> int:
        """The amount that this role earns by all lines."""
        return sum(self.earned(line) for line in self.lines)


def of_sale(sale: Sale, role: str = "VENDOR") -> Posting:
    """Return the posting of a sale or a rebill for a role."""
    kind = "SALE" if sale.payment_number == 1 else "BILL"
    return Posting(SALE_CREATED, kind, role, sale, sale.lines, sale.occurred_at)


def of_reversal(reversal: Reversal, role: str = "VENDOR") -> Posting:
    """Return the posting of a refund or a chargeback for a role."""
    is_refund = reversal.transaction_type == "RFND"
    return Posting(
        REFUND_PROCESSED if is_refund else CHARGEBACK_RECEIVED,
        reversal.transaction_type,
        role,
        reversal.sale,
        reversal.lines,
        reversal.occurred_at,
        reversal,
    )
