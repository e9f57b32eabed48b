"""Gather the payments, notices and reversals of each subscription."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.oracle.coerce import date_in
from tests.oracle.facts import CENT, root_of
from tests.oracle.items import CLOCKS_FROM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from tests.oracle.facts import Book

Row = dict[str, Any]
ENDLESS = 999
ZERO = Decimal(0)
_SUFFIX = re.compile(r"-B([0-9]+)$")
# An export tells the next payment and those left as of the day it was made.
_NEWS = frozenset({"command_center", "ins"})
_GREATEST_NUMBER = 2**31 - 1


@dataclass
class Life:
    """One subscription: a seller's root receipt, with all events that are known of it."""

    vendor: str | None
    root: str
    payments: list[Row]
    events: list[Row] = field(default_factory=list)

    @property
    def item_no(self) -> str | None:
        """Return the item of the first recurring line, else the first item that a payment names."""
        ranked = sorted(
            self.payments, key=lambda each: (not _is_recurring(each), each["line"]["item_no"] is None)
        )
        return ranked[0]["line"]["item_no"]  # type: ignore[no-any-return]

    @property
    def currency(self) -> str | None:
        return next((each["currency"] for each in self.payments if each["currency"] is not None), None)

    @property
    def item_nos(self) -> set[str]:
        return {each["line"]["item_no"] for each in self.payments}

    @property
    def has_known_start(self) -> bool:
        return any(not each["is_rebill"] for each in self.payments)

    @property
    def group(self) -> tuple[Any, ...]:
        return (self.vendor, self.item_no, self.currency)


def _line(row: Row) -> Row:
    lines: list[Row] = row["lines"]
    return next((line for line in lines if line["is_recurring"]), lines[0])


def _is_recurring(sale: Row) -> bool:
    return any(line["is_recurring"] for line in sale["lines"])


def gather(book: Book) -> tuple[dict[tuple[str | None, str], Life], list[Row]]:
    """Return every subscription with its events, and the notices of receipts that are none."""
    lives = _paid(book)
    for life in lives.values():
        _tell_payments(life)
    orphans = list(_notice(book, lives))
    for row in book.counted_refunds:
        if row["refund_type"] != "TAX":
            _reverse(row, "refunded", row["refund_amount"], lives)
    for row in book.counted_disputes:
        _reverse(row, "charged_back", row["chargeback_amount"], lives)
    return lives, orphans


def _paid(book: Book) -> dict[tuple[str | None, str], Life]:
    payments: defaultdict[tuple[str | None, str], list[Row]] = defaultdict(list)
    for sale in book.counted_sales:
        if sale["is_rebill"] or sale["receipt"] == sale["root"]:
            payments[sale["vendor"], sale["root"]].append(sale)
    noticed = {(row["root"], row["vendor"]) for row in map(_with_root, book.notices)}
    lives = {}
    for (vendor, root), rows in payments.items():
        is_named = (root, vendor) in noticed or (root, None) in noticed
        if is_named or any(row["is_rebill"] or _is_recurring(row) for row in rows):
            rows.sort(key=lambda row: (row["sold_at"], row["receipt"], row["payment_name"]))
            lives[vendor, root] = Life(vendor, root, [row | {"line": _line(row)} for row in rows])
    return lives


def _with_root(notice: Row) -> Row:
    return notice | {"root": notice["root_receipt"] or root_of(notice["receipt"])}


def _number(sale: Row, place: int) -> int:
    if not sale["is_rebill"]:
        return 1
    suffix = _SUFFIX.search(sale["receipt"])
    said = int(suffix[1]) if suffix else sale["payment"][-1]
    return said if isinstance(said, int) and said <= _GREATEST_NUMBER else place


def _tell_payments(life: Life) -> None:
    """Tell each payment as an event, the first one also as the start, the last one of a plan as its completion."""
    planned: int | None = None
    for place, sale in enumerate(life.payments, 1 if life.has_known_start else 2):
        line = sale["line"]
        is_news = sale["amount_source"] in _NEWS
        done, left = line["payments_processed"], line["payments_remaining"]
        if done is not None and left is not None and done + left >= 1:
            planned = done + left
        has_end = planned is not None and planned < ENDLESS
        number = _number(sale, place)
        paid = sale["account_amount"] if sale["gross_amount"] is None else sale["gross_amount"]
        is_free = paid is not None and paid <= 0
        price = _above_zero(line["rebill_amount"]) or (None if is_free else _above_zero(line["price_amount"]))
        sale |= {"number": number, "is_free": is_free}
        event = {
            "event_key": sale["event_key"],
            "item_index": sale["item_index"],
            "receipt": sale["receipt"],
            "occurred_at": sale["sold_at"],
            "payment_number": number,
            "amount": sale["gross_amount"],
            "currency": sale["currency"] or life.currency,
            "is_free": is_free,
            "payments_planned": planned if has_end else None,
            "source": sale["amount_source"],
            "told_date": line["next_payment_date"] if is_news else None,
            "price_amount": price,
        }
        is_told_last = is_news and left == 0 and done is not None and done >= 1
        is_last = is_told_last or (has_end and planned is not None and number >= planned)
        kinds = ["paid"] + ["started"] * (not sale["is_rebill"]) + ["completed"] * is_last
        life.events += [event | {"event": kind} for kind in kinds]


def _above_zero(amount: Decimal | None) -> Decimal | None:
    return amount if amount is not None and amount > 0 else None


def _notice(book: Book, lives: dict[tuple[str | None, str], Life]) -> Iterator[Row]:
    """Add each notice to its subscription; yield those that have none."""
    for row in map(_with_root, book.notices):
        line = _line(row)
        vendor = row["vendor"]
        sellers = [seller for seller, root in lives if root == row["root"]]
        if vendor is None:
            vendor = sellers[0] if len(sellers) == 1 else row["account"]
        life = lives.get((vendor, row["root"]))
        event = {
            "event_key": row["event_key"],
            "item_index": row["item_index"],
            "receipt": row["receipt"],
            "event": row["event"],
            "occurred_at": row["noticed_at"],
            "amount": None,
            "currency": life.currency if life else None,
            "source": row["amount_source"],
            "told_date": line["next_payment_date"] if row["amount_source"] in _NEWS else None,
            "price_amount": _above_zero(line["rebill_amount"]),
            "old_item_no": row["change"][0],
            "new_item_no": row["change"][1],
        }
        if life is not None:
            life.events.append(event)
        else:
            yield event | {"vendor": vendor, "root_receipt": row["root"], "item_no": line["item_no"]}


def _reverse(row: Row, kind: str, amount: Decimal, lives: dict[tuple[str | None, str], Life]) -> None:
    sale = row["counted_sale"]
    root = sale["root"] if sale is not None and sale["is_rebill"] else root_of(row["receipt"])
    life = lives.get((row["vendor"], root))
    items = row["item_nos"] if kind == "refunded" else []
    if life is None or (items and not set(items) & life.item_nos):
        return
    name = (row["receipt"], row["payment_name"])
    paid = next((each for each in life.payments if (each["receipt"], each["payment_name"]) == name), None)
    is_ending = _is_full(row, kind, amount)
    if items and paid is not None and not row["is_other_currency"]:
        price = _above_zero(paid["line"]["price_amount"])
        is_ending |= price is not None and amount >= price - CENT
    life.events.append(
        {
            "event_key": row["event_key"],
            "item_index": row["item_index"],
            "receipt": row["receipt"],
            "event": kind,
            "occurred_at": row["occurred_at"],
            "payment_number": paid["number"] if paid else None,
            "amount": amount,
            "currency": row["currency"] or life.currency,
            "source": row["amount_source"],
            "is_ending": is_ending,
        }
    )


def _is_full(row: Row, kind: str, amount: Decimal) -> bool:
    if kind == "refunded":
        return bool(row["refund_type"] == "FULL")
    sale = row["counted_sale"]
    gross = sale["gross_amount"] if sale is not None else None
    return row["is_other_currency"] or gross is None or amount is None or amount >= gross - CENT


def today_of(book: Book) -> date | None:
    """Return the report's today, or the day of the latest notice, which is not later than its receipt."""
    days = [] if book.today is None else [book.today]
    for row in book.notices:
        at = row["noticed_at"]
        if row["received_at"] >= CLOCKS_FROM:
            at = min(at, row["received_at"])
        days.append(date_in(at, book.zone))
    return None if book.today is None else max(days)
