"""Which events count, on which day, for whom, and in which currency."""

from typing import Any

import pytest

from tests.second_oracle.history import Table
from tests.second_oracle.samples import column, dispute, event, only, refund, sale, summed, told


@pytest.mark.parametrize("word", ["SALE", "sale", "BILL", "rebill", "upsell-of-the-week"])
def test_spellings_of_a_sale_and_labels_are_sales(word: str) -> None:
    answer = told(sale(transaction_type=word))
    assert only(answer["events"])["status"] == "mapped"
    assert only(answer["fct_sales"])["is_rebill"] == (word in ("BILL", "rebill"))


@pytest.mark.parametrize("word", ["RFND", "CGBK", "INSF", "rfnd"])
def test_a_reversals_type_inside_a_sale_is_a_conflict(word: str) -> None:
    assert only(told(sale(transaction_type=word))["quarantine"])["reason"] == "type_conflict"


@pytest.mark.parametrize("reversal", [refund, dispute])
def test_a_sales_type_inside_a_reversal_is_a_conflict(reversal: type) -> None:
    assert only(told(reversal(transaction_type="SALE"))["events"])["status"] == "quarantined"


@pytest.mark.parametrize("word", ["ABANDONED_ORDER", "FEE", "CANCEL-REBILL", "SUBSCRIPTION-CHG 7->9", "fee"])
def test_types_that_never_count_are_unhandled_and_named(word: str) -> None:
    row = only(told(sale(transaction_type=word))["events"])
    assert row["status"] == "unhandled"
    assert row["reason"] == f"transaction_type {word.split(maxsplit=1)[0].upper()}"


@pytest.mark.parametrize("word", ["Seller", "PRIMARY SELLER", "vendor", None])
def test_role_words_fold(word: str | None) -> None:
    assert only(told(sale(role=word))["fct_sales"])["role"] == "VENDOR"


@pytest.mark.parametrize(
    "flag",
    [
        {"test": True},
        {"is_test": "Y"},
        {"livemode": "false"},
        {"transactionType": "TEST_SALE"},
        {"receipt": "********"},
    ],
)
def test_a_test_flag_is_read_in_the_data(flag: dict[str, Any]) -> None:
    answer = told(sale(**flag))
    assert (only(answer["events"])["status"], answer["fct_sales"]) == ("test", [])


def test_a_flag_that_says_live_is_no_test() -> None:
    answer = told(sale(test=False, livemode=True, envelope={"livemode": True}))
    assert len(answer["fct_sales"]) == 1
    assert only(told(sale(envelope={"test": 1}))["events"])["is_test"]


@pytest.mark.parametrize("status", ["failed", "declined", "Rejected", "canceled", "pending"])
def test_a_refund_that_took_nothing_back_is_unhandled(status: str) -> None:
    answer = told(sale(), refund(status=status))
    assert (answer["fct_refunds"], only(answer["fct_orders"])["state"]) == ([], "sold")
    assert "unhandled" in column(answer["events"], "status")


def test_of_several_tellings_of_a_refund_the_latest_decides() -> None:
    pending = refund(status="pending", refund_id="R1", envelope={"created_at": "2026-03-20T17:00:00Z"})
    done = refund(status="completed", refund_id="R1", envelope={"created_at": "2026-03-21T17:00:00Z"})
    assert len(told(sale(), pending, done)["fct_refunds"]) == 1
    failed = refund(status="failed", refund_id="R1", envelope={"created_at": "2026-03-22T17:00:00Z"})
    assert told(sale(), pending, done, failed)["fct_refunds"] == []


def test_a_negative_sale_is_quarantined_and_one_of_zero_is_a_sale() -> None:
    assert only(told(sale(amount=-1))["quarantine"])["reason"] == "negative_amount"
    assert len(told(sale(amount=0))["fct_sales"]) == 1
    assert only(told(sale(), refund(amount=-80))["fct_refunds"])["refund_amount"] == 80


def _counted(table: Table) -> Table:
    """Leave out the notices for which another one stands."""
    return [row for row in table if row["is_counted"]]


def test_a_dispute_stands_on_its_first_costly_day_at_its_latest_amount_and_fee() -> None:
    notices = [
        dispute(day="2026-04-01", amount=0, dispute_id="d1"),
        dispute(day="2026-04-05", amount=80, dispute_id="d1", fee=15),
        dispute(day="2026-04-09", amount=60, dispute_id="d1", fee=22),
    ]
    row = only(_counted(told(sale(), *notices)["fct_chargebacks"]))
    assert (str(row["charged_back_date"]), row["chargeback_amount"], row["fee_amount"]) == (
        "2026-04-05",
        60,
        22,
    )


def test_an_inquiry_of_zero_alone_costs_nothing() -> None:
    order = only(told(sale(), dispute(amount=0, dispute_id="d1"))["fct_orders"])
    assert (order["net_amount"], order["chargeback_count"], order["state"]) == (80, 0, "sold")


@pytest.mark.parametrize("status", ["won", "reversed", "lost"])
def test_an_ending_without_an_id_is_news_of_the_open_dispute(status: str) -> None:
    answer = told(sale(), dispute(dispute_id="d1"), dispute(day="2026-05-20", status=status))
    row = only(_counted(answer["fct_chargebacks"]))
    assert (row["is_overturned"], str(row["charged_back_date"])) == (status != "lost", "2026-04-20")
    assert only(answer["fct_orders"])["charged_back_amount"] == 80


def test_an_ending_goes_to_the_latest_open_dispute_and_a_second_dispute_stays_a_second() -> None:
    answer = told(
        sale(),
        dispute(day="2026-04-01", amount=30),
        dispute(day="2026-04-10", amount=50),
        dispute(day="2026-05-01", amount=50, status="won"),
    )
    rows = {row["chargeback_amount"]: row["is_overturned"] for row in _counted(answer["fct_chargebacks"])}
    assert rows == {30: False, 50: True}


def test_fees_of_refunds_count_like_fees_of_chargebacks() -> None:
    history = (sale(account_amount=50), refund(account_amount=50, fee=1), dispute("OTHER1", fee=22))
    answer = told(*history)
    assert summed(answer["daily_sales"], "refund_fee_amount") == 1
    assert summed(answer["daily_sales"], "earnings_net") == 50 - 50 - 1 - 22


def test_a_reversal_in_another_currency_leaves_the_net_unknown() -> None:
    answer = told(sale(), refund(amount=70, currency="EUR"), refund(amount=5, day="2026-03-21"))
    order = only(answer["fct_orders"])
    assert (order["net_amount"], order["refunded_amount"], order["has_other_currency_reversal"]) == (
        None,
        5,
        True,
    )


def test_a_reversal_without_a_currency_has_the_sales() -> None:
    order = only(told(sale(), refund(amount=30, currency=None))["fct_orders"])
    assert (order["net_amount"], order["has_other_currency_reversal"]) == (50, False)


def test_a_linked_reversal_counts_for_the_affiliate_of_its_sale() -> None:
    answer = told(sale(affiliate="anna"), refund(affiliate="ben"))
    assert [(r["affiliate"], r["told_affiliate"]) for r in answer["fct_refunds"]] == [("anna", "ben")]
    assert set(column(answer["daily_sales"], "affiliate")) == {"anna"}


def test_an_orphan_counts_for_the_affiliate_it_names() -> None:
    row = only(told(refund(affiliate="ben"))["fct_refunds"])
    assert (row["affiliate"], row["is_orphan"], row["sold_date"]) == ("ben", True, None)
    order = only(told(refund(affiliate="ben"))["fct_orders"])
    assert (order["state"], order["gross_amount"], order["net_amount"]) == ("orphan", None, -80)


@pytest.mark.parametrize("word", ["0", "none", "NONE", "", 0])
def test_words_for_nobody_are_no_affiliate(word: object) -> None:
    assert only(told(sale(affiliate=word))["fct_sales"])["affiliate"] is None
    assert only(told(sale(affiliate="nonesuch"))["fct_sales"])["affiliate"] == "nonesuch"


def test_a_rebills_refund_with_only_the_root_sale_known_inherits_and_stays_an_orphan() -> None:
    answer = told(sale(affiliate="anna"), refund("KAYAK001-B002", vendor=None, currency=None))
    row = only(answer["fct_refunds"])
    assert (row["vendor"], row["affiliate"], row["currency"], row["is_orphan"]) == (
        "lakeshop",
        "anna",
        "USD",
        True,
    )


def test_an_unknown_event_type_is_kept_and_counts_nothing() -> None:
    answer = told(event("affiliate.joined", {"receipt": "KAYAK001"}))
    assert only(answer["events"])["status"] == "unhandled"
    assert answer["fct_orders"] == []
