"""Name the things that bodies tell: the seller, the payment, the reversal; and the telling that speaks for each."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.oracle.items import TRANSACTIONS
from tests.oracle.matching import match_reversals
from tests.oracle.parts import payment, restated

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from zoneinfo import ZoneInfo

    from tests.oracle.identity import Body
    from tests.oracle.items import Item

Row = dict[str, Any]
_AMBIGUOUS = "ambiguous"


@dataclass
class Telling:
    """One thing as one body tells it, with the names that the other tellings of its receipt imply."""

    body: Body
    item: Item
    kind: str
    seller: str | None = None
    is_ambiguous: bool = False
    number: int | None = None
    reversal_id: str | None = None
    key: tuple[Any, ...] = ()
    is_whole: bool = False
    sale_currency: str | None = None
    is_other_currency: bool = False
    own_currency: str | None = None
    differences: tuple[tuple[str, ...], ...] = ()
    precedence: int = 0
    sources: str = ""
    told_count: int = 1

    @property
    def row(self) -> Row:
        return self.item.row

    @property
    def at(self) -> Any:
        return self.item.occurred_at

    @property
    def amount(self) -> Any:
        return self.amount_in(self.sale_currency)

    def amount_in(self, currency: str | None) -> Any:
        """Return the amount, whose minor units are those of the sale's currency where it says none itself."""
        return (self.row | restated(self.row, currency))[self.item.amount_column]

    @property
    def vendor(self) -> str | None:
        return self.row.get("seller") or self.row["vendor"]

    @property
    def items(self) -> tuple[str, ...]:
        return tuple(self.row["item_nos"])

    @property
    def seniority(self) -> tuple[Any, ...]:
        """Return the sort key of tellings of one thing; the greatest speaks for it."""
        return (not self.is_whole, -self.precedence, *self.body.seniority, -self.item.index)


def name_all(tellings: Sequence[Telling], zone: ZoneInfo) -> None:
    """Give every telling its seller and its natural key."""
    receipts: defaultdict[str, list[Telling]] = defaultdict(list)
    syncs: defaultdict[tuple[Any, ...], list[Telling]] = defaultdict(list)
    for each in tellings:
        if each.kind in TRANSACTIONS:
            receipts[each.row["receipt"]].append(each)
        elif each.kind == "sync" and each.row["sync_id"] is not None:
            syncs[each.row["sync_id"], each.row["said_source"]].append(each)
        else:
            each.key = each.item.key
    for group in syncs.values():
        _name_runs(group)
    for group in receipts.values():
        _find_sellers(group)
        _number_payments([each for each in group if each.kind == "sale"])
        _find_currencies(group)
        for kind in ("refund", "chargeback"):
            _identify_reversals([each for each in group if each.kind == kind])
            match_reversals(group, kind, zone)


def _name_runs(runs: Sequence[Telling]) -> None:
    """Name runs of one sync by their ends; a run that has not ended is the only run that has."""
    ends = {each.row["said_completed_at"] for each in runs} - {None}
    for each in runs:
        end = each.row["said_completed_at"] or (next(iter(ends)) if len(ends) == 1 else each.at)
        each.key = (each.row["sync_id"], each.row["source"], end)


def _find_sellers(group: Sequence[Telling]) -> None:
    vendors = {each.vendor for each in group} - {None}
    accounts = {each.body.account for each in group} - {None}
    for each in group:
        each.seller = each.vendor or _stand_in(each, group, vendors, accounts)
    several = vendors or accounts
    for each in group:
        if each.kind != "sale" and each.seller is None and len(several) > 1:
            found = _AMBIGUOUS if len(_vendors_of_body(each, group)) > 1 else _fitting(each, group)
            each.is_ambiguous = found == _AMBIGUOUS
            each.seller = None if each.is_ambiguous else found


def _find_currencies(group: Sequence[Telling]) -> None:
    for each in group:
        said = {
            other.row["currency"]
            for other in group
            if other.kind == "sale" and other.row["unhandled"] is None and other.seller == each.seller
        }
        each.sale_currency = min(said - {None}, default=None) if each.kind != "sale" else None


def _vendors_of_body(each: Telling, group: Iterable[Telling]) -> set[str | None]:
    return {other.vendor for other in group if other.body.sha == each.body.sha} - {None}


def _stand_in(
    each: Telling, group: Sequence[Telling], vendors: set[str | None], accounts: set[str | None]
) -> str | None:
    """Return the seller of a telling that names no vendor; None where the names of the others leave it open."""
    account = each.body.account
    for known in (_vendors_of_body(each, group), vendors):
        if len(known) == 1:
            return next(iter(known))
    if not vendors:
        return account or (next(iter(accounts)) if len(accounts) == 1 else None)
    return account if account in vendors else None


def _fitting(each: Telling, group: Iterable[Telling]) -> str | None:
    """Return the seller whose sale alone fits a reversal: of the same amount, else of a greater one."""
    sales = [other for other in group if other.kind == "sale" and other.row["unhandled"] is None]
    currency = each.row["currency"]
    near = [
        sale for sale in sales if None in (currency, sale.row["currency"]) or sale.row["currency"] == currency
    ]
    told = [(sale, each.amount_in(sale.row["currency"])) for sale in near if sale.amount is not None]
    told = [(sale, amount) for sale, amount in told if sale.amount >= (amount or 0)]
    equal = {sale.seller for sale, amount in told if sale.amount == amount}
    fitting = equal or {sale.seller for sale, _ in told}
    return fitting.pop() if len(fitting) == 1 else _AMBIGUOUS


def _number_payments(sales: Sequence[Telling]) -> None:
    numbers: defaultdict[tuple[Any, ...], set[int]] = defaultdict(set)
    for each in sales:
        if each.row["payment_number"] is not None:
            numbers[each.seller, each.at].add(each.row["payment_number"])
    for each in sales:
        row = each.row
        if row["is_rebill"] and not row["has_own_receipt"] and row["payment_number"] is None:
            each.number = min(numbers[each.seller, each.at], default=None)
        else:
            each.number = row["payment_number"]
        paid = (
            (row["unhandled"],)
            if row["unhandled"]
            else payment(row | {"payment_number": each.number}, each.at)
        )
        each.key = (each.seller, row["role"], row["receipt"], paid)


def _identify_reversals(reversals: Sequence[Telling]) -> None:
    """Name reversals by their id; one without an id is the reversal with an id that agrees on all else."""
    ids: defaultdict[tuple[Any, ...], set[str]] = defaultdict(set)
    for each in reversals:
        if (said := each.row[f"{each.kind}_id"]) is not None:
            ids[_agreement(each)].add(said)
    for each in reversals:
        each.reversal_id = each.row[f"{each.kind}_id"] or min(ids[_agreement(each)], default=None)
        names = (each.seller, each.row["role"], each.row["receipt"])
        stage = (each.row["status"], each.at) if each.kind == "chargeback" else ()
        if each.reversal_id is not None:
            each.key = (*names, each.reversal_id, *stage)
        else:
            kind = each.row["kind"] if each.kind == "chargeback" else None
            each.key = (*names, None, kind, each.at, each.amount, *stage)
    _divide([each for each in reversals if each.kind == "refund"])


def _agreement(each: Telling) -> tuple[Any, ...]:
    status = each.row["status"] if each.kind == "chargeback" else None
    return (each.seller, each.is_ambiguous, each.row["role"], each.at, each.amount, status)


def _divide(refunds: Sequence[Telling]) -> None:
    """Give the parts of one refund, which name different items, a key each."""
    things: defaultdict[tuple[Any, ...], list[Telling]] = defaultdict(list)
    for each in refunds:
        things[each.key].append(each)
    for group in things.values():
        named = [each for each in group if each.items]
        if len({each.items for each in named}) < 2:
            continue
        latest = max(named, key=lambda each: (*each.body.seniority, -each.item.index)).items
        for each in group:
            each.key = (*each.key, each.items or latest)
            each.is_whole = not each.items
