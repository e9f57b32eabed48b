"""Every metric in every scope and currency, over windows that cut days: what alerts measure."""

from __future__ import annotations

from itertools import product

from tests.mutants.telling import Body, dispute, given, refund, sale, told

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
    *({"vendor": f"{kind}store"} for kind in ("sell", "refund", "dispute", "mixed", "repeat", "edge")),
)
WINDOWS: tuple[Body, ...] = (
    {"window_start": "2026-04-01T18:00:00Z", "window_end": "2026-04-08T12:30:00Z"},
    {"window_start": "2026-04-02T12:00:00Z", "window_end": "2026-04-02T12:00:00Z"},
    {"window_start": "2026-04-02", "window_end": "2026-04-03"},
    {"window_start": "2026-04-05T08:00:00Z", "window_end": "2026-04-05T20:00:00Z"},
    {"window_start": "2026-04-05T20:00:00Z", "window_end": "2026-04-06T08:00:00Z"},
)


def _alert(number: int, *parts: Body) -> Body:
    data: Body = {"rule_id": f"rule{number}", "current_value": 3, "triggered_at": "2026-04-28T12:00:00Z"}
    for part in parts:
        data |= part
    return data


def matched() -> list[Body]:
    """Return alerts that claim our own value, or nearly: of four sales of a store one was refunded, none disputed."""
    claims: tuple[Body, ...] = (
        *(
            {"metric": "refund_rate", "current_value": 0.25, "unit": unit}
            for unit in ("ratio", "%", "percent")
        ),
        *({"metric": "refund_rate", "current_value": 25, "unit": unit} for unit in ("ratio", "%", "percent")),
        {"metric": "refund_rate", "current_value": 0.25},
        {"metric": "refund_rate", "current_value": "25%"},
        *({"metric": "chargeback_rate", "current_value": value} for value in (0.001, 0.0011)),
        *({"metric": "gross_sales", "current_value": value} for value in (100, 101, 99, 102)),
        *({"metric": "sale_count", "current_value": value} for value in (4, 4.01)),
    )
    window: Body = {"vendor": "ratestore", "window_start": "2026-04-01", "window_end": "2026-04-20"}
    return [
        *(sale(f"RATE{place}", "2026-04-02", 25, vendor="ratestore") for place in range(4)),
        refund("RATE1", "2026-04-03", 5, vendor="ratestore"),
        *(
            told("threshold.reached", _alert(1000 + place, window, claim))
            for place, claim in enumerate(claims)
        ),
    ]


def stores() -> list[Body]:
    """Return the events of stores with one kind of event each, or with a refund at the edge of a window."""
    day, end = "2026-04-05", "2026-04-05T20:00:00Z"
    return [
        sale("STORE1", day, 10, vendor="sellstore"),
        refund("STORE2", day, 10, vendor="refundstore"),
        dispute("STORE3", day, 10, vendor="disputestore"),
        sale("STORE4", day, 10, vendor="mixedstore"),
        sale("STORE5", day, 10, vendor="mixedstore", currency=None),
        # A refund that another role tells of another day is there on its own day alone.
        refund("STORE6", "2026-04-12", 10, vendor="repeatstore", refund_id="RS1"),
        refund("STORE6", "2026-04-12", 11, vendor="repeatstore", refund_id="RS2"),
        refund("STORE6", day, 10, vendor="repeatstore", refund_id="RS1", role="AFFILIATE"),
        refund("STORE7", end, 10, vendor="edgestore", refund_id="ES1"),
        refund("STORE7", end, 11, vendor="edgestore", refund_id="ES2"),
        dispute("STORE8", end, 10, vendor="edgestore", chargeback_id="ES3"),
        dispute("STORE8", end, 11, vendor="edgestore", chargeback_id="ES4"),
        # A seller with the name of an affiliate is another one.
        sale("NAMESAKE", day, 10, vendor="joe", affiliate="ann"),
    ]


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
