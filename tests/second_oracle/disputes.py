"""Notices of chargebacks become disputes: a dispute counts once."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from tests.second_oracle.identity import Event, Telling
from tests.second_oracle.rows import MoneyRow
from tests.second_oracle.things import Thing
from tests.second_oracle.transaction_types import CLOSED, ECHECK, role_rank


@dataclass
class Dispute:
    """One dispute as one role tells it, with all its notices."""

    event: Event
    place: int
    notices: list[Thing] = field(default_factory=list)

    @property
    def row(self) -> MoneyRow:
        """Return the row of the first notice."""
        return min(self.notices, key=lambda notice: notice.money.at).money

    @property
    def seller(self) -> str | None:
        """Return whose sale is disputed."""
        return self.notices[0].seller

    @property
    def opened_at(self) -> datetime:
        """Return the instant of the first notice of any amount."""
        return self.row.at


def disputes_of(tellings: list[Telling]) -> list[Dispute]:
    """Return every dispute.

    Notices with one dispute id are one dispute. A notice of reversed, won or lost without an id is news of
    the latest open dispute of its seller and receipt, not another dispute.
    """
    chargebacks = [telling for telling in tellings if _is_chargeback(telling)]
    disputes = [
        Dispute(telling.event, telling.winner.place, list(telling.things))
        for telling in chargebacks
        if not _is_ending(telling)
    ]
    endings = [telling for telling in chargebacks if _is_ending(telling)]
    for ending in sorted(endings, key=lambda telling: (telling.winner.money.at, telling.event.key)):
        home = _disputed(ending.winner, disputes)
        if home is None:
            disputes.append(Dispute(ending.event, ending.winner.place, list(ending.things)))
        else:
            home.notices.extend(ending.things)
    return disputes


def _is_chargeback(telling: Telling) -> bool:
    row = telling.winner.row
    return isinstance(row, MoneyRow) and row.event_type == "chargeback.received"


def _is_ending(telling: Telling) -> bool:
    has_id = any(thing.money.reversal_id for thing in telling.things)
    return not has_id and telling.winner.money.status in CLOSED


def _disputed(ending: Thing, disputes: list[Dispute]) -> Dispute | None:
    """Return the dispute that an ending is about: open ones before closed ones, the latest begun first."""
    own = [
        dispute
        for dispute in disputes
        if (dispute.seller, dispute.row.receipt) == (ending.seller, ending.money.receipt)
    ]
    of_role = [dispute for dispute in own if dispute.row.role == ending.money.role]
    if not of_role and own:
        best = min(role_rank(dispute.row.role) for dispute in own)
        of_role = [dispute for dispute in own if role_rank(dispute.row.role) == best]
    begun = [dispute for dispute in of_role if dispute.opened_at <= ending.money.at]
    still_open = [dispute for dispute in begun if not _is_closed(dispute, ending.money.at)]
    for candidates in (still_open, begun, of_role):
        if candidates:
            return max(candidates, key=lambda dispute: (dispute.opened_at, dispute.event.key, dispute.place))
    return None


def _is_closed(dispute: Dispute, at: datetime) -> bool:
    return any(notice.money.status in CLOSED and notice.money.at <= at for notice in dispute.notices)


def as_row(dispute: Dispute) -> MoneyRow:
    """Tell a dispute as one row.

    It stands on the day of its first notice with an amount above 0, at the latest amount above 0 and with
    the latest fee and status that any notice says.
    """
    notices = [notice.money for notice in sorted(dispute.notices, key=_news_order)]
    last = notices[-1]
    costly = [row for row in notices if is_costly(row)]
    priced = (
        costly[-1] if costly else next((row for row in reversed(notices) if row.amount is not None), last)
    )
    return replace(
        last,
        at=min(row.at for row in costly or notices),
        amount=priced.amount,
        currency=priced.currency or next((row.currency for row in reversed(notices) if row.currency), None),
        account_amount=next(
            (row.account_amount for row in reversed(notices) if row.account_amount is not None), None
        ),
        fee=next((row.fee for row in reversed(notices) if row.fee is not None), None),
        status=last.status if last.status in CLOSED else "received",
        meaning=ECHECK if any(row.meaning == ECHECK for row in notices) else last.meaning,
        reversal_id=next((row.reversal_id for row in notices if row.reversal_id), None),
        vendor=next((row.vendor for row in reversed(notices) if row.vendor), None),
        affiliate=next((row.affiliate for row in reversed(notices) if row.affiliate), None),
        original_at=next((row.original_at for row in reversed(notices) if row.original_at), None),
        items=next((row.items for row in reversed(notices) if row.items), ()),
    )


def is_costly(row: MoneyRow) -> bool:
    """Tell whether a notice takes money back: an inquiry of 0 does not."""
    told = row.amount if row.amount is not None else row.account_amount
    return told is not None and told > Decimal(0)


def _news_order(notice: Thing) -> tuple[datetime, datetime, str]:
    """Order notices by when they were made, which their own instant says if their envelope does not."""
    row = notice.money
    return notice.told.created_at or row.at, row.at, notice.told.body.sha256
