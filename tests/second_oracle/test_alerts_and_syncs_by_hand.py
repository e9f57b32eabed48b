"""Alerts next to our own figures, syncs next to the held records, and durations."""

from typing import Any

import pytest

from tests.second_oracle.samples import Event, column, dispute, event, only, refund, sale, told

REACHED = "2026-03-20T12:00:00-07:00"


def alert(**more: Any) -> Event:
    return event("threshold.reached", {"rule_id": "r1", "triggered_at": REACHED, **more})


def sync(sync_id: str, completed_at: str, **more: Any) -> Event:
    return event("data.synced", {"sync_id": sync_id, "completed_at": completed_at, **more})


def computed(*events: Event, **more: Any) -> tuple[object, object]:
    row = only(told(*events, alert(**more))["fct_threshold_alerts"])
    return row["computed_value"], row["verdict"]


def test_a_window_of_instants_counts_only_its_instants() -> None:
    sales = (sale(), sale("OAR1", sold_at="2026-03-02T13:00:00-08:00"))
    window = {"window_start": "2026-03-02T08:00:00-08:00", "window_end": "2026-03-02T10:00:00-08:00"}
    assert computed(*sales, metric="sale_count", value=1, **window) == (1, "match")
    assert computed(*sales, metric="sale_count", value=2, **window) == (1, "mismatch")


def test_bare_dates_are_whole_report_days() -> None:
    late = sale("OAR1", sold_at="2026-03-02T23:59:59-08:00")
    window = {"window_start": "2026-03-02", "window_end": "2026-03-02"}
    assert computed(sale(), late, metric="GROSS_SALE_AMOUNT", value=160, **window) == (160, "match")


def test_a_window_ends_at_the_moment_the_alert_was_reached() -> None:
    after = sale("OAR1", sold_at="2026-03-20T12:00:01-07:00")
    window = {"window_start": "2026-03-01", "window_end": "2026-03-31"}
    assert computed(sale(), after, metric="sale_count", value=1, **window) == (1, "match")


def test_window_days_alone_is_the_window_that_ends_at_that_moment() -> None:
    assert computed(sale(), metric="sale_count", value=1, window_days=30) == (1, "match")
    assert computed(sale(), metric="sale_count", value=0, window_days=7) == (0, "match")


@pytest.mark.parametrize(
    ("value", "unit"), [(100, "percent"), (100, "percentage"), ("100%", None), ("100 %", "pct"), (1, "ratio")]
)
def test_percent_is_read_in_every_spelling(value: object, unit: str | None) -> None:
    window = {"window_start": "2026-03-01", "window_end": "2026-03-31"}
    history = (sale(), refund(day="2026-03-10"))
    assert computed(*history, metric="refund_rate", value=value, unit=unit, **window) == (1, "match")


def test_an_alert_keeps_its_words_and_finds_its_scope() -> None:
    row = only(
        told(alert(metric="REFUND_RATE", threshold="5%", direction="above", campaign_id="c7"))[
            "fct_threshold_alerts"
        ]
    )
    assert (row["metric"], row["threshold_value"], row["comparator"]) == ("refund_rate", 5, "gt")
    assert (row["scope_type"], row["scope_value"]) == ("campaign", "c7")


def test_a_metric_without_our_own_figure_is_not_computable() -> None:
    assert computed(sale(), metric="EARNINGS_PER_HOP", value=2, window_days=30) == (None, "not_computable")


def test_an_alert_counts_only_its_scope() -> None:
    sales = (sale(affiliate="anna"), sale("OAR1", affiliate="ben"))
    assert computed(*sales, metric="sale_count", value=1, window_days=30, affiliate="Anna") == (1, "match")


def test_a_claim_per_type_is_held_against_that_type_alone() -> None:
    span = {"range_start": "2026-03-01", "range_end": "2026-03-31"}
    history = (sale(), refund(), refund(role="AFFILIATE"), sync("s1", "2026-04-01", refunds_count=1, **span))
    row = only(told(*history)["fct_data_syncs"])
    assert (row["records_claimed"], row["records_held"], row["gap"]) == (1, 1, 0)


def test_a_claim_of_records_is_held_against_everything_once() -> None:
    span = {"range_start": "2026-03-01", "range_end": "2026-04-30"}
    roles = (sale(), sale(role="AFFILIATE"))
    history = (*roles, refund(), dispute(), sync("s1", "2026-05-01", records=5, **span))
    row = only(told(*history)["fct_data_syncs"])
    assert (row["records_held"], row["gap"]) == (3, 2)


@pytest.mark.parametrize(
    ("end", "last", "held"),
    [
        ("2026-03-02T00:00:00-08:00", "2026-03-01", 0),
        ("2026-03-02T00:00:01-08:00", "2026-03-02", 1),
        ("2026-03-02", "2026-03-02", 1),
    ],
)
def test_a_range_that_ends_at_midnight_ends_with_the_day_before(end: str, last: str, held: int) -> None:
    row = only(
        told(sale(), sync("s1", "2026-03-05", records=1, range_start="2026-03-01", range_end=end))[
            "fct_data_syncs"
        ]
    )
    assert (str(row["range_end"]), row["records_held"]) == (last, held)


def test_the_last_telling_of_a_sync_id_stands() -> None:
    first = {**sync("s1", "2026-03-05", records=1), "created_at": "2026-03-05T01:00:00Z"}
    second = {**sync("s1", "2026-03-05", records=4), "created_at": "2026-03-06T01:00:00Z"}
    assert column(told(second, first)["fct_data_syncs"], "records_claimed") == [4]


def test_durations_are_whole_seconds() -> None:
    syncs = [sync(f"s{n}", f"2026-03-0{n}T00:00:00Z") for n in (1, 2, 3)]
    row = only(told(*syncs, sale(day="2026-03-04"))["sync_freshness"])
    assert (row["expected_interval_seconds"], row["lag_seconds"]) == (86400, (24 + 17) * 3600)
    assert row["status"] == "late"


def test_two_syncs_are_too_few_for_an_interval() -> None:
    row = only(told(sync("s1", "2026-03-01"), sync("s2", "2026-03-02"), sale())["sync_freshness"])
    assert (row["expected_interval_seconds"], row["status"]) == (None, "unknown")
