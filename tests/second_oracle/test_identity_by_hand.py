"""Which tellings are one thing: ids, sellers, rebills, parts and repeats."""

import itertools
import json
from typing import Any

import pytest

from tests.second_oracle import tables
from tests.second_oracle.samples import (
    column,
    deliver,
    dispute,
    event,
    only,
    refund,
    sale,
    summed,
    told,
)


def test_one_id_over_two_receipts_is_two_sales() -> None:
    answer = told(sale("OAR1", envelope={"id": "hook-9"}), sale("OAR2", envelope={"id": "hook-9"}))
    assert summed(answer["daily_sales"], "gross_sales") == 160
    assert column(answer["events"], "delivery_count") == [1, 1]


def test_one_id_over_one_receipt_is_one_sale_and_the_latest_wins() -> None:
    answer = told(
        sale(amount=80, envelope={"id": "e1", "created_at": "2026-03-02T18:00:00Z"}),
        sale(amount=75, envelope={"id": "e1", "created_at": "2026-03-02T19:00:00Z"}),
    )
    assert only(answer["fct_sales"])["gross_amount"] == 75
    assert only(answer["events"])["delivery_count"] == 2


def test_a_rebill_that_corrects_a_body_without_a_type_takes_no_other_sale_with_it() -> None:
    answer = told(
        sale(amount=80),
        sale(amount=47, transaction_type="BILL", envelope={"id": "e1", "created_at": "2026-03-02T18:00:00Z"}),
        sale(amount=50, envelope={"id": "e1"}),
    )
    assert sorted(column(answer["fct_sales"], "gross_amount")) == [47, 80]
    assert sorted(column(answer["events"], "delivery_count")) == [1, 2]


def test_a_quarantined_body_names_no_seller() -> None:
    answer = told(sale(amount=-20, vendor="other"), sale(vendor=None, envelope={"account": "storea"}))
    assert only(answer["fct_sales"])["vendor"] == "storea"


def test_one_id_over_a_sale_and_its_rebill_is_two_payments() -> None:
    answer = told(
        sale(transaction_type="SALE", envelope={"id": "e1"}),
        sale(transaction_type="BILL", day="2026-04-02", envelope={"id": "e1"}),
    )
    assert summed(answer["daily_sales"], "gross_sales") == 160


def test_a_type_that_one_telling_leaves_out_contradicts_nothing() -> None:
    answer = told(
        sale(transaction_type="SALE", amount=80, envelope={"id": "e1", "created_at": 1772470000}),
        sale(amount=90, envelope={"id": "e1", "created_at": 1772480000}),
    )
    assert only(answer["fct_sales"])["gross_amount"] == 90


def test_a_correction_of_a_refund_moves_its_day() -> None:
    answer = told(
        refund(day="2026-03-20", envelope={"id": "e2", "created_at": "2026-03-21T00:00:00Z"}),
        refund(day="2026-03-22", amount=30, envelope={"id": "e2", "created_at": "2026-03-23T00:00:00Z"}),
    )
    assert only(answer["fct_refunds"])["refund_amount"] == 30
    assert str(only(answer["fct_refunds"])["refunded_date"]) == "2026-03-22"


@pytest.mark.parametrize(("key", "value"), [("webhook_id", "w1"), ("id", "kayak001")])
def test_a_subscription_id_or_the_own_receipt_is_no_event_id(key: str, value: str) -> None:
    answer = told(sale(envelope={key: value}), refund(envelope={key: value}))
    assert column(answer["events"], "event_id") == [None, None]


def test_alerts_of_two_rules_with_one_id_are_two() -> None:
    alerts = [
        event("threshold.reached", {"rule_id": rule, "metric": "sale_count", "value": 3}, id="a")
        for rule in ("r1", "r2")
    ]
    assert len(told(*alerts)["fct_threshold_alerts"]) == 2
    assert len(told(alerts[0], {**alerts[0], "version": 2})["fct_threshold_alerts"]) == 1


def test_one_receipt_of_two_sellers_is_two_orders() -> None:
    answer = told(
        sale(vendor="lakeshop"), sale(vendor="seashop", amount=20), refund(vendor="seashop", amount=20)
    )
    assert column(answer["fct_orders"], "net_amount") == [0, 80]


def test_one_receipt_of_one_seller_told_by_two_roles_counts_once() -> None:
    answer = told(sale(account_amount=30), sale(account_amount=40, role="AFFILIATE"))
    assert len(answer["fct_sales"]) == 2
    assert only(answer["fct_orders"])["gross_amount"] == 80
    assert summed(answer["daily_sales"], "account_amount") == 70


def test_the_account_stands_in_only_where_no_telling_names_a_vendor() -> None:
    alone = told(sale(vendor=None, envelope={"account": "Lake-Account"}))
    assert column(alone["fct_sales"], "vendor") == ["lake-account"]
    named = told(
        sale(vendor=None, role="AFFILIATE", envelope={"account": "partner"}), sale(vendor="lakeshop")
    )
    assert column(named["fct_sales"], "vendor") == ["lakeshop", "lakeshop"]


def test_a_refund_without_a_seller_goes_to_the_only_seller_or_to_the_sale_it_fits() -> None:
    assert only(told(sale(), refund(vendor=None))["fct_refunds"])["vendor"] == "lakeshop"
    two = (sale(vendor="lakeshop", amount=80), sale(vendor="seashop", amount=20))
    assert only(told(*two, refund(vendor=None, amount=50))["fct_refunds"])["vendor"] == "lakeshop"


def test_a_refund_without_a_seller_that_fits_two_sales_is_an_orphan() -> None:
    two = (sale(vendor="lakeshop"), sale(vendor="seashop"))
    row = only(told(*two, refund(vendor=None))["fct_refunds"])
    assert (row["is_orphan"], row["orphan_reason"]) == (True, "ambiguous_receipt")


def test_a_rebill_with_the_sales_receipt_is_named_by_number_or_instant() -> None:
    bills = [sale(day=day, transaction_type="BILL") for day in ("2026-04-02", "2026-05-02")]
    answer = told(sale(), *bills)
    assert only(answer["fct_orders"])["gross_amount"] == 240
    numbered = [
        sale(day=day, transaction_type="BILL", payment_number=2) for day in ("2026-04-02", "2026-04-03")
    ]
    assert only(told(sale(), *numbered)["fct_orders"])["gross_amount"] == 160


def test_a_rebill_with_a_receipt_of_its_own_is_an_order_of_its_own_and_one_session() -> None:
    answer = told(
        sale(), sale("KAYAK001-B002", day="2026-04-02"), sale("KAYAK001-B002", day="2026-04-02", state="x")
    )
    assert len(answer["fct_orders"]) == 2
    assert set(column(answer["fct_orders"], "order_key")) == {"KAYAK001"}


def test_a_reversal_belongs_to_the_latest_payment_at_or_before_it_else_to_the_earliest() -> None:
    payments = (sale(day="2026-03-02"), sale(day="2026-04-02", transaction_type="BILL"))
    days = {"2026-04-10": 8, "2026-03-20": 18, "2026-02-20": 0}
    for day, expected in days.items():
        assert only(told(*payments, refund(day=day))["fct_refunds"])["days_to_refund"] == expected


def test_a_refund_without_an_id_is_the_one_with_an_id_of_that_instant_and_amount() -> None:
    answer = told(sale(), refund(refund_id="R1"), refund())
    assert only(answer["fct_refunds"])["refund_amount"] == 80
    assert column(answer["events"], "delivery_count") == [1, 2]


@pytest.mark.parametrize("other", [{"amount": 79}, {"day": "2026-03-21"}, {"role": "AFFILIATE"}])
def test_a_refund_without_an_id_is_another_one_where_amount_day_or_role_differ(other: dict[str, Any]) -> None:
    assert len(told(sale(), refund(refund_id="R1"), refund(**other))["fct_refunds"]) == 2


def test_two_ids_in_one_second_are_two_reversals_whatever_a_third_telling_leaves_out() -> None:
    answer = told(sale(), dispute(dispute_id="d1"), dispute(dispute_id="d2"), dispute())
    assert len(answer["fct_chargebacks"]) == 2


def test_two_real_refunds_of_equal_amount_on_one_day_stay_two() -> None:
    answer = told(sale(), refund(amount=40), refund(amount=40, refunded_at="2026-03-20T09:00:01-07:00"))
    order = only(answer["fct_orders"])
    assert (order["refund_count"], order["refunded_amount"], order["state"]) == (2, 80, "refunded")
    assert summed(answer["daily_sales"], "refund_count") == 1


@pytest.mark.parametrize(
    ("receipt", "root"),
    [("ORD-7", "ORD-7"), ("ORD-7-B2", "ORD-7"), ("ORD-BX", "ORD-BX"), ("A-B002C", "A-B002C")],
)
def test_only_a_suffix_of_b_and_digits_leads_to_a_root(receipt: str, root: str) -> None:
    assert only(told(sale(receipt))["fct_orders"])["order_key"] == root


def test_the_order_of_arrival_and_repeats_change_nothing() -> None:
    history = deliver(
        sale(),
        sale(role="AFFILIATE"),
        refund(refund_id="R1"),
        refund(),
        dispute(),
        dispute(status="won"),
        b"{",
    )
    expected = _comparable(tables(history))
    for arrival in itertools.islice(itertools.permutations(history), 0, 5040, 311):
        assert _comparable(tables(arrival)) == expected
    repeated = tables([*history, *history])
    assert _comparable({**repeated, "events": []}) == _comparable({**tables(history), "events": []})
    assert summed(repeated["events"], "delivery_count") == 2 * len(history)


def _comparable(answer: dict[str, Any]) -> dict[str, list[str]]:
    return {name: sorted(json.dumps(row, default=str) for row in rows) for name, rows in answer.items()}
