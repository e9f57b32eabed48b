"""Command Center's reports about itself: reached thresholds and completed syncs."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import cycle
from typing import TYPE_CHECKING, Any, NamedTuple

from ingest.simulation import clock
from ingest.simulation.business.posting import CHARGEBACK_RECEIVED, REFUND_PROCESSED, SALE_CREATED

if TYPE_CHECKING:
    from random import Random

    from ingest.simulation.business.ledger import Ledger, Totals

THRESHOLD_REACHED = "threshold.reached"
DATA_SYNCED = "data.synced"
_GAP_SHARE = 0.06
_UNNAMED_SOURCE_SHARE = 0.2
_PER_TYPE_SHARE = 0.4
_SYNC_SECONDS = 240


class Rule(NamedTuple):
    """One alert rule; a false one claims a value that never was."""

    metric: str
    unit: str
    days: int
    scope: dict[str, str]
    is_true: bool = True


RULES = (
    Rule("refund_rate", "ratio", 30, {"vendor": "brightketo"}),
    Rule("gross_sales", "currency", 7, {"vendor": "calmharbor", "currency": "USD"}),
    Rule("chargeback_rate", "ratio", 30, {"vendor": "woodsmith7"}, is_true=False),
    Rule("epc", "currency", 7, {"campaign_id": "camp07"}),
    Rule("refund_rate", "percent", 7, {"vendor": "woodsmith7"}),
    Rule("sale_count", "count", 1, {"vendor": "calmharbor"}),
    Rule("refund_rate", "ratio", 60, {"vendor": "calmharbor"}, is_true=False),
    Rule("chargeback_rate", "ratio", 60, {"vendor": "brightketo"}),
    Rule("hop_count", "count", 1, {"affiliate": "topreview"}),
)
_ANALYTICS_NAMES = {
    "refund_rate": "REFUND_RATE",
    "chargeback_rate": "CHARGEBACK_RATE",
    "epc": "EARNINGS_PER_CLICK",
}


class Alerts:
    """The rules in turn, each with the ledger's value (or, if it is false, another one)."""

    def __init__(self, ledger: Ledger, rng: Random) -> None:
        self._ledger = ledger
        self._rng = rng
        self._rules = cycle(RULES)
        self._number = 0

    def after(self, day: date) -> tuple[dict[str, Any], int]:
        """Return the next alert over the days up to ``day``, and its time: the morning after."""
        rule = next(self._rules)
        self._number += 1
        fired_at = clock.midnight(day + timedelta(days=1)) + 6 * 3600 + self._number % 3600
        claimed = self._claim(rule, self._ledger.window(day, rule.days, rule.scope.get("vendor")))
        word = (_alert_as_alert, _alert_as_rule)[self._number % 2]
        return {**word(rule, claimed, fired_at), **rule.scope, **_window(day, rule.days)}, fired_at

    def _claim(self, rule: Rule, totals: Totals) -> float:
        truth = _truth(rule.metric, totals)
        if truth is None:
            truth = round(0.5 + self._rng.random() * 2, 2)
        claimed = truth * 100 if rule.unit == "percent" else truth
        return round(claimed if rule.is_true else claimed * 1.6 + 0.01, 4)


def _truth(metric: str, totals: Totals) -> float | None:
    """Return the metric's value; None where it needs clicks, which no event carries, or has no sales."""
    values = {
        "refund_rate": totals.refund_rate,
        "chargeback_rate": totals.chargeback_rate,
        "gross_sales": totals.gross / 100,
        "sale_count": float(totals.sale_count),
    }
    return values.get(metric)


def _window(day: date, days: int) -> dict[str, str]:
    """Return whole Pacific days; the end is their last second, so it lies in the window by either reading."""
    return {
        "window_start": clock.extended(clock.midnight(day - timedelta(days=days - 1))),
        "window_end": clock.extended(clock.midnight(day + timedelta(days=1)) - 1),
    }


def _alert_as_alert(rule: Rule, claimed: float, fired_at: int) -> dict[str, Any]:
    return {
        "alert_id": f"alert-{rule.metric}-{rule.days}d",
        "metric": rule.metric,
        "condition": "above",
        "threshold": round(claimed * 0.9, 4),
        "value": claimed,
        "unit": rule.unit,
        "severity": "warning",
        "triggered_at": clock.zulu(fired_at),
    }


def _alert_as_rule(rule: Rule, claimed: float, fired_at: int) -> dict[str, Any]:
    return {
        "rule_id": f"rule-{rule.metric}-{rule.days}d",
        "rule_name": f"{rule.metric} over {rule.days} days",
        "metric": _ANALYTICS_NAMES.get(rule.metric, rule.metric),
        "operator": "gte",
        "limit": str(round(claimed * 0.9, 4)),
        "actual": claimed,
        "unit": rule.unit,
        "state": "reached",
        "reached_at": clock.extended(fired_at),
    }


class Syncs:
    """Completed syncs, whose counts mostly agree with the deliveries."""

    def __init__(self, ledger: Ledger, rng: Random) -> None:
        self._ledger = ledger
        self._rng = rng

    def after(self, day: date, days: int, source: str) -> tuple[dict[str, Any], int]:
        """Return the sync over some days up to ``day``, and its time: the morning after."""
        started_at = clock.midnight(day + timedelta(days=1)) + 5 * 3600 + int(self._rng.random() * 600)
        completed_at = started_at + _SYNC_SECONDS
        data: dict[str, Any] = {
            "sync_id": f"sync-{source}-{day:%Y%m%d}",
            "source": source,
            "status": "success",
            "started_at": clock.zulu(started_at),
            "completed_at": clock.zulu(completed_at),
            "range_start": (day - timedelta(days=days - 1)).isoformat(),
            "range_end": day.isoformat(),
            **self._counts(day, days),
        }
        if source == "clickbank" and self._rng.random() < _UNNAMED_SOURCE_SHARE:
            del data["source"]
        return data, completed_at

    def _counts(self, day: date, days: int) -> dict[str, int]:
        reported = self._ledger.reported(day, days)
        if self._rng.random() < _GAP_SHARE:
            # The source has sales whose webhook never came.
            reported[SALE_CREATED] += 1 + int(self._rng.random() * 3)
        if self._rng.random() >= _PER_TYPE_SHARE:
            return {"records_synced": reported.total()}
        return {
            "sales_count": reported[SALE_CREATED],
            "refunds_count": reported[REFUND_PROCESSED],
            "chargebacks_count": reported[CHARGEBACK_RECEIVED],
        }
