"""An event id never merges bodies about different things; the number of an order is no event id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.oracle.builders import deliver, only, pick

if TYPE_CHECKING:
    from tests.sql.golden import Build

SALE = {"receipt": "A", "date": "2026-05-01T12:00:00Z", "vendor": "shop", "amount": 10, "currency": "USD"}
REFUND = {"receipt": "A", "refunded_at": "2026-05-03T12:00:00Z", "vendor": "shop", "refund_amount": 4}
ALERT = {"metric": "sale_count", "value": 1, "reached_at": "2026-05-03T12:00:00Z"}
SYNC = {"source": "shop", "records": 1, "completed_at": "2026-05-03T12:00:00Z"}

DIFFERENT = {
    "receipt": ("sale.created", SALE, {"receipt": "B"}),
    "transaction type": ("sale.created", SALE | {"transaction_type": "SALE"}, {"transaction_type": "BILL"}),
    "seller": ("sale.created", SALE, {"vendor": "other"}),
    "payment": (
        "sale.created",
        SALE | {"transaction_type": "BILL", "payment_number": 2},
        {"payment_number": 3},
    ),
    "refund": ("refund.processed", REFUND | {"refund_id": "R1"}, {"refund_id": "R2"}),
    "rule": ("threshold.reached", ALERT | {"rule_id": "r1"}, {"rule_id": "r2"}),
    "metric": ("threshold.reached", ALERT, {"metric": "refund_rate"}),
    "metric of a rule": (
        "threshold.reached",
        ALERT | {"rule_id": "r1"},
        {"rule_id": None, "metric": "refund_rate"},
    ),
    "scope": ("threshold.reached", ALERT | {"vendor": "shop"}, {"vendor": "other"}),
    "instant": ("threshold.reached", ALERT, {"reached_at": "2026-05-04T12:00:00Z"}),
    "source": ("data.synced", SYNC, {"source": "other"}),
    "completion": ("data.synced", SYNC, {"completed_at": "2026-05-04T12:00:00Z"}),
}
CORRECTED = {
    "amount": ("sale.created", SALE, {"amount": 11}),
    "instant of a sale": ("sale.created", SALE, {"date": "2026-05-02T12:00:00Z"}),
    "currency": ("refund.processed", REFUND | {"currency": "USD"}, {"currency": "EUR"}),
    "value of an alert": ("threshold.reached", ALERT, {"value": 2}),
    "records of a sync": ("data.synced", SYNC, {"records": 2}),
    "seller left out": ("refund.processed", REFUND, {"vendor": None, "refund_amount": 5}),
    "type left out": ("sale.created", SALE | {"transaction_type": "SALE"}, {"transaction_type": None}),
    "receipt left out": ("sale.created", SALE, {"receipt": None}),
    "metric of one rule": ("threshold.reached", ALERT | {"rule_id": "r1"}, {"metric": "refund_rate"}),
    "rule left out": ("threshold.reached", ALERT | {"rule_id": "r1"}, {"rule_id": None}),
    "scope left out": ("threshold.reached", ALERT | {"vendor": "shop"}, {"vendor": None}),
    "completion left out": ("data.synced", SYNC, {"completed_at": None}),
}


def told_twice(build: Build, type_: str, data: dict[str, Any], change: dict[str, Any]) -> list[int]:
    """Return the number of bodies of each event, for two bodies that share an id."""
    first = deliver(type_, data, id="WH-1", created_at="2026-05-05T00:00:00Z")
    second = deliver(type_, data | change, id="WH-1", created_at="2026-05-06T00:00:00Z")
    found = [
        [row["body_count"] for row in build(*order)["events"]] for order in ([first, second], [second, first])
    ]
    assert found[0] == found[1]
    return found[0]


@pytest.mark.parametrize("case", DIFFERENT)
def test_one_id_of_two_things_names_none_of_them(build: Build, case: str) -> None:
    assert told_twice(build, *DIFFERENT[case]) == [1, 1]


@pytest.mark.parametrize("case", CORRECTED)
def test_whatever_else_differs_is_a_correction_and_what_is_left_out_contradicts_nothing(
    build: Build, case: str
) -> None:
    assert told_twice(build, *CORRECTED[case]) == [2]


def test_what_is_left_out_and_may_be_of_two_things_stays_apart(build: Build) -> None:
    bodies = [
        deliver("sale.created", SALE | change, id="1", created_at="2026-05-05T00:00:00Z")
        for change in ({}, {"receipt": "B"}, {"receipt": None})
    ]
    tables = build(*bodies)
    assert pick(tables["events"], "status", "body_count") == [
        ("mapped", 1),
        ("mapped", 1),
        ("quarantined", 1),
    ]


def test_a_rebill_that_corrects_a_body_without_a_type_takes_no_other_sale_with_it(build: Build) -> None:
    """The body of id 1 that leaves its type out is the rebill; the sale that no id names is another payment."""
    tables = build(
        deliver("sale.created", SALE | {"amount": 80}),
        deliver(
            "sale.created", SALE | {"transaction_type": "BILL"}, id="1", created_at="2026-05-05T00:00:00Z"
        ),
        deliver("sale.created", SALE | {"amount": 50}, id="1"),
    )
    assert sorted(pick(tables["fct_sales"], "gross_amount")) == [(10,), (80,)]


def test_an_alert_without_a_rule_is_of_its_metric_where_two_rules_watch_that(build: Build) -> None:
    bodies = [
        deliver("threshold.reached", ALERT | {"rule_id": rule, "value": value}, id="1")
        for rule, value in (("r1", 1), ("r2", 2), (None, 3), (None, 4))
    ]
    assert sorted(pick(build(*bodies)["events"], "body_count")) == [(1,), (1,), (2,)]


@pytest.mark.parametrize(("number", "is_one"), [("A", False), ("a", False), ("evt_1", True)])
def test_an_order_number_is_no_event_id(build: Build, number: str, *, is_one: bool) -> None:
    """Two rebills of one receipt have neither a number nor a receipt of their own to distinguish them."""
    rebill = SALE | {"transaction_type": "BILL"}
    later = rebill | {"date": "2026-06-01T12:00:00Z"}
    tables = build(deliver("sale.created", rebill, id=number), deliver("sale.created", later, id=number))
    assert len(tables["fct_sales"]) == (1 if is_one else 2)


def test_an_order_number_beside_the_receipt_is_no_event_id(build: Build) -> None:
    rebill = SALE | {"transaction_type": "BILL", "order_number": "1001"}
    later = rebill | {"date": "2026-06-01T12:00:00Z"}
    tables = build(deliver("sale.created", rebill, id=1001), deliver("sale.created", later, id=1001))
    assert len(tables["fct_sales"]) == 2


def test_one_job_runs_every_night(build: Build) -> None:
    """The id of a sync may be its job's; a run that has not ended is the run that has."""
    runs = [
        deliver(
            "data.synced", {"job_id": "nightly", "completed_at": f"2026-05-0{day}T02:00:00Z", "records": day}
        )
        for day in (1, 2, 3)
    ]
    assert pick(build(*runs)["fct_data_syncs"], "records_claimed") == [(1,), (2,), (3,)]
    begun = deliver(
        "data.synced", {"job_id": "nightly", "status": "running"}, created_at="2026-05-01T01:00:00Z"
    )
    assert only(build(begun, runs[0])["fct_data_syncs"])["records_claimed"] in {1, None}
