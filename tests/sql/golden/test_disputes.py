"""A dispute counts once, with any later news of it, and in any currency of its amount."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from tests.oracle.builders import chargeback, deliver, only, pick, refund, sale

if TYPE_CHECKING:
    from tests.sql.golden import Build

SOLD = sale("A", "2026-03-01T12:00:00Z", totalAccountAmount=60)
ID = {"chargeback_id": "D"}


@pytest.mark.parametrize("id_", [ID, {}])
def test_an_inquiry_of_nothing_is_booked_when_it_becomes_a_dispute(build: Build, id_: dict[str, str]) -> None:
    inquiry = chargeback("A", "2026-05-01T12:00:00Z", 0, **id_)
    tables = build(SOLD, inquiry, chargeback("A", "2026-05-11T12:00:00Z", 100, **id_))
    assert pick(tables["fct_chargebacks"], "charged_back_date", "is_counted")[1][1] is True
    assert [row["is_counted"] for row in tables["fct_chargebacks"]].count(True) == 1
    order = only(tables["fct_orders"])
    assert (order["charged_back_amount"], order["chargeback_count"]) == (100, 1)
    day = only([row for row in tables["daily_sales"] if row["chargeback_count"]])
    assert (day["report_date"].isoformat(), day["earnings_net"]) == ("2026-05-11", -60)
    assert only(build(SOLD, inquiry)["fct_orders"])["state"] == "sold"


def test_a_dispute_has_its_latest_amount_and_fee_on_the_day_it_began(build: Build) -> None:
    tables = build(
        SOLD,
        chargeback("A", "2026-05-01T12:00:00Z", 100, fee=22, **ID),
        chargeback("A", "2026-05-11T12:00:00Z", 40, **ID),
        chargeback("A", "2026-06-11T12:00:00Z", 0, fee=49, status="lost", **ID),
    )
    day = only([row for row in tables["daily_sales"] if row["chargeback_count"]])
    found = (day["report_date"].isoformat(), day["chargeback_amount"], day["chargeback_fee_amount"])
    assert found == ("2026-05-01", 40, 49)
    assert day["estimated_reversed_account_amount"] == 24
    assert pick(tables["fct_chargebacks"], "told_amount", "chargeback_amount", "is_booked") == [
        (0, 0, False),
        (100, 40, True),
        (40, 40, False),
    ]


@pytest.mark.parametrize("status", ["won", "reversed", "lost"])
def test_news_without_an_id_is_of_the_latest_open_dispute(build: Build, status: str) -> None:
    opened = [chargeback("A", f"2026-0{month}-01T12:00:00Z", 30) for month in (4, 5)]
    news = [chargeback("A", f"2026-0{month}-10T12:00:00Z", 30, status=status) for month in (5, 6)]
    for count in (0, 1, 2):
        order = only(build(SOLD, *opened, *news[:count])["fct_orders"])
        assert (order["chargeback_count"], order["charged_back_amount"]) == (2, 60)
        assert order["standing_chargeback_count"] == (2 if status == "lost" else 2 - count)
    tables = build(SOLD, *opened, news[0])
    overturned = [row["charged_back_date"].month for row in tables["fct_chargebacks"] if row["is_overturned"]]
    assert sorted(overturned) == ([] if status == "lost" else [5, 5])


def test_news_of_a_dispute_need_not_repeat_its_amount_nor_its_role(build: Build) -> None:
    won = {"receipt": "A", "transactionTime": "2026-06-01T12:00:00Z", "status": "won", "role": "AFFILIATE"}
    order = only(
        build(SOLD, chargeback("A", "2026-05-01T12:00:00Z"), deliver("chargeback.received", won))[
            "fct_orders"
        ]
    )
    assert (order["chargeback_count"], order["standing_chargeback_count"], order["net_amount"]) == (1, 0, 0)


def test_news_by_id_closes_its_own_dispute_and_no_other(build: Build) -> None:
    tables = build(
        SOLD,
        chargeback("A", "2026-05-01T12:00:00Z", 30, chargeback_id="D1"),
        chargeback("A", "2026-05-02T12:00:00Z", 20),
        chargeback("A", "2026-06-01T12:00:00Z", 30, chargeback_id="D1", status="won"),
        chargeback("A", "2026-06-02T12:00:00Z", 20, status="won"),
    )
    counted = [row for row in tables["fct_chargebacks"] if row["is_counted"]]
    assert pick(counted, "chargeback_amount", "is_overturned") == [(20, True), (30, True)]


def test_an_ending_told_to_a_role_without_an_open_dispute_is_of_the_latest_that_is_open(build: Build) -> None:
    """The dispute of 30 was lost by its id; those of 20 and 10, told to the vendor alone, are open."""

    def ended(day: int, role: str, status: str = "won") -> Any:
        at = f"2026-06-{day:02}T12:00:00Z"
        data = {"receipt": "A", "transactionTime": at, "status": status, "role": role}
        return deliver("chargeback.received", data)

    opened = [
        chargeback("A", f"2026-05-0{day}T12:00:00Z", amount, role="VENDOR", chargeback_id=id_)
        for day, amount, id_ in ((1, 10, "D1"), (2, 20, "D2"), (3, 30, "D3"))
    ]
    lost = chargeback("A", "2026-05-20T12:00:00Z", 30, role="VENDOR", chargeback_id="D3", status="lost")

    def overturned(*endings: Any) -> list[Any]:
        rows = build(SOLD, *opened, lost, *endings)["fct_chargebacks"]
        return pick([row for row in rows if row["is_counted"] and row["is_overturned"]], "chargeback_amount")

    assert overturned(ended(1, "AFFILIATE")) == [(20,)]
    assert overturned(ended(1, "AFFILIATE"), ended(2, "AFFILIATE")) == [(10,), (20,)]
    assert overturned(ended(1, "AFFILIATE"), ended(1, "VENDOR")) == [(20,)]
    assert overturned(*(ended(day, "AFFILIATE") for day in (1, 2, 3))) == [(10,), (20,), (30,)]


def test_news_alone_is_a_dispute(build: Build) -> None:
    """The notice that opened the dispute never arrived; the dispute counts all the same."""
    order = only(build(SOLD, chargeback("A", "2026-05-01T12:00:00Z", 30, status="won"))["fct_orders"])
    assert (order["chargeback_count"], order["standing_chargeback_count"], order["net_amount"]) == (1, 0, 70)


def test_a_dispute_told_to_two_roles_counts_once_and_one_told_to_one_counts_too(build: Build) -> None:
    told: list[Any] = [
        chargeback("A", f"2026-05-0{day}T12:00:00Z", 10, role=role, chargeback_id=id_)
        for day, role, id_ in ((1, "VENDOR", "D1"), (1, "AFFILIATE", "D1"), (4, "AFFILIATE", "D2"))
    ]
    for history in (
        told,
        [chargeback("A", "2026-05-01T12:00:00Z", 10, role=role) for role in ("VENDOR", "ZED")],
    ):
        tables = build(SOLD, *history)
        count = 2 if history is told else 1
        assert only(tables["fct_orders"])["chargeback_count"] == count
    refunds = [
        refund("A", f"2026-05-0{day}T12:00:00Z", 10, role=role)
        for day, role in ((1, "VENDOR"), (1, "ZED"), (4, "ZED"))
    ]
    assert only(build(SOLD, *refunds)["fct_orders"])["refund_count"] == 2


def test_fees_of_refunds_cost_as_fees_of_disputes_do(build: Build) -> None:
    tables = build(
        SOLD,
        refund("A", "2026-05-01T12:00:00Z", 100, fee=1),
        refund("A", "2026-05-01T12:00:00Z", 100, fee=1, role="AFFILIATE"),
    )
    day = only([row for row in tables["daily_sales"] if row["refund_count"]])
    assert (day["refund_fee_amount"], day["earnings_net"]) == (1, -61)


@pytest.mark.parametrize("build_reversal", [refund, chargeback])
def test_what_is_taken_back_in_another_currency_is_never_subtracted(
    build: Build, build_reversal: Any
) -> None:
    """Without an exchange rate the net of A and C is unknown; that of B is 40."""
    tables = build(
        SOLD,
        build_reversal("A", "2026-05-01T12:00:00Z", 100, currency="EUR"),
        sale("B", "2026-03-01T12:00:00Z", 50),
        build_reversal("B", "2026-05-01T12:00:00Z", 10, currency="USD"),
        sale("C", "2026-03-02T12:00:00Z", 50),
        build_reversal("C", "2026-05-01T12:00:00Z", 10),
        build_reversal("C", "2026-05-02T12:00:00Z", 10, currency="EUR"),
    )
    assert pick(tables["fct_orders"], "receipt", "net_amount", "has_other_currency_reversal") == [
        ("A", None, True),
        ("B", 40, False),
        ("C", None, True),
    ]
    assert pick(tables["sale_cohorts"], "gross_sales", "net_sales_cohort", "unknown_net_count") == [
        (150, 40, 1),
        (50, None, 1),
    ]
    assert not any(row["is_over_reversed"] for row in tables["fct_orders"])


def test_one_sale_dated_tomorrow_makes_nobody_a_day_older(build: Build) -> None:
    """Deliveries of 1 July: the pipeline accepts a sale of the 2nd, and today remains the 1st."""
    history = [sale("A", "2026-06-24T12:00:00Z"), sale("B", "2026-07-02T12:00:00Z")]
    cohorts = [row for row in build(*history)["refund_cohorts"] if row["horizon_days"] == 7]
    assert pick(cohorts, "sold_date", "is_mature")[0][1] is True
    late = [sale("A", "2026-06-25T12:00:00Z"), sale("B", "2026-07-02T12:00:00Z")]
    cohorts = [row for row in build(*late)["refund_cohorts"] if row["horizon_days"] == 7]
    assert {row["is_mature"] for row in cohorts} == {False}
    assert {row["as_of_date"].isoformat() for row in build(*late)["sale_cohorts"]} == {"2026-07-01"}


def test_news_that_tells_no_amount_takes_back_nothing_that_is_known(build: Build) -> None:
    """DuckDB's ``least`` leaves NULLs out, so that an unknown amount would take back all of the sale's."""
    news = {"receipt": "A", "chargeback_date": "2026-05-20T12:00:00Z", "vendor": "shop", "currency": "USD"}
    tables = build(
        SOLD,
        chargeback("A", "2026-05-01T12:00:00Z", 100),
        deliver("chargeback.received", news | {"status": "reversed"}),
    )
    assert pick(
        tables["fct_chargebacks"], "charged_back_date", "chargeback_amount", "reversed_account_amount"
    ) == [
        (date(2026, 5, 1), 100, 60),
        (date(2026, 5, 20), None, None),
    ]
    assert sum(row["earnings_net"] for row in tables["daily_sales"]) == 0
