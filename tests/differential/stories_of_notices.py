"""Alerts with windows, and syncs with claims."""

from __future__ import annotations

from datetime import timedelta

from tests.differential.teller import AFFILIATES, Body, Teller, given

METRICS = (
    *("REFUND_RATE", "chargebackRate", "GROSS_SALE_AMOUNT", "net_sales", "sale_count"),
    *("refund_count", "refund_amount", "chargeback_amount", "epc"),
)


def alert(teller: Teller) -> list[Body]:
    """A threshold that is reached, over a window that is told in one of the usual ways."""
    reached = teller.at(20)
    start = reached - timedelta(days=teller.rng.randint(1, 20))
    windows: tuple[Body, ...] = (
        {"window_start": teller.when(start), "window_end": teller.when(reached + timedelta(days=2))},
        {"window_start": start.strftime("%Y-%m-%d"), "window_end": reached.strftime("%Y-%m-%d")},
        {"window_days": teller.one(7, "30")},
        {"period_start": teller.when(start)},
        {},
    )
    scopes: tuple[Body, ...] = ({}, {}, {"vendor": "Lakeshop"}, {"affiliate": AFFILIATES[0]})
    claim = teller.one(0.5, "50%", 1, 80, "25", 0)
    data = given(
        rule_id=teller.one("rule1", None),
        metric=teller.one(*METRICS),
        threshold=teller.one(0.1, "10%", 3),
        current_value=claim,
        unit=teller.one("percent", "ratio", "percentage", "pct", None, None),
        comparator=teller.one("above", ">", "gte", None),
        triggered_at=teller.when(reached),
    )
    told = data | teller.one(*windows) | teller.one(*scopes)
    envelope = {"id": teller.name("alert_")} if teller.chance(0.5) else {}
    return [teller.told("threshold.reached", told, **envelope)]


def sync(teller: Teller) -> list[Body]:
    """Several syncs of a source, each with a claim about a range of days."""
    source, bodies = teller.one("clickbank", "shop", None), []
    at, step = teller.at(5, 25), teller.rng.randint(1, 6)
    for number in range(teller.rng.randint(1, 5)):
        done = at + timedelta(days=step * number, minutes=number)
        claims: tuple[Body, ...] = (
            {"records": 5},
            {"sales_count": 3},
            {"sales_count": 2, "refunds_count": 1},
            {"chargebacks_count": 0},
            {"records": 4, "sales_count": 2},
            {},
        )
        ranges: tuple[Body, ...] = (
            {"range_start": "2026-03-01", "range_end": done.strftime("%Y-%m-%d")},
            {"start_date": "2026-03-05", "end_date": "2026-04-10T00:00:00-07:00"},
            {"from": "2026-03-05T08:00:00Z", "to": teller.when(done)},
            {},
        )
        status = teller.one(
            {},
            {"status": "success"},
            {"status": "failed"},
            {"failed_job_count": 1},
            {"is_sync_finished": False},
            {"failed_job_count": 0},
        )
        data = given(
            source=source, completed_at=teller.when(done), sync_id=teller.one(None, teller.name("S"))
        )
        bodies.append(teller.told("data.synced", data | teller.one(*claims) | teller.one(*ranges) | status))
    return bodies


STORIES = (alert, sync)
