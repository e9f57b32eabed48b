"""Alerts beside our own value of the same metric, scope and window."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.oracle.builders import deliver, only, pick, refund, sale

if TYPE_CHECKING:
    from tests.sql.golden import Build


ALERTS: list[tuple[dict[str, Any], float | None, str]] = [
    ({"metric": "REFUND_RATE", "value": 0.5009}, 0.5, "match"),
    ({"metric": "refundRate", "value": 50.2, "unit": "percent"}, 0.5, "mismatch"),
    ({"metric": "GROSS_SALE_AMOUNT", "value": 148.51}, 150.0, "match"),
    ({"metric": "Gross Sale Amount", "value": 148.4}, 150.0, "mismatch"),
    ({"metric": "net_sales", "value": 119, "vendor": "SHOP"}, 120.0, "match"),
    ({"metric": "sale_count", "value": 2, "vendor": "other"}, 0.0, "mismatch"),
    ({"metric": "sale_count", "value": 2}, 2.0, "match"),
    ({"metric": "sale_count", "value": 3, "window_end": "2026-05-03"}, 3.0, "match"),
    ({"metric": "sale_count", "threshold": 2}, 2.0, "not_computable"),
    ({"metric": "epc", "value": 2}, None, "not_computable"),
    ({"metric": "SALE_AMOUNT", "value": 150}, None, "not_computable"),
    ({"metric": "sale_count", "value": 2, "tid": "t"}, None, "not_computable"),
    ({"metric": "sale_count", "value": 2, "scope_type": "vendor"}, None, "not_computable"),
    ({"metric": "sale_count", "value": 2, "window_start": None}, None, "not_computable"),
    ({"metric": "sale_count", "value": 0, "window_end": "2026-04-01"}, None, "not_computable"),
]


def test_an_alert_is_set_beside_our_own_value(build: Build) -> None:
    """On 1 and 2 May: sales of 100 and 50, a refund of 30.

    A window that ends at the instant of midnight excludes the 3rd, one that ends on the bare date includes it.
    Rates match within 0.001, amounts within 1 % of ours, counts exactly.
    """
    window = {"window_start": "2026-05-01", "window_end": "2026-05-03T00:00:00-07:00"}
    tables = build(
        sale("A", "2026-05-01T12:00:00Z", 100),
        sale("B", "2026-05-02T12:00:00Z", 50),
        refund("A", "2026-05-02T12:00:00Z", 30),
        sale("C", "2026-05-03T12:00:00Z", 1),
        *(
            deliver("threshold.reached", window | data | {"rule_id": str(number)})
            for number, (data, _, _) in enumerate(ALERTS)
        ),
    )
    found = {
        row["rule_id"]: (row["computed_value"], row["verdict"]) for row in tables["fct_threshold_alerts"]
    }
    for number, (data, computed, verdict) in enumerate(ALERTS):
        assert found[str(number)] == (computed, verdict), data


def test_an_alert_keeps_its_words_and_only_its_names_are_put_in_order(build: Build) -> None:
    """0.05 and 5 are both a rate without a unit: values and unit stay as sent. No scope is NULL."""
    told = [
        {
            "rule_id": "1",
            "metric": "GROSS_SALE_AMOUNT",
            "direction": "above",
            "threshold": "1,000",
            "value": 1001.5,
        },
        {"rule_id": "2", "metric": "refundRate", "operator": "below", "limit": 5, "unit": "%"},
    ]
    told[0] |= {"campaign_id": "Spring", "window_start": "2026-05-01", "fired_at": 1777636800}
    tables = build(*(deliver("threshold.reached", alert) for alert in told))
    names = ("metric", "comparator", "threshold_value", "claimed_value", "unit", "scope_type", "scope_value")
    assert pick(tables["fct_threshold_alerts"], "rule_id", *names) == [
        ("1", "gross_sales", "gt", 1000, Decimal("1001.5"), None, "campaign", "Spring"),
        ("2", "refund_rate", "lt", 5, None, "%", None, None),
    ]
    first = only(tables["fct_threshold_alerts"], rule_id="1")
    assert first["window_start"] == datetime(2026, 5, 1, 7, tzinfo=UTC)
    assert first["reached_at"] == datetime(2026, 5, 1, 12, tzinfo=UTC)
