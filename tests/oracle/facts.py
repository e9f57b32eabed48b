"""Turn identified events into sales, refunds and chargebacks, each reversal linked to its sale."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tests.oracle.coerce import ZERO, date_in
from tests.oracle.earnings import take_back
from tests.oracle.items import KINDS
from tests.oracle.roles import by_receipt, preferred_rows, row_order

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from tests.oracle.identity import Event

Row = dict[str, Any]
CENT = Decimal("0.01")
OVERTURNED = ("reversed", "won")


@dataclass(frozen=True)
class Book:
    """Every mapped row, and the rows that count once per receipt.

    `sales`, `refunds` and `chargebacks` hold all roles. `disputes` are the chargebacks with one row per role,
    receipt and chargeback id: a later stage is not a second chargeback. `counted_sales` has one row per
    receipt; `counted_refunds` and `counted_disputes` have the rows of each receipt's preferred role.
    """

    zone: ZoneInfo
    sales: list[Row]
    refunds: list[Row]
    chargebacks: list[Row]
    alerts: list[Row]
    syncs: list[Row]
    disputes: list[Row]
    counted_sales: list[Row]
    counted_refunds: list[Row]
    counted_disputes: list[Row]

    @cached_property
    def today_at(self) -> datetime | None:
        """Return "now" as the data know it: the latest sale, refund or chargeback."""
        return max((row["occurred_at"] for row in self.sales + self.refunds + self.chargebacks), default=None)

    @cached_property
    def today(self) -> date | None:
        """Return the report-zone date of `today_at`."""
        return None if self.today_at is None else date_in(self.today_at, self.zone)


def open_book(events: Sequence[Event], zone: ZoneInfo) -> Book:
    """Return the linked rows of all mapped events."""
    rows = _mapped_rows(events)
    sales = rows["sale"]
    sales_of = by_receipt(sales)
    for sale in sales:
        sale["sold_date"] = date_in(sale["sold_at"], zone)
        sale["platform_fee"] = _platform_fee(sale)
        sale["order_key"] = order_key(sale["receipt"], sales_of, sales_of[sale["receipt"]])
    _agree_on_roots(rows["refund"] + rows["chargeback"])
    for refund in rows["refund"]:
        _link(refund, sales_of, zone, "refunded", "days_to_refund")
    _derive_refund_types(rows["refund"])
    for chargeback in rows["chargeback"]:
        _link(chargeback, sales_of, zone, "charged_back", "days_to_chargeback")
    for reversals, amount in ((rows["refund"], "refund_amount"), (rows["chargeback"], "chargeback_amount")):
        take_back(reversals, amount)
    disputes = _first_stages(rows["chargeback"])
    return Book(
        zone=zone,
        sales=sales,
        refunds=rows["refund"],
        chargebacks=rows["chargeback"],
        alerts=rows["alert"],
        syncs=rows["sync"],
        disputes=disputes,
        counted_sales=[group[0] for group in sales_of.values()],
        counted_refunds=preferred_rows(rows["refund"]),
        counted_disputes=preferred_rows(disputes),
    )


def order_key(receipt: str, sales_of: dict[str, list[Row]], rows: list[Row]) -> str:
    """Return the session of a receipt: its upsell's original receipt, else its root's, else its root."""
    session = _first_given(sales_of.get(receipt, []), "upsell_original_receipt")
    root = _first_given(rows, "root_receipt") or root_of(receipt)
    return session or _first_given(sales_of.get(root, []), "upsell_original_receipt") or root


def _agree_on_roots(reversals: list[Row]) -> None:
    """Give all reversals of a receipt the same root: of the roots that any of them names, the least by name."""
    said: defaultdict[str, list[str]] = defaultdict(list)
    for row in reversals:
        if row["root_receipt"] is not None:
            said[row["receipt"]].append(row["root_receipt"])
    for row in reversals:
        row["root_receipt"] = min(said[row["receipt"]], default=None)


def _platform_fee(sale: Row) -> Decimal | None:
    """Return the price less everybody's shares, of which a partner's may be absent."""
    parts = [sale[name] for name in ("gross_amount", "tax_amount", "shipping_amount", "account_amount")]
    listed = [] if sale["lines"][0]["is_synthetic"] else sale["lines"]
    if sale["affiliate"] is not None:
        parts += [line["affiliate_payout"] for line in listed] or [None]
    if sale["role"] != "VENDOR" or None in parts:
        return None
    if sale["affiliate"] is None:
        parts += [line["affiliate_payout"] or ZERO for line in listed]
    parts += [line["jv_payout"] or ZERO for line in listed]
    return parts[0] - sum(parts[1:], ZERO)  # type: ignore[no-any-return]


def root_of(receipt: str) -> str:
    """Return the first receipt of a schedule: the part before the rebill suffix."""
    return receipt.partition("-")[0]


def _mapped_rows(events: Sequence[Event]) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = {kind: [] for kind in KINDS.values()}
    for event in events:
        if event.winner.status == "mapped":
            for item in event.items:
                identity = {"event_key": event.winner.sha, "item_index": item.index}
                row = identity | {"occurred_at": item.occurred_at} | item.row
                rows[KINDS[event.winner.event_type or ""]].append(row)
    return rows


def _first_given(rows: list[Row], column: str) -> str | None:
    return next((row[column] for row in rows if row[column] is not None), None)


def _link(row: Row, sales_of: dict[str, list[Row]], zone: ZoneInfo, verb: str, lag: str) -> None:
    """Link a reversal to the sale with its own receipt: same role first, then any.

    A reversal without vendor, affiliate or currency takes it from that sale. Where only the root's sale is known, the
    reversal takes them from there and stays an orphan.
    """
    row[f"{verb}_date"] = date_in(row[f"{verb}_at"], zone)
    root = row["root_receipt"] or root_of(row["receipt"])
    sale = _sale_for(row, sales_of.get(row["receipt"], []))
    relative = sale or next(iter(sales_of.get(root, [])), None)
    for column in ("vendor", "affiliate", "currency"):
        if row[column] is None and relative is not None:
            row[column] = relative[column]
    row["sale"] = sale
    row["counted_sale"] = next(iter(sales_of.get(row["receipt"], [])), None)
    row["is_orphan"] = sale is None
    row["sold_date"] = _sold_date(row, sale, zone)
    row[lag] = None
    if row["sold_date"] is not None:
        row[lag] = max((row[f"{verb}_date"] - row["sold_date"]) // timedelta(days=1), 0)


def _sale_for(row: Row, candidates: list[Row]) -> Row | None:
    same_role = [sale for sale in candidates if sale["role"] == row["role"]]
    return next(iter(same_role + candidates), None)


def _sold_date(row: Row, sale: Row | None, zone: ZoneInfo) -> date | None:
    if sale is not None:
        return sale["sold_date"]  # type: ignore[no-any-return]
    said = row["original_sold_at"]
    return None if said is None else date_in(said, zone)


def _derive_refund_types(refunds: list[Row]) -> None:
    """Call a refund FULL when all refunds of its role and receipt so far reach the sale's gross less a cent.

    TAX refunds do not count towards it. Where the sale or its gross is unknown, a refund is FULL.
    """
    so_far: defaultdict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    for row in sorted(refunds, key=row_order):
        if row["refund_type"] == "TAX":
            continue
        so_far[row["role"], row["receipt"]] += row["refund_amount"]
        if row["refund_type"] is None:
            gross = row["sale"]["gross_amount"] if row["sale"] else None
            is_full = gross is None or so_far[row["role"], row["receipt"]] >= gross - CENT
            row["refund_type"] = "FULL" if is_full else "PARTIAL"


def _first_stages(chargebacks: list[Row]) -> list[Row]:
    """Keep the earliest row of each role, receipt and chargeback id; a row without id stands for itself."""
    seen: set[tuple[str, str, str]] = set()
    first = []
    for row in sorted(chargebacks, key=row_order):
        key = (row["role"], row["receipt"], row["chargeback_id"])
        if row["chargeback_id"] is None or key not in seen:
            first.append(row)
            seen.add(key)
    return first


def is_overturned(book: Book, dispute: Row) -> bool:
    """Return whether any event of a dispute, of the same role, has it reversed or won."""
    if dispute["chargeback_id"] is None:
        return dispute["status"] in OVERTURNED
    names = ("role", "receipt", "chargeback_id")
    return any(
        row["status"] in OVERTURNED
        for row in book.chargebacks
        if all(row[name] == dispute[name] for name in names)
    )
