"""Alerts, each with our own figure next to the sender's."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from tests.second_oracle.history import UNDECIDED, History, Table, rate, receipts_of, total
from tests.second_oracle.identity import Telling
from tests.second_oracle.reversals import Reversal
from tests.second_oracle.rows import AlertRow
from tests.second_oracle.sales import Sale

CLEARLY_EQUAL = Decimal("0.000001")
CLEARLY_DIFFERENT = Decimal("0.05")
RATES = ("refund_rate", "chargeback_rate", "refund_rate_value")


@dataclass(frozen=True)
class Slice:
    """The counted rows inside an alert's window and scope."""

    sales: list[Sale]
    refunds: list[Reversal]
    chargebacks: list[Reversal]

    @property
    def currencies(self) -> set[str | None]:
        """Return the currencies of all the rows."""
        reversals = (*self.refunds, *self.chargebacks)
        return {sale.row.currency for sale in self.sales} | {one.currency for one in reversals}


FIGURES: dict[str, Callable[[Slice], Decimal | float | None]] = {
    "sale_count": lambda part: sum(not sale.row.is_rebill for sale in part.sales),
    "rebill_count": lambda part: sum(sale.row.is_rebill for sale in part.sales),
    "gross_sales": lambda part: total([sale.row.amount for sale in part.sales]),
    "refund_count": lambda part: receipts_of(part.refunds),
    "refund_amount": lambda part: total([one.row.amount for one in part.refunds]),
    "chargeback_count": lambda part: receipts_of(part.chargebacks),
    "chargeback_amount": lambda part: total([one.row.amount for one in part.chargebacks]),
    "net_sales": lambda part: (
        total([sale.row.amount for sale in part.sales])
        - total([one.row.amount for one in part.refunds])
        - total([one.row.amount for one in part.chargebacks])
    ),
    "refund_rate": lambda part: rate(receipts_of(part.refunds), len(part.sales)),
    "chargeback_rate": lambda part: rate(receipts_of(part.chargebacks), len(part.sales)),
    "refund_rate_value": lambda part: rate(
        total([one.row.amount for one in part.refunds]), total([sale.row.amount for sale in part.sales])
    ),
}
MONEY = ("gross_sales", "refund_amount", "chargeback_amount", "net_sales", "refund_rate_value")


def alerts_table(tellings: list[Telling], history: History) -> Table:
    """Return one row per alert.

    No rule says the verdict of two figures that neither clearly agree nor clearly differ.
    """
    rows: Table = []
    for telling in tellings:
        alert = telling.winner.row
        if isinstance(alert, AlertRow):
            start, end = window_of(alert)
            computed = _computed(alert, history)
            rows.append(
                {
                    "event_key": telling.event.key,
                    "item_index": telling.winner.place,
                    "rule_id": alert.rule,
                    "reached_at": alert.at,
                    "metric": alert.metric,
                    "comparator": alert.comparator,
                    "threshold_value": alert.threshold_value,
                    "claimed_value": alert.claimed_value,
                    "unit": alert.unit,
                    "scope_type": alert.scope_type,
                    "scope_value": alert.scope_value,
                    "window_start": UNDECIDED if alert.window_start is None else start,
                    "window_end": UNDECIDED if alert.window_end is None or alert.is_end_a_day else end,
                    "computed_value": computed,
                    "verdict": _verdict(alert, computed) or UNDECIDED,
                }
            )
    return rows


def window_of(alert: AlertRow) -> tuple[datetime | None, datetime | None]:
    """Return the told window; a number of days alone is the window that ends when the alert was reached."""
    if alert.window_start is None and alert.window_end is None and alert.window_days and alert.at:
        return alert.at - timedelta(days=alert.window_days), alert.at
    return alert.window_start, alert.window_end


def _computed(alert: AlertRow, history: History) -> Decimal | float | None:
    """Compute the alert's metric over the instants of its window, up to the moment it was reached."""
    start, end = window_of(alert)
    ends = [at for at in (end, alert.at) if at is not None]
    figure = FIGURES.get(alert.metric)
    if figure is None or start is None or not ends or alert.scope_type not in (None, *_SCOPES):
        return None
    part = _slice(alert, start, min(ends), history)
    if alert.metric in MONEY and len(part.currencies) > 1:
        return None
    return figure(part)


_SCOPES = ("vendor", "account", "affiliate")


def _slice(alert: AlertRow, start: datetime, end: datetime, history: History) -> Slice:
    return Slice(
        [
            sale
            for sale in history.counted_sales
            if start <= sale.sold_at <= end and _in_scope(alert, sale.seller, sale.row.affiliate)
        ],
        [one for one in history.counted_refunds if _is_inside(alert, one, start, end)],
        [one for one in history.counted_chargebacks if _is_inside(alert, one, start, end)],
    )


def _is_inside(alert: AlertRow, one: Reversal, start: datetime, end: datetime) -> bool:
    return start <= one.happened_at <= end and _in_scope(alert, one.vendor, one.affiliate)


def _in_scope(alert: AlertRow, vendor: str | None, affiliate: str | None) -> bool:
    if alert.scope_type is None:
        return True
    told = affiliate if alert.scope_type == "affiliate" else vendor
    return alert.scope_value is not None and told == alert.scope_value.lower()


def _verdict(alert: AlertRow, computed: Decimal | float | None) -> str | None:
    """Decide where two figures clearly agree or clearly differ; a rate without a unit is undecidable."""
    if computed is None:
        return "not_computable" if alert.metric not in FIGURES else None
    if alert.claimed_value is None or (alert.metric in RATES and not (alert.is_percent or alert.unit)):
        return None
    claimed = alert.claimed_value / 100 if alert.is_percent else alert.claimed_value
    distance = abs(claimed - Decimal(str(computed)))
    if distance <= CLEARLY_EQUAL:
        return "match"
    return "mismatch" if distance > CLEARLY_DIFFERENT * max(abs(claimed), Decimal(1)) else None
