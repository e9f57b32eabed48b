"""Whose sale a telling is about: a receipt is unique per seller, not in the world."""

from collections.abc import Iterable

from tests.second_oracle.rows import MoneyRow
from tests.second_oracle.transaction import in_currency


class Sellers:
    """Everything that the tellings of all receipts say about their sellers."""

    def __init__(self, rows: Iterable[MoneyRow]) -> None:
        self._rows = list(rows)

    def seller_of(self, row: MoneyRow) -> tuple[str | None, str | None]:
        """Return the seller of a telling, and the reason if there is none although several are known.

        The seller is the told vendor. A telling without one belongs to the only seller known for its
        receipt; of several, to the one that its account is, and else a reversal goes to the one sale that
        fits in currency and amount. Only where no telling of a receipt names a vendor does the envelope's
        account stand in for it. A reversal of a
        rebill whose own receipt nobody told takes the vendor of the root receipt's sale.
        """
        if row.vendor is not None:
            return row.vendor, None
        tellings = [other for other in self._rows if other.receipt == row.receipt]
        vendors = {other.vendor for other in tellings if other.vendor is not None}
        if vendors:
            return self._one_of(vendors, row)
        if row.event_type != "sale.created":
            root_vendor = self._root_vendor(row, tellings)
            if root_vendor is not None:
                return root_vendor, None
        if row.account is not None:
            return row.account, None
        accounts = {other.account for other in tellings if other.account is not None}
        return self._one_of(accounts, row) if accounts else (None, None)

    def _root_vendor(self, row: MoneyRow, tellings: list[MoneyRow]) -> str | None:
        if row.root == row.receipt or any(other.event_type == "sale.created" for other in tellings):
            return None
        roots = [o for o in self._rows if o.event_type == "sale.created" and o.receipt == row.root]
        sellers = {other.vendor or other.account for other in roots}
        return sellers.pop() if len(sellers) == 1 else None

    def _one_of(self, sellers: set[str], row: MoneyRow) -> tuple[str | None, str | None]:
        if len(sellers) == 1:
            return next(iter(sellers)), None
        if row.account in sellers:
            return row.account, None
        if row.event_type == "sale.created":
            return None, None
        fitting = self._fitting(row)
        return (fitting.pop(), None) if len(fitting) == 1 else (None, "ambiguous_receipt")

    def _fitting(self, row: MoneyRow) -> set[str | None]:
        """Return the sellers of the sales that a reversal fits: of the same amount, else of a greater one."""
        sales = [
            (self.seller_of(other)[0], other.amount, in_currency(row, other.currency).amount)
            for other in self._rows
            if other.event_type == "sale.created" and other.receipt == row.receipt
            if row.currency is None or other.currency in (None, row.currency)
        ]
        equal = {seller for seller, amount, own in sales if amount == own}
        if equal or row.amount is None:
            return equal or {seller for seller, _, _ in sales}
        return {
            seller
            for seller, amount, own in sales
            if amount is not None and own is not None and amount >= own
        }
