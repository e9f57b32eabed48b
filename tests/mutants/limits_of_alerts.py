"""Every metric in every scope and currency, over windows that cut days: what alerts measure."""

from __future__ import annotations

from itertools import product

from tests.mutants.telling import Body, given, told

METRICS = (
    *("gross_sales", "net_sales", "sale_count", "rebill_count", "refund_count", "refund_amount"),
    *("refund_rate", "chargeback_count", "chargeback_amount", "chargeback_rate", "epc"),
)
SCOPES: tuple[Body, ...] = (
    {},
    {"vendor": "storea"},
    {"vendor": "storeb"},
    {"affiliate": "joe"},
    {"vendor": "nobody"},
)
WINDOWS: tuple[Body, ...] = (
    {"window_start": "2026-04-01T18:00:00Z", "window_end": "2026-04-08T12:30:00Z"},
    {"window_start": "2026-04-02T12:00:00Z", "window_end": "2026-04-02T12:00:00Z"},
    {"window_start": "2026-04-02", "window_end": "2026-04-03"},
)


def _alert(number: int, *parts: Body) -> Body:
    data: Body = {"rule_id": f"rule{number}", "current_value": 3, "triggered_at": "2026-04-28T12:00:00Z"}
    for part in parts:
        data |= part
    return data


def measured() -> list[Body]:
    """Return the alerts, two in each body: an item of a body is not another one."""
    metrics = [{"metric": metric} for metric in METRICS]
    currencies = [given({"currency": currency}) for currency in (None, "USD", "EUR")]
    alerts = [
        _alert(number, *parts) for number, parts in enumerate(product(metrics, SCOPES, currencies, WINDOWS))
    ]
    return [
        told("threshold.reached", [alerts[place], alerts[-1 - place]]) for place in range(len(alerts) // 2)
    ]
