"""Everything that counts, with today: the ground that every report stands on."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from tests.second_oracle.identity import Event, Telling
from tests.second_oracle.instants import day_of
from tests.second_oracle.reversals import Reversal, chargebacks_of, refunds_of
from tests.second_oracle.rows import MoneyRow, Told
from tests.second_oracle.sales import Sale, sales_of
from tests.second_oracle.transaction_types import TOOK_NOTHING

Table = list[dict[str, object]]
ZERO = Decimal("0.0000")
UNDECIDED = object()
"""Stands where no rule says the value; whatever the product publishes there is right."""
NAMED_REASONS = (
    *("no_time", "implausible_time", "bad_time", "bad_money", "type_conflict"),
    *("negative_amount", "parts_disagree", "missing_receipt", "missing_amount", "transaction_type"),
)


@dataclass(frozen=True)
class History:
    """Sales, refunds and disputes of all roles, and the last instant that anything is known of."""

    zone: ZoneInfo
    sales: list[Sale]
    refunds: list[Reversal]
    chargebacks: list[Reversal]
    now: datetime | None

    @property
    def today(self) -> date | None:
        """Return the report day of the last known instant."""
        return None if self.now is None else day_of(self.now, self.zone)

    @property
    def counted_sales(self) -> list[Sale]:
        """Return each payment once."""
        return [sale for sale in self.sales if sale.is_counted]

    @property
    def counted_refunds(self) -> list[Reversal]:
        """Return each refund once, whichever roles tell it."""
        return [refund for refund in self.refunds if refund.is_counted]

    @property
    def counted_chargebacks(self) -> list[Reversal]:
        """Return each dispute that took money once, whichever roles and notices tell it."""
        return [one for one in self.chargebacks if one.is_counted]


def history_of(tellings: list[Telling], zone: ZoneInfo, built_at: datetime | None) -> History:
    """Derive the history from the identified tellings."""
    sales = sales_of(tellings, zone)
    return History(
        zone,
        sales,
        refunds_of(tellings, sales, zone),
        chargebacks_of(tellings, sales, zone),
        _now(tellings, built_at),
    )


def _now(tellings: list[Telling], built_at: datetime | None) -> datetime | None:
    """Return the latest instant of mapped sales, refunds and chargebacks.

    It is never the wall clock, and never later than the latest receipt of anything that counts: one event
    dated tomorrow ages nobody's cohort. A receipt before the release was built comes from no clock.
    """
    counting = [
        telling
        for telling in tellings
        if isinstance(telling.winner.row, MoneyRow) and not telling.took_nothing
    ]
    if not counting:
        return None
    told = max(telling.winner.money.at for telling in counting)
    received = max(body.body.last_received_at for telling in counting for body in telling.event.bodies)
    has_clock = built_at is None or received >= built_at
    return min(told, received) if has_clock else told


def total(amounts: list[Decimal | None]) -> Decimal:
    """Sum the known amounts; a sum over nothing is 0."""
    return sum((amount for amount in amounts if amount is not None), ZERO)


def rate(part: Decimal | int, whole: Decimal | int) -> float | None:
    """Return a fraction, or None where there is nothing to divide by."""
    return float(Decimal(part) / Decimal(whole)) if whole else None


def receipts_of(reversals: list[Reversal]) -> int:
    """Count distinct payments of receipts: a partial refund and the remainder are one."""
    return len({payment_taken_back(reversal) for reversal in reversals})


def payment_taken_back(reversal: Reversal) -> tuple[object, ...]:
    """Name the payment of a seller's receipt that a reversal takes back; None for an orphan's."""
    return reversal.seller, reversal.row.receipt, None if reversal.sale is None else reversal.sale.payment


def events_table(events: list[Event]) -> Table:
    """Return one row per final identity; its deliveries are those of all the bodies that tell it."""
    rows: Table = []
    for event in events:
        winner = event.winner
        status, reasons = winner.status, winner.reasons
        if event.has_fact:
            status, reasons = "mapped", ()
        elif status == "mapped":
            status, reasons = "unhandled", tuple(_statuses(event))
        rows.append(
            {
                "event_key": event.key,
                "event_type": winner.event_type,
                "event_id": winner.event_id,
                "occurred_at": _time_of(winner) if status == "mapped" else UNDECIDED,
                "received_at": min(told.body.first_received_at for told in event.bodies),
                "delivery_count": sum(told.body.delivery_count for told in event.bodies),
                "is_test": status == "test",
                "status": status,
                "reason": UNDECIDED if status == "quarantined" else _reason(status, reasons),
            }
        )
    return rows


def _time_of(winner: Told) -> object:
    """Return when an event happened; no rule says it of one that tells several instants."""
    return winner.occurred_at if len({row.at for _, row in winner.rows}) == 1 else UNDECIDED


def _reason(status: str, reasons: tuple[str, ...]) -> object:
    """Return the reason of an event that does not count, as far as a rule names it."""
    if status in {"mapped", "test"}:
        return None
    named = [reason for reason in reasons if reason.startswith((*NAMED_REASONS, *TOOK_NOTHING))]
    return named[0] if named else UNDECIDED


def _statuses(event: Event) -> list[str]:
    rows = [row for _, row in event.winner.rows if isinstance(row, MoneyRow)]
    return list(dict.fromkeys(str(row.status) for row in rows))


def quarantine_table(events: list[Event]) -> Table:
    """Return one row per event that could not be mapped."""
    return [
        {
            "event_key": event.key,
            "event_type": event.winner.event_type,
            "reason": _reason("quarantined", event.winner.reasons),
            "first_seen_at": min(told.body.first_received_at for told in event.bodies),
        }
        for event in events
        if not event.has_fact and event.winner.status == "quarantined"
    ]
