"""Notices of chargebacks become disputes: a dispute counts once."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from tests.second_oracle.identity import Telling
from tests.second_oracle.instants import day_of
from tests.second_oracle.rows import MoneyRow
from tests.second_oracle.transaction_types import CLOSED, role_rank

OVERTURNED = ("reversed", "won")
Order = tuple[datetime, str, int]


@dataclass
class Notice:
    """One notice as one role was told it, and the name of the dispute it is news of."""

    telling: Telling
    dispute: str | None = None

    @property
    def row(self) -> MoneyRow:
        """Return the row of the telling that is believed."""
        return self.telling.winner.money

    @property
    def receipt(self) -> tuple[str | None, str]:
        """Return whose receipt is disputed."""
        return self.telling.winner.seller, self.row.receipt

    @property
    def order(self) -> Order:
        """Order notices by their own instants, and those of one instant by their bodies."""
        return self.row.at, self.telling.winner.told.body.sha256, self.telling.winner.place

    @property
    def is_ending(self) -> bool:
        """Tell whether it says how a dispute ended."""
        return self.row.status in CLOSED


@dataclass
class Dispute:
    """All news of one dispute, by role."""

    notices: list[Notice] = field(default_factory=list)

    @property
    def is_overturned(self) -> bool:
        """Tell whether it was reversed or won."""
        return any(notice.row.status in OVERTURNED for notice in self.notices)

    def booked(self, role: str) -> Notice | None:
        """Return the notice for which the dispute stands in a role: the first with an amount above 0."""
        own = [notice for notice in self.notices if notice.row.role == role and is_costly(notice.row)]
        return min(own, key=lambda notice: notice.order, default=None)

    @property
    def counted(self) -> Notice | None:
        """Return the booked notice of the preferred role."""
        roles = {notice.row.role for notice in self.notices}
        booked = [notice for role in roles if (notice := self.booked(role)) is not None]
        return min(booked, key=lambda notice: (role_rank(notice.row.role), notice.order), default=None)

    def row_of(self, notice: Notice) -> MoneyRow:
        """Return a notice's row; the booked one has the latest amount of its role and the latest fee."""
        if notice is not self.booked(notice.row.role):
            return notice.row
        own = sorted((n for n in self.notices if n.row.role == notice.row.role), key=lambda n: n.order)
        latest = [n.row for n in own if is_costly(n.row)][-1]
        fees = sorted((n for n in self.notices if n.row.fee is not None), key=lambda n: n.order, reverse=True)
        shares = [n.row.account_amount for n in own if n.row.account_amount is not None]
        return replace(
            notice.row,
            amount=latest.amount,
            currency=latest.currency,
            fee=min(fees, key=lambda n: role_rank(n.row.role)).row.fee if fees else None,
            account_amount=shares[-1] if shares else None,
        )


def disputes_of(tellings: list[Telling], zone: ZoneInfo) -> list[Dispute]:
    """Return every dispute.

    Notices with one dispute id are one dispute. A notice of reversed, won or lost without an id is news of
    the latest open dispute of its seller and receipt, not another dispute. Any other notice without an id
    is a dispute of its own, the same for all roles that are told it on its day.
    """
    notices = sorted((Notice(told) for told in tellings if _is_chargeback(told)), key=lambda n: n.order)
    for notice in notices:
        if notice.row.reversal_id is not None:
            notice.dispute = f"id {notice.row.reversal_id}"
    _name_openings(notices, zone)
    for ending in [notice for notice in notices if notice.dispute is None]:
        ending.dispute = _open_dispute(ending, notices)
    disputes: dict[tuple[object, ...], Dispute] = {}
    for notice in notices:
        disputes.setdefault((notice.receipt, notice.dispute), Dispute()).notices.append(notice)
    return list(disputes.values())


def _is_chargeback(telling: Telling) -> bool:
    row = telling.winner.row
    return isinstance(row, MoneyRow) and row.event_type == "chargeback.received"


def _name_openings(notices: list[Notice], zone: ZoneInfo) -> None:
    """Name notices without an id by their place in the day; another role may know the id of that place."""
    places: Counter[tuple[object, ...]] = Counter()
    seen: set[tuple[object, ...]] = set()
    ids: dict[tuple[object, ...], str] = {}
    openings: list[tuple[Notice, tuple[object, ...]]] = []
    for notice in notices:
        of_id = (notice.receipt, notice.row.role, notice.dispute)
        if (notice.dispute is None and notice.is_ending) or (notice.dispute is not None and of_id in seen):
            continue
        seen.add(of_id)
        day: date = day_of(notice.row.at, zone)
        places[notice.receipt, notice.row.role, day] += 1
        place = (notice.receipt, day, places[notice.receipt, notice.row.role, day])
        if notice.dispute is None:
            openings.append((notice, place))
        else:
            ids[place] = min(ids.get(place, notice.dispute), notice.dispute)
    for notice, place in openings:
        notice.dispute = ids.get(place, f"{place[1]} {place[2]}")


def _open_dispute(ending: Notice, notices: list[Notice]) -> str:
    """Return the dispute that an ending is about.

    It is the latest begun of those that are open in its own role, else in any; else of all that began before
    it; else the first to begin.
    """
    own = [n for n in notices if n.receipt == ending.receipt and n.dispute is not None]
    begun = _begun([n for n in own if n.order <= ending.order])
    of_role = _begun([n for n in own if n.order <= ending.order and n.row.role == ending.row.role])
    for candidates in (of_role, begun):
        still_open = [name for name in candidates if not _is_closed(name, own, ending)]
        if still_open:
            return max(still_open, key=lambda name: candidates[name])
    if begun:
        return max(begun, key=lambda name: begun[name])
    return str(own[0].dispute) if own else "unknown"


def _begun(notices: list[Notice]) -> dict[str, Order]:
    """Return when each dispute began; the notices are in their order."""
    begun: dict[str, Order] = {}
    for notice in notices:
        begun.setdefault(str(notice.dispute), notice.order)
    return begun


def _is_closed(name: str, notices: list[Notice], ending: Notice) -> bool:
    """Tell whether some other news ended the dispute; an ending that tells its id may come later."""
    return any(
        other.is_ending
        and other.dispute == name
        and (
            other.row.reversal_id is not None
            or (other.row.role == ending.row.role and other.order <= ending.order)
        )
        for other in notices
    )


def is_costly(row: MoneyRow) -> bool:
    """Tell whether a notice takes money back: an inquiry of 0 does not."""
    return row.amount is not None and row.amount > Decimal(0)
