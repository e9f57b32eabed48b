"""A notification of ClickBank's Instant Notification Service names its event by its transaction type, and tells USD."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from ingest.simulation.simulator import iter_notifications
from tests.oracle import RawDelivery
from tests.oracle.builders import RECEIVED, deliver, only, pick

if TYPE_CHECKING:
    from tests.sql.golden import Build

SALE = {
    "transactionTime": "20260501T100000-0700",
    "receipt": "ABCD1234",
    "transactionType": "SALE",
    "vendor": "brightketo",
    "role": "VENDOR",
    "totalAccountAmount": 20.00,
    "totalOrderAmount": 51.20,
    "currency": "EUR",
    "lineItems": [{"itemNo": "1", "productTitle": "Plan", "accountAmount": 20.0, "quantity": 1}],
    "version": 8,
    "attemptCount": 1,
}


def told(proven_by: str = "ins:current", *, indent: int | None = None, **fields: Any) -> RawDelivery:
    return RawDelivery(RECEIVED, json.dumps(SALE | fields, indent=indent).encode(), proven_by)


def test_a_sale_a_refund_and_an_echeck_are_facts_in_usd(build: Build) -> None:
    """The currency names the one that the customer paid in; ClickBank tells every amount in USD."""
    tables = build(
        told(indent=2),
        told(transactionType="BILL", receipt="ABCD1234-B002", transactionTime="20260601T100000-0700"),
        told(transactionType="RFND", transactionTime="20260505T100000-0700", totalOrderAmount=-51.20),
        told(transactionType="INSF", receipt="ABCD1234-B002", transactionTime="20260605T100000-0700"),
    )
    assert pick(tables["fct_sales"], "receipt", "payment", "gross_amount", "account_amount", "currency") == [
        ("ABCD1234", "SALE", Decimal("51.20"), Decimal(20), "USD"),
        ("ABCD1234-B002", "BILL", Decimal("51.20"), Decimal(20), "USD"),
    ]
    assert pick(tables["fct_refunds"], "receipt", "refund_amount", "currency") == [
        ("ABCD1234", Decimal("51.20"), "USD")
    ]
    assert pick(tables["fct_chargebacks"], "receipt", "kind", "currency") == [
        ("ABCD1234-B002", "echeck", "USD")
    ]
    assert pick(tables["events"], "event_type", "status") == [
        ("chargeback.received", "mapped"),
        ("refund.processed", "mapped"),
        ("sale.created", "mapped"),
        ("sale.created", "mapped"),
    ]


@pytest.mark.parametrize(
    ("fields", "event_type", "status"),
    [
        ({"transactionType": "CANCEL-REBILL"}, "subscription.cancelled", "mapped"),
        ({"transactionType": "SUBSCRIPTION-CHG 7->9"}, "subscription.changed", "mapped"),
        ({"transactionType": "CUSTOMER_AUTH_FAILURE"}, "subscription.payment_failed", "mapped"),
        ({"transactionType": "UNCANCEL-REBILL"}, "subscription.uncancelled", "mapped"),
        ({"transactionType": "CANCEL-REBILL", "receipt": None}, "subscription.cancelled", "quarantined"),
        ({"transactionType": "ABANDONED_ORDER", "receipt": None}, "ABANDONED_ORDER", "unhandled"),
        ({"transactionType": "A-NEW-WORD"}, "A-NEW-WORD", "unhandled"),
        ({"transactionType": None}, None, "unhandled"),
        ({"transactionType": "TEST"}, "test", "test"),
        ({"transactionType": "TEST_SALE"}, "test", "test"),
        ({"receipt": "********"}, "sale.created", "test"),
        ({"receipt": None}, "sale.created", "quarantined"),
        # changed bits of the IV may spoil the first key, and nothing else
        ({"transactionTime": None}, "sale.created", "quarantined"),
        ({"type": "data.synced"}, "sale.created", "mapped"),
    ],
)
def test_the_transaction_type_names_the_event(
    build: Build, fields: dict[str, Any], event_type: str | None, status: str
) -> None:
    event = only(build(told(**fields))["events"])
    assert (event["event_type"], event["status"]) == (event_type, status)


@pytest.mark.parametrize("word", ["SALE", "RFND", "CANCEL-REBILL"])
def test_attempts_of_one_notification_are_one_event(build: Build, word: str) -> None:
    attempts = [told(transactionType=word, attemptCount=number) for number in (1, 2, 3)]
    keys = set()
    for deliveries in (attempts[:1], attempts[::-1]):
        event = only(build(*deliveries)["events"])
        assert event["delivery_count"] == len(deliveries)
        keys.add(event["event_key"])
    assert len(keys) == 1
    assert len(
        build(*attempts, told(transactionType=word, transactionTime="20260502T100000-0700"))["events"]
    ) == (1 if word == "SALE" else 2)


def test_only_ins_tells_its_event_by_the_transaction_type(build: Build) -> None:
    assert only(build(told("current"))["events"])["status"] == "unhandled"
    for deliveries in ([told("current"), told()], [told(), told("current")]):
        event = only(build(*deliveries)["events"])
        assert (event["status"], event["delivery_count"]) == ("mapped", 2)


def test_command_center_and_ins_tell_one_sale(build: Build) -> None:
    tables = build(deliver("sale.created", SALE | {"currency": "USD"}), told(currency="USD"))
    assert pick(tables["fct_sales"], "receipt", "gross_amount") == [("ABCD1234", Decimal("51.20"))]


def test_a_simulated_history_gives_the_facts_that_command_center_tells_in_usd(build: Build) -> None:
    told = [json.loads(event.body) for event in iter_notifications(400, days=90, seed=7, end=RECEIVED)]
    types = {"RFND": "refund.processed", "CGBK": "chargeback.received", "INSF": "chargeback.received"}
    notified = build(*(RawDelivery(RECEIVED, json.dumps(data).encode(), "ins:one") for data in told))
    facts = {table: pick(notified[table], *columns) for table, columns in FACTS.items()}
    enclosed = build(
        *(
            deliver(types.get(data["transactionType"], "sale.created"), data | {"currency": "USD"})
            for data in told
        )
    )
    assert all(facts.values())
    assert facts == {table: pick(enclosed[table], *columns) for table, columns in FACTS.items()}


FACTS = {
    "fct_sales": ("receipt", "role", "payment", "gross_amount", "account_amount", "currency", "sold_date"),
    "fct_refunds": ("receipt", "role", "refund_amount", "currency", "refunded_date"),
    "fct_chargebacks": ("receipt", "role", "kind", "chargeback_amount", "currency"),
}
