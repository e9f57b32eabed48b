"""Turn identified events into sales, refunds and chargebacks, each reversal linked to its sale."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tests.oracle.coerce import ZERO, date_in
from tests.oracle.disputes import settle
from tests.oracle.earnings import take_back, who_takes_back
from tests.oracle.items import CLOCKS_FROM, KINDS, REBILL, TRANSACTIONS
from tests.oracle.parts import restated
from tests.oracle.roles import Receipt, counted_refunds, grouped, payment_of, receipt_of, row_order

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from tests.oracle.identity import Event

Row = dict[str, Any]
CENT = Decimal("0.01")
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Book:
    """Every mapped row, and the rows that count once.

    `sales`, `refunds` and `chargebacks` hold all roles. `disputes` are the chargebacks that are booked, one row for
    each dispute and role. `counted_sales` has one row for each payment of a seller's receipt, `counted_refunds` one
    for each refund and `counted_disputes` one for each dispute, whichever roles were told. `latest_received_at` is
    when the last of their events came last, by a clock that was set.
    """

    zone: ZoneInfo
    sales: list[Row]
    refunds: list[Row]
    chargebacks: list[Row]
    alerts: list[Row]
    syncs: list[Row]
    notices: list[Row]
    disputes: list[Row]
    counted_sales: list[Row]
    counted_refunds: list[Row]
    counted_disputes: list[Row]
    latest_received_at: datetime | None

    @cached_property
    def today_at(self) -> datetime | None:
        """Return "now" as the data know it: the latest transaction, but nothing after the latest receipt."""
        latest = max(
            (row["occurred_at"] for row in self.sales + self.refunds + self.chargebacks), default=None
        )
        if latest is None or self.latest_received_at is None:
            return latest
        return min(latest, self.latest_received_at)

    @cached_property
    def today(self) -> date | None:
        """Return the report-zone date of `today_at`."""
        return None if self.today_at is None else date_in(self.today_at, self.zone)


def open_book(events: Sequence[Event], zone: ZoneInfo) -> Book:
    """Return the linked rows of all mapped events."""
    rows = _mapped_rows(events)
    sales, refunds, chargebacks = rows["sale"], rows["refund"], rows["chargeback"]
    sales_of = grouped(sales)
    for sale in sales:
        sale["sold_date"] = date_in(sale["sold_at"], zone)
        sale["platform_fee"] = _platform_fee(sale)
        told = _first_told(sales_of[receipt_of(sale)])
        sale["order_key"] = order_key(receipt_of(sale), sales_of, told)
        sale["root"] = _first_given(told, "root_receipt") or root_of(sale["receipt"])
    _agree_on_roots(refunds + chargebacks)
    for refund in refunds:
        _link(refund, sales_of, zone, "refunded", "days_to_refund")
    _derive_refund_types(refunds)
    for chargeback in chargebacks:
        _link(chargeback, sales_of, zone, "charged_back", "days_to_chargeback")
    for reversals in (refunds, chargebacks):
        who_takes_back(reversals)
    disputes = settle(chargebacks)
    take_back(refunds, "refund_amount")
    take_back(chargebacks, "chargeback_amount")
    return Book(
        zone=zone,
        sales=sales,
        refunds=refunds,
        chargebacks=chargebacks,
        alerts=rows["alert"],
        syncs=rows["sync"],
        notices=rows["notice"],
        disputes=disputes,
        counted_sales=[group[0] for group in grouped(sales, payment_of).values()],
        counted_refunds=counted_refunds(refunds),
        counted_disputes=[row for row in disputes if row["is_counted"]],
        latest_received_at=max(
            (
                event.last_received_at
                for event in events
                if event.winner.status == "mapped"
                and KINDS[event.winner.event_type or ""] in TRANSACTIONS
                and event.last_received_at >= CLOCKS_FROM
            ),
            default=None,
        ),
    )


def order_key(receipt: Receipt, sales_of: dict[Receipt, list[Row]], rows: list[Row]) -> str:
    """Return the session of a receipt: its upsell's original receipt, else its root's, else its root."""
    vendor, number = receipt
    session = _session_of(sales_of.get(receipt, []))
    root = _first_given(rows, "root_receipt") or root_of(number)
    return session or _session_of(sales_of.get((vendor, root), [])) or root


def _session_of(sales: list[Row]) -> str | None:
    return _first_given(_first_told(sales), "upsell_original_receipt")


def _first_told(sales: list[Row]) -> list[Row]:
    """Return the sales of a receipt in the order in which they name it: by role, the sale before its rebills."""
    order = {id(row): place for place, row in enumerate(sales)}
    roles = [row["role"] for row in sales]
    return sorted(sales, key=lambda row: (roles.index(row["role"]), row["is_rebill"], order[id(row)]))


def _agree_on_roots(reversals: list[Row]) -> None:
    """Give all reversals of a receipt the same root: of the roots that any of them names, the least by name."""
    said: defaultdict[Receipt, list[str]] = defaultdict(list)
    for row in reversals:
        if row["root_receipt"] is not None:
            said[receipt_of(row)].append(row["root_receipt"])
    for row in reversals:
        row["root_receipt"] = min(said[receipt_of(row)], default=None)


def _platform_fee(sale: Row) -> Decimal | None:
    """Return the price less the parts of all other parties; the body may leave out a partner's part."""
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
    """Return the first receipt of a schedule: the part before the suffix of a rebill."""
    return REBILL.sub("", receipt)


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


def _link(row: Row, sales_of: dict[Receipt, list[Row]], zone: ZoneInfo, verb: str, lag: str) -> None:
    """Link a reversal to its payment: the latest of its seller's receipt at or before it, else the earliest.

    The reversal has its payment's affiliate, and its currency where it names none. Where only the root's sale is
    known, the reversal takes names from that sale and stays an orphan.
    """
    row[f"{verb}_date"] = date_in(row[f"{verb}_at"], zone)
    row |= {"told_affiliate": row["affiliate"], "is_other_currency": False}
    sale = None if row["is_ambiguous"] else _sale_for(row, sales_of.get(receipt_of(row), []))
    if sale is not None:
        told = row["currency"]
        payments = grouped(sales_of[receipt_of(row)], payment_of)
        counted = payments[payment_of(sale)][0]
        known = [views[0]["currency"] for views in payments.values() if views[0]["currency"] is not None]
        row |= restated(row, sale["currency"])
        row["affiliate"], row["currency"] = counted["affiliate"], told or sale["currency"]
        row["is_other_currency"] = None not in (told, sale["currency"]) and told != sale["currency"]
        row["counted_sale"] = counted
        row["receipt_currency"] = counted["currency"] or min(known, default=None)
    else:
        relative = None if row["is_ambiguous"] else _relative(row, sales_of)
        row |= restated(row, relative["currency"] if relative is not None else None)
        for column in ("vendor", "affiliate", "currency"):
            if row[column] is None and relative is not None:
                row[column] = relative[column]
        row["counted_sale"] = row["receipt_currency"] = None
    row["sale"] = sale
    row["payment"] = sale["payment"] if sale is not None else None
    row["payment_name"] = sale["payment_name"] if sale is not None else None
    row["is_orphan"] = sale is None
    row["sold_date"] = _sold_date(row, sale, zone)
    row[lag] = None
    if row["sold_date"] is not None:
        row[lag] = max((row[f"{verb}_date"] - row["sold_date"]) // DAY, 0)


def _relative(row: Row, sales_of: dict[Receipt, list[Row]]) -> Row | None:
    """Return the first payment of the root receipt; where no seller is known, of its only seller."""
    root = row["root_receipt"] or root_of(row["receipt"])
    sellers = [vendor for vendor, receipt in sales_of if receipt == root]
    vendor = row["vendor"]
    if vendor not in sellers and vendor is None and len(sellers) == 1:
        [vendor] = sellers
    payments = [group[0] for group in grouped(sales_of.get((vendor, root), []), payment_of).values()]
    return min(payments, key=lambda each: (each["is_rebill"], each["sold_at"]), default=None)


def _sale_for(row: Row, candidates: list[Row]) -> Row | None:
    """Return the payment that a reversal takes back: its row of the same role, else of any role."""
    if not candidates:
        return None
    at = row["occurred_at"] + (DAY if row["is_day"] else timedelta(0))
    payments = list(grouped(candidates, payment_of).values())
    before = [payment for payment in payments if payment[0]["sold_at"] <= at]
    times = [payment[0]["sold_at"] for payment in before or payments]
    time = max(times) if before else min(times)
    views = min(
        (payment for payment in before or payments if payment[0]["sold_at"] == time),
        key=lambda payment: str(payment[0]["payment_name"]),
    )
    same_role = [sale for sale in views if sale["role"] == row["role"]]
    return (same_role + views)[0]


def _sold_date(row: Row, sale: Row | None, zone: ZoneInfo) -> date | None:
    if sale is not None:
        return sale["sold_date"]  # type: ignore[no-any-return]
    said = row["original_sold_at"]
    return None if said is None else date_in(said, zone)


def _derive_refund_types(refunds: list[Row]) -> None:
    """Call a refund FULL when all refunds of its role and payment so far reach the payment's gross less a cent.

    TAX refunds do not add up to it, nor do those in another currency. Where the gross is unknown, or in another
    currency, a refund is FULL.
    """
    so_far: defaultdict[tuple[Any, ...], Decimal] = defaultdict(lambda: ZERO)
    for row in sorted(refunds, key=row_order):
        if row["refund_type"] == "TAX":
            continue
        view = (row["role"], *payment_of(row))
        so_far[view] += ZERO if row["is_other_currency"] else row["refund_amount"]
        if row["refund_type"] is None:
            gross = row["sale"]["gross_amount"] if row["sale"] else None
            is_full = gross is None or (not row["is_other_currency"] and so_far[view] >= gross - CENT)
            row["refund_type"] = "FULL" if is_full else "PARTIAL"
