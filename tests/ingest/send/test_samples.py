"""The samples: one of each type, fresh each time."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from cbw.errors import ConfigurationError
from cbw.event_types import EVENT_TYPES
from ingest.send.samples import NOTIFIED_TYPES, event_types, notification, sample
from tests.oracle.identity import RawDelivery
from tests.oracle.warehouse import build_warehouse

NOW = datetime(2026, 7, 4, 6, 30, tzinfo=UTC)
DOCUMENTED = {each.name for each in EVENT_TYPES}


def test_there_is_a_sample_of_every_documented_type_and_of_the_test_event() -> None:
    assert set(event_types()) == DOCUMENTED | {"test"}


@pytest.mark.parametrize("event_type", sorted(DOCUMENTED | {"test"}))
def test_a_sample_is_a_new_event_each_time(event_type: str) -> None:
    bodies = [sample(event_type, now=NOW) for _ in range(3)]
    (event_row,) = build_warehouse([RawDelivery(NOW, bodies[0])])["events"]
    assert event_row["status"] == ("test" if event_type == "test" else "mapped")
    assert len(build_warehouse([RawDelivery(NOW, body) for body in bodies])["events"]) == 3


def test_a_sample_happened_just_now_on_clickbanks_clock() -> None:
    body = json.loads(sample("sale.created", now=NOW))
    assert body["created_at"] == "2026-07-04T06:30:00Z"
    assert body["data"]["transactionTime"] == "20260703T232958-0700"


def test_a_synced_range_is_yesterday() -> None:
    data = json.loads(sample("data.synced", now=NOW))["data"]
    assert (data["range_start"], data["completed_at"]) == ("2026-07-02", "2026-07-04T06:29:58Z")


def test_a_sample_without_a_time_happens_now() -> None:
    created_at = datetime.fromisoformat(json.loads(sample("test"))["created_at"])
    assert abs((datetime.now(UTC) - created_at).total_seconds()) < 60


@pytest.mark.parametrize(
    ("event_type", "table"), [("refund.processed", "fct_refunds"), ("chargeback.received", "fct_chargebacks")]
)
def test_a_reversal_can_be_of_a_given_sale(event_type: str, table: str) -> None:
    sale = sample("sale.created", now=NOW)
    receipt = json.loads(sale)["data"]["receipt"]
    reversal = sample(event_type, now=NOW, receipt=receipt)
    (row,) = build_warehouse([RawDelivery(NOW, sale), RawDelivery(NOW, reversal)])[table]
    assert (row["receipt"], row["is_orphan"]) == (receipt, False)


@pytest.mark.parametrize("event_type", ["", "sale", "Sale.Created", "../settings"])
def test_an_unknown_type_is_refused_with_the_known_ones(event_type: str) -> None:
    with pytest.raises(ConfigurationError, match=r"chargeback\.received, data\.synced, refund\.processed"):
        sample(event_type)


@pytest.mark.parametrize("event_type", NOTIFIED_TYPES)
def test_a_notification_is_the_data_of_a_sample_without_an_envelope(event_type: str) -> None:
    told = json.loads(notification(event_type, receipt="ABCD1234"))
    assert not {"type", "data", "id"} & set(told)
    assert told["receipt"] == ("********" if event_type == "test" else "ABCD1234")
    words = {"SALE", "RFND", "CGBK", "TEST", "CANCEL-REBILL", "UNCANCEL-REBILL", "CUSTOMER_AUTH_FAILURE"}
    assert told["transactionType"] in words | {"SUBSCRIPTION-CHG KETO-12->KETO-15"}


def test_a_type_that_ins_does_not_know_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"no sample of 'data\.synced'"):
        notification("data.synced")
