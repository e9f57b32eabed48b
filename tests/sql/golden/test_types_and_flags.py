"""The transaction type of the data must agree with the event's type; a test flag counts at any place in a body."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.oracle.builders import chargeback, deliver, only, pick, refund, sale

if TYPE_CHECKING:
    from tests.oracle import RawDelivery
    from tests.sql.golden import Build

AT = "2026-05-01T12:00:00Z"
LATER = "2026-05-09T12:00:00Z"


def typed(word: str) -> RawDelivery:
    return sale("B", AT, 50, transaction_type=word)


@pytest.mark.parametrize(
    ("word", "known"),
    [
        *(("SALE", "SALE"), ("sale", "SALE"), ("BILL", "BILL"), ("Rebill", "BILL"), ("re-bill", "BILL")),
        *(("upsell", "SALE"), ("Feedback", "SALE"), ("refundable", "SALE"), ("subscription", "SALE")),
    ],
)
def test_a_sale_is_told_in_several_words_and_a_word_that_is_no_type_decides_nothing(
    build: Build, word: str, known: str
) -> None:
    tables = build(typed(word))
    sold = only(tables["fct_sales"])
    assert (sold["transaction_type"], sold["is_rebill"]) == (known, known == "BILL")


@pytest.mark.parametrize(
    ("word", "named"),
    [
        ("ABANDONED_ORDER", "ABANDONED_ORDER"),
        ("abandonedOrder", "ABANDONED_ORDER"),
        ("Cancel-Rebill", "CANCEL-REBILL"),
        ("UNCANCEL-REBILL", "UNCANCEL-REBILL"),
        ("SUBSCRIPTION-CHG 7->9", "SUBSCRIPTION-CHG"),
        ("fee", "FEE"),
        ("CUSTOMER_AUTH_FAILURE", "CUSTOMER_AUTH_FAILURE"),
    ],
)
def test_a_type_that_never_counts_is_unhandled_and_named_whatever_else_is_missing(
    build: Build, word: str, named: str
) -> None:
    tables = build(sale("A", AT), typed(word), deliver("refund.processed", {"transaction_type": word}))
    assert pick(tables["fct_sales"], "receipt") == [("A",)]
    assert tables["quarantine"] == []
    unhandled = [row for row in tables["events"] if row["status"] == "unhandled"]
    assert pick(unhandled, "reason") == [(f"transaction_type {named}",)] * 2


@pytest.mark.parametrize("word", ["RFND", "Refund", "CGBK", "chargeback", "INSF", "CGBK-2"])
def test_a_reversal_told_as_a_sale_is_a_conflict(build: Build, word: str) -> None:
    tables = build(sale("A", AT), typed(word))
    assert pick(tables["fct_sales"], "receipt") == [("A",)]
    assert pick(tables["quarantine"], "reason", "json_path") == [("type_conflict", "$.data.transaction_type")]


def test_a_sale_told_as_a_reversal_is_a_conflict_and_a_reversal_of_its_kind_is_none(build: Build) -> None:
    tables = build(
        sale("A", AT),
        refund("A", LATER, 10, transactionType="rfnd"),
        refund("A", LATER, 20, transactionType="SALE"),
        refund("A", LATER, 30, transactionType="partial"),
        chargeback("A", LATER, 40, txn_type="insf"),
        chargeback("A", LATER, 50, txn_type="Bill"),
        chargeback("A", LATER, 60, txn_type="RFND"),
    )
    assert pick(tables["fct_refunds"], "refund_amount") == [(Decimal(10),), (Decimal(30),)]
    assert pick(tables["fct_chargebacks"], "chargeback_amount", "kind") == [(Decimal(40), "echeck")]
    assert {row["reason"] for row in tables["quarantine"]} == {"type_conflict"}
    assert len(tables["quarantine"]) == 3


def test_of_rows_told_together_those_that_count_do(build: Build) -> None:
    rows = [
        {"receipt": receipt, "date": AT, "amount": 5, "currency": "USD", "transaction_type": word}
        for receipt, word in (("A", "FEE"), ("B", "SALE"), ("C", "CANCEL-REBILL"))
    ]
    tables = build(deliver("sale.created", rows))
    assert pick(tables["fct_sales"], "receipt", "item_index") == [("B", 1)]
    assert only(tables["events"])["status"] == "mapped"


FLAGS: list[tuple[dict[str, Any], str]] = [
    ({"test": True}, "test"),
    ({"is_test": "yes"}, "test"),
    ({"livemode": False}, "test"),
    ({"isLive": "0"}, "test"),
    ({"test": False}, "mapped"),
    ({"livemode": True}, "mapped"),
    ({"test": "a/b"}, "mapped"),
]


@pytest.mark.parametrize(("flag", "status"), FLAGS)
def test_a_flag_says_test_or_live_in_the_envelope_and_in_the_data(
    build: Build, flag: dict[str, Any], status: str
) -> None:
    inside = sale("A", AT, **flag)
    outside = deliver("sale.created", {"receipt": "B", "date": AT, "amount": 1, "currency": "USD"}, **flag)
    alert = deliver("threshold.reached", {"metric": "epc", "value": 1} | flag)
    tables = build(inside, outside, alert)
    assert [row["status"] for row in tables["events"]] == [status] * 3
    assert len(tables["fct_sales"]) == (2 if status == "mapped" else 0)


def test_a_seller_is_a_vendor_and_an_unknown_role_is_one_of_its_own(build: Build) -> None:
    """Two names of the vendor's role are one view of the sale; an unknown role has a view of its own."""
    tables = build(
        sale("A", AT, totalAccountAmount=60, role="VENDOR"),
        sale("A", AT, totalAccountAmount=60, role="Seller"),
        sale("A", AT, totalAccountAmount=5, role="reseller"),
        sale("A", AT, totalAccountAmount=30, role="Primary Affiliate"),
    )
    assert pick(tables["fct_sales"], "role", "account_amount") == [
        ("AFFILIATE", Decimal(30)),
        ("RESELLER", Decimal(5)),
        ("VENDOR", Decimal(60)),
    ]


def test_a_fee_next_to_a_sale_that_another_body_tells_keeps_no_event_of_its_own(build: Build) -> None:
    told = {"receipt": "A", "date": "2026-05-01T12:00:00Z", "vendor": "shop", "amount": 80}
    rows = [told, told | {"transaction_type": "FEE", "amount": 3}]
    tables = build(
        deliver("sale.created", rows, created_at="2026-05-02T00:00:00Z"),
        deliver("sale.created", told, id="evt_1", created_at="2026-05-03T00:00:00Z"),
    )
    assert pick(tables["events"], "event_id", "status", "body_count") == [("evt_1", "mapped", 2)]
