"""Alerts next to our own value of the same metric, scope and window."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

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
    ({"metric": "net_sales", "value": 2, "vendor": "other"}, 0.0, "mismatch"),
    ({"metric": "gross_sales", "value": 0, "vendor": "other"}, 0.0, "match"),
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


# Sales of 1 on 10 May at 09:00 and 15:00 and on 11 May at 09:00 and 20:00, in the zone of the reports.
HOURS: list[tuple[dict[str, Any], float | None]] = [
    ({"window_start": "2026-05-10T13:00:00-07:00", "window_end": "2026-05-11T13:00:00-07:00"}, 2),
    ({"window_start": "2026-05-10T09:00:00-07:00", "window_end": "2026-05-11T09:00:00-07:00"}, 2),
    ({"window_start": "2026-05-10", "window_end": "2026-05-11"}, 4),
    (
        {"window_start": "2026-05-10", "window_end": "2026-05-11", "reached_at": "2026-05-11T09:00:00-07:00"},
        3,
    ),
    (
        {"window_start": "2026-05-10", "window_end": "2026-05-31", "reached_at": "2026-05-11T08:59:59-07:00"},
        2,
    ),
    ({"window_start": "2026-05-10", "window_end": "2026-05-31", "reached_at": "2026-05-10"}, 2),
    ({"window_start": "2026-05-11", "reached_at": "2026-05-11T13:00:00-07:00"}, 1),
    ({"window_days": 1, "reached_at": "2026-05-11T13:00:00-07:00"}, 2),
    ({"window_days": "1", "reached_at": "2026-05-11"}, 2),
    ({"window_hours": 4, "reached_at": "2026-05-11T13:00:00-07:00"}, 1),
    ({"window_min": 30, "reached_at": "2026-05-11T09:00:00-07:00"}, 1),
    ({"window_days": 1, "window_end": "2026-05-11T00:00:00-07:00"}, 2),
    ({"window_days": "some", "reached_at": "2026-05-11T13:00:00-07:00"}, None),
    ({"window_days": 0, "reached_at": "2026-05-11T13:00:00-07:00"}, None),
    ({"window_start": "2026-05-12", "window_end": "2026-05-13", "reached_at": "2026-05-11"}, None),
]


@pytest.mark.parametrize(("window", "expected"), HOURS)
def test_our_own_value_covers_the_instants_of_the_window_up_to_the_moment_it_was_reached(
    build: Build, window: dict[str, Any], expected: float | None
) -> None:
    tables = build(
        *(
            sale(f"S{hour}", f"2026-05-{hour}:00:00-07:00", 1)
            for hour in ("10T09", "10T15", "11T09", "11T20")
        ),
        *(
            deliver("threshold.reached", {"metric": metric, "value": 1, "vendor": "shop"} | window)
            for metric in ("sale_count", "gross_sales")
        ),
    )
    assert {row["computed_value"] for row in tables["fct_threshold_alerts"]} == {expected}


def test_receipts_reversed_twice_count_once_in_a_window_and_only_those_inside_it(build: Build) -> None:
    tables = build(
        sale("A", "2026-05-10T09:00:00-07:00", 10),
        refund("A", "2026-05-10T10:00:00-07:00", 4),
        refund("A", "2026-05-10T12:00:00-07:00", 6),
        *(
            deliver(
                "threshold.reached",
                {
                    "rule_id": f"{first}-{last}",
                    "metric": "refund_count",
                    "value": 1,
                    "window_start": f"2026-05-10T{first}:00:00-07:00",
                    "window_end": f"2026-05-10T{last}:00:00-07:00",
                },
            )
            for first, last in ((9, 13), (11, 13), (13, 14))
            for first, last in ((f"{first:02}", last),)
        ),
    )
    assert pick(tables["fct_threshold_alerts"], "rule_id", "computed_value") == [
        ("09-13", 1.0),
        ("11-13", 1.0),
        ("13-14", 0.0),
    ]


def test_one_receipt_of_two_sellers_and_two_payments_of_a_receipt_count_apart(build: Build) -> None:
    """Both sellers refund their A in two parts, and one of them also its rebill: three payments are refunded."""
    window = {"window_start": "2026-05-01", "window_end": "2026-05-31"}
    at = "2026-05-{:02}T12:00:00Z".format
    tables = build(
        *(sale("A", at(1), 10, vendor=vendor) for vendor in ("one", "two")),
        *(refund("A", at(day), 5, vendor=vendor) for day in (2, 3) for vendor in ("one", "two")),
        sale("A", at(10), 10, vendor="one", transaction_type="BILL"),
        *(refund("A", at(day), 5, vendor="one") for day in (11, 12)),
        *(
            deliver(
                "threshold.reached",
                {"metric": "refund_count", "value": 3, "rule_id": vendor} | window | scope,
            )
            for vendor, scope in (("all", {}), ("one", {"vendor": "one"}), ("two", {"vendor": "two"}))
        ),
    )
    assert pick(tables["fct_threshold_alerts"], "rule_id", "computed_value") == [
        ("all", 3.0),
        ("one", 2.0),
        ("two", 1.0),
    ]


@pytest.mark.parametrize(
    ("data", "unit", "verdict"),
    [
        ({"value": 50, "unit": "percentage"}, "percentage", "match"),
        ({"value": 50, "unit": "Pct"}, "Pct", "match"),
        ({"value": "50%"}, "percent", "match"),
        ({"value": "50 %", "unit": "percent"}, "percent", "match"),
        ({"value": 0.5, "unit": "ratio"}, "ratio", "match"),
        ({"value": 0.5, "threshold": "40%"}, None, "match"),
        ({"value": 0.5, "unit": "percent"}, "percent", "mismatch"),
        ({"value": 50}, None, "mismatch"),
        ({"threshold": "40%"}, "percent", "not_computable"),
    ],
)
def test_percent_is_read_however_it_is_spelt(
    build: Build, data: dict[str, Any], unit: str | None, verdict: str
) -> None:
    window = {"metric": "refund_rate", "window_start": "2026-05-01", "window_end": "2026-05-31"}
    tables = build(
        sale("A", "2026-05-01T12:00:00Z"),
        sale("B", "2026-05-02T12:00:00Z"),
        refund("A", "2026-05-03T12:00:00Z", 100),
        deliver("threshold.reached", window | data),
    )
    assert pick(tables["fct_threshold_alerts"], "unit", "verdict") == [(unit, verdict)]
