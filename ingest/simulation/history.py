"""The history of an account day by day, with Command Center's reports and with disturbances."""

from __future__ import annotations

from itertools import cycle
from math import ceil
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from ingest.simulation import disturbance
from ingest.simulation.business.account import Account
from ingest.simulation.business.days import ByDay, Day
from ingest.simulation.business.ledger import Ledger
from ingest.simulation.business.operations import DATA_SYNCED, THRESHOLD_REACHED, Alerts, Syncs
from ingest.simulation.business.posting import of_sale
from ingest.simulation.delivery import Deliveries, Outbox
from ingest.simulation.formats.envelope import enclose, encode
from ingest.simulation.odd.oddities import Oddities

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from ingest.simulation.event import SimulatedEvent

_MOST_SYNCS_SHARE = 0.045
_EVENTS_PER_ALERT = 110
_MOST_ALERTS_PER_DAY = 6
_EVENTS_PER_DISTURBANCE = 45
_DAILY_SOURCE = "clickbank"
_WEEKLY_SOURCE = "affiliate_network"
_WEEK = 7
# The weekly source misses its last two turns: more than 1.5 and less than 3 of its intervals is late.
_MISSED_TURNS = 2


class History:
    """Every delivery of some days.

    Memory holds the future (rebills, reversals, late deliveries) and the deliveries of one day.

    Args:
        days: The days with their targets; the last target is the number of all deliveries but those of odd situations.
        rng: Draws everything else.
        odd_rounds: How often each odd situation occurs.
        odd_rng: Draws the odd situations, so that the others do not depend on them.
        deliveries: The sender.
    """

    def __init__(
        self,
        days: list[Day],
        rng: Random,
        odd_rounds: int,
        odd_rng: Random,
        deliveries: type[Deliveries] = Deliveries,
    ) -> None:
        self._days = days
        self._rng = rng
        self._outbox: Outbox = ByDay(days)
        self._deliveries = deliveries(self._outbox, rng)
        self._ledger = Ledger()
        self._oddities = Oddities(days, odd_rounds, odd_rng, self._ledger.hold)
        self._account = Account(days, self._deliveries, self._ledger, rng)
        self._alerts = Alerts(self._ledger, rng)
        self._syncs = Syncs(self._ledger, rng)
        # A small history over many days would hold little but syncs if there were one every day.
        self._sync_days = max(1, ceil(len(days) / (_MOST_SYNCS_SHARE * days[-1].target + 1)))
        self._alert_count = 0
        self._disturbance_count = 0
        self._disturbances = cycle(self._shuffled_disturbances())

    def deliveries(self) -> Iterator[SimulatedEvent]:
        """Yield every delivery in order of sending: at least the last day's target and all odd situations."""
        sent = 0
        for index, day in enumerate(self._days):
            self._account.today = day
            if index > 0:
                self._report(index, sent)
            self._run_day(index, sent)
            outgoing = self._outbox.on(index)
            sent += len(outgoing)
            for _, _, event in sorted([*outgoing, *self._oddities.until(day.ends_at)], key=itemgetter(0, 1)):
                yield event
            self._outbox.drop(index)
            self._account.agenda.drop(index)

    def _run_day(self, index: int, sent: int) -> None:
        """Run the agenda of a day, then sell until the day has its share of deliveries."""
        due, outgoing = self._account.agenda.on(index), self._outbox.on(index)
        done = 0
        while done < len(due) or sent + len(outgoing) < self._days[index].target:
            if done < len(due):
                due[done]()
                done += 1
            else:
                self._account.sell()
            self._disturb(sent + len(outgoing))

    def _report(self, index: int, sent: int) -> None:
        """Send the alerts and syncs that follow the day before."""
        yesterday = self._days[index - 1].date
        if index % self._sync_days == 0:
            self._send_report(
                DATA_SYNCED, "sync", self._syncs.after(yesterday, self._sync_days, _DAILY_SOURCE)
            )
        week = _WEEK * self._sync_days
        if index % week == 0 and index < len(self._days) - _MISSED_TURNS * week:
            self._send_report(DATA_SYNCED, "sync", self._syncs.after(yesterday, week, _WEEKLY_SOURCE))
        for _ in range(min(sent // _EVENTS_PER_ALERT - self._alert_count, _MOST_ALERTS_PER_DAY)):
            self._send_report(THRESHOLD_REACHED, "threshold", self._alerts.after(yesterday))
        self._alert_count = sent // _EVENTS_PER_ALERT

    def _send_report(self, event_type: str, kind: str, report: tuple[dict[str, Any], int]) -> None:
        data, at = report
        if at < self._days[-1].ends_at:
            body = enclose(event_type, data, self._rng, at + 2)
            self._deliveries.send(encode(body, self._rng), kind, at, at + 2)

    def _disturb(self, count: int) -> None:
        while self._disturbance_count < count // _EVENTS_PER_DISTURBANCE:
            self._disturbance_count += 1
            self._perform(next(self._disturbances))

    def _shuffled_disturbances(self) -> list[str]:
        """Return one cycle of all disturbances, so that even a short history has each."""
        names = ["broken"] * 7 + ["test"] * 3 + ["unhandled"] * 2 + ["array"] * 2
        names += ["orphan_refund"] * 4 + ["orphan_chargeback"] + ["early_refund"] * 3
        self._rng.shuffle(names)
        return names

    def _perform(self, name: str) -> None:
        account = self._account
        if name == "orphan_refund":
            account.refund_unknown_sale()
        elif name == "orphan_chargeback":
            account.charge_back_unknown_sale()
        elif name == "early_refund":
            account.refund_before_sale()
        elif name == "array":
            postings = [
                account.count(of_sale(account.draw_sale())) for _ in range(2 + self._disturbance_count % 2)
            ]
            self._send(disturbance.batch(postings), name, postings[0].occurred_at)
        else:
            spoil = {
                "broken": disturbance.broken,
                "test": disturbance.test,
                "unhandled": disturbance.unhandled,
            }[name]
            posting = of_sale(account.draw_sale())
            self._send(spoil(posting, self._disturbance_count), name, posting.occurred_at)

    def _send(self, raw: bytes, kind: str, at: int) -> None:
        self._deliveries.send(raw, kind, at, at + 3)
