"""The simulated history: reproducible, coherent, and as varied as the real thing."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from itertools import islice
from typing import Any

import pytest

from cbw.errors import ConfigurationError
from ingest.simulation.odd.oddities import DELIVERIES_PER_ROUND, deliveries_per_round
from ingest.simulation.simulator import KINDS, SimulatedEvent, iter_notifications, iter_simulate, simulate
from tests.oracle.identity import RawDelivery
from tests.oracle.warehouse import build_warehouse

END = datetime(2026, 3, 20, 21, 30, tzinfo=UTC)
START = END - timedelta(days=200)
OUTSIDE_FACTS = {"test", "unhandled", "broken"}
INITIAL_SALES = {"sale", "trial", "upsell"}


@dataclass(frozen=True)
class History:
    """The default history without its odd situations (`test_oddities`), and the result of an independent reading."""

    events: list[SimulatedEvent]
    tables: dict[str, list[dict[str, Any]]]

    def bodies(self, *kinds: str) -> list[dict[str, Any]]:
        return [parse(event.body) for event in self.events if event.kind in kinds]


@pytest.fixture(scope="module")
def history() -> History:
    events = simulate(DELIVERIES_PER_ROUND - deliveries_per_round(), end=END)
    return History(events, build_warehouse([RawDelivery(END, event.body) for event in events]))


def parse(body: bytes) -> dict[str, Any]:
    parsed = json.loads(body, parse_float=Decimal)
    assert isinstance(parsed, dict)
    return parsed


def data_of(body: dict[str, Any]) -> dict[str, Any]:
    data = body.get("data", body.get("payload", body))
    found = data.get("object", data)
    assert isinstance(found, dict)
    return found


def receipt_of(event: SimulatedEvent) -> str:
    receipt = data_of(parse(event.body))["receipt"]
    assert isinstance(receipt, str)
    return receipt


def is_ins(data: dict[str, Any]) -> bool:
    return "lineItems" in data


def test_the_same_arguments_give_the_same_bytes() -> None:
    assert simulate(600, 40, seed=3, end=END) == simulate(600, 40, seed=3, end=END)


def test_another_seed_gives_another_history() -> None:
    first, second = (simulate(600, 40, seed=seed, end=END) for seed in (3, 4))
    assert not {receipt_of(event) for event in first if event.kind == "sale"} & {
        receipt_of(event) for event in second if event.kind == "sale"
    }


@pytest.mark.parametrize(("count", "days"), [(0, 200), (1, 1), (37, 200), (250, 1), (1000, 30), (3000, 800)])
def test_a_history_has_exactly_as_many_deliveries_as_asked_for(count: int, days: int) -> None:
    assert len(simulate(count, days, end=END)) == count


@pytest.mark.long
def test_the_first_deliveries_of_a_large_history_come_without_making_the_rest() -> None:
    assert len(list(islice(iter_simulate(50_000_000, end=END), 5))) == 5


@pytest.mark.parametrize("seed", [7, 8, 2026])
def test_every_kind_appears_in_a_history_of_the_default_size(seed: int) -> None:
    assert {event.kind for event in simulate(seed=seed, end=END)} == set(KINDS)


@pytest.mark.long
def test_everything_happens_within_the_history(history: History) -> None:
    assert all(START <= event.occurred_at < END for event in history.events)


def test_a_history_ends_now_when_no_end_is_given() -> None:
    before = datetime.now(UTC)
    latest = max(event.occurred_at for event in simulate(400, 10))
    assert before - timedelta(days=1) < latest <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("count", "days", "end"), [(-1, 10, END), (10, 0, END), (10, 10, END.replace(tzinfo=None))]
)
def test_a_history_that_makes_no_sense_is_refused(count: int, days: int, end: datetime) -> None:
    with pytest.raises(ConfigurationError):
        simulate(count, days, end=end)


def test_the_mix_is_that_of_a_real_account(history: History) -> None:
    kinds = Counter(event.kind for event in history.events)
    sales = sum(kinds[kind] for kind in INITIAL_SALES) + kinds["rebill"]
    refunds = kinds["refund"] + kinds["partial_refund"] + kinds["orphan_refund"] + kinds["early_refund"]
    assert 0.05 < refunds / sales < 0.11
    assert 0.004 < (kinds["chargeback"] + kinds["echeck"]) / sales < 0.02
    assert 0.6 < sales / len(history.events) < 0.9
    assert sum(kinds[kind] for kind in OUTSIDE_FACTS) < 0.03 * len(history.events)


def test_most_is_in_us_dollars_and_some_in_every_other_currency(history: History) -> None:
    shares = Counter(row["currency"] for row in history.tables["fct_sales"])
    assert set(shares) == {"USD", "EUR", "GBP", "CAD", "JPY"}
    assert shares["USD"] > 0.6 * shares.total()


def test_amounts_in_yen_have_no_decimals(history: History) -> None:
    yen = [row["gross_amount"] for row in history.tables["fct_sales"] if row["currency"] == "JPY"]
    assert yen
    assert all(amount == amount.to_integral_value() for amount in yen)


def test_all_three_formats_are_used_for_every_kind_of_movement(history: History) -> None:
    for kind in ("sale", "upsell", "rebill", "refund"):
        data = [data_of(body) for body in history.bodies(kind)]
        assert any(is_ins(each) for each in data)
        assert any("lineItemData" in each for each in data)
        assert any("account_amount" in each for each in data)


def test_numbers_are_written_with_two_decimals_by_some_senders(history: History) -> None:
    assert any(re.search(rb":\d+\.\d0[,}]", event.body) for event in history.events)


def test_every_body_that_is_not_broken_is_a_json_object(history: History) -> None:
    for event in history.events:
        if event.kind not in {"broken", "duplicate"}:
            parse(event.body)


def test_each_kind_ends_where_it_belongs(history: History) -> None:
    kinds = {sha256(event.body).hexdigest(): event.kind for event in reversed(history.events)}
    for row in history.tables["events"]:
        kind = kinds[row["event_key"]]
        expected = {"test": "test", "unhandled": "unhandled", "broken": "quarantined"}.get(kind, "mapped")
        assert (kind, row["status"]) == (kind, expected)


def test_broken_bodies_are_broken_in_many_ways(history: History) -> None:
    assert len({row["reason"] for row in history.tables["quarantine"]}) >= 12


def test_a_total_is_its_lines_with_tax_and_shipping(history: History) -> None:
    for data in map(data_of, history.bodies("sale", "upsell", "rebill", "trial")):
        if is_ins(data):
            prices = sum(line["productPrice"] for line in data["lineItems"])
            total = prices + data["totalTaxAmount"] + data["totalShippingAmount"]
            assert data["totalOrderAmount"] == total
            assert data["totalAccountAmount"] == sum(line["accountAmount"] for line in data["lineItems"])


def test_the_vendor_earns_the_rest_after_fee_and_affiliate(history: History) -> None:
    for data in map(data_of, history.bodies("sale", "upsell", "rebill")):
        if is_ins(data):
            for line in data["lineItems"]:
                fee = line["productPrice"] - line["accountAmount"] - line["affiliatePayout"]
                assert Decimal("0.075") * line["productPrice"] - 1 <= fee <= line["productPrice"]
                assert ("affiliate" in data) == (line["affiliatePayout"] > 0)


def test_a_partial_refund_and_the_rest_add_up_to_the_sale(history: History) -> None:
    refunded: defaultdict[str, list[Decimal]] = defaultdict(list)
    for row in history.tables["fct_refunds"]:
        if row["role"] == "VENDOR" and row["refund_type"] == "PARTIAL":
            refunded[row["receipt"]].append(row["refund_amount"])
    sold = {row["receipt"]: row["gross_amount"] for row in history.tables["fct_sales"]}
    both = {receipt: sum(parts) for receipt, parts in refunded.items() if len(parts) == 2}
    assert both
    assert both == {receipt: sold[receipt] for receipt in both}


def test_no_two_sales_share_a_receipt(history: History) -> None:
    receipts = Counter(receipt_of(event) for event in history.events if event.kind in INITIAL_SALES)
    assert set(receipts.values()) == {1}


def test_a_rebill_carries_the_receipt_of_its_first_payment(history: History) -> None:
    sold = {receipt_of(event) for event in history.events if event.kind in INITIAL_SALES}
    rebills = {receipt_of(event) for event in history.events if event.kind == "rebill"}
    assert all(re.fullmatch(r"[0-9A-Z]{8}-B\d{3}", receipt) for receipt in rebills)
    assert {receipt.partition("-")[0] for receipt in rebills} <= sold


def test_an_upsell_names_the_sale_it_follows(history: History) -> None:
    sold = {receipt_of(event) for event in history.events if event.kind == "sale"}
    for data in map(data_of, history.bodies("upsell")):
        original = data.get("upsell", {}).get("upsellOriginalReceipt") or data["upsell_original_receipt"]
        assert original in sold


def test_a_refund_of_a_sale_before_the_history_stays_an_orphan(history: History) -> None:
    orphans = {receipt_of(event) for event in history.events if event.kind.startswith("orphan_")}
    reversals = history.tables["fct_refunds"] + history.tables["fct_chargebacks"]
    assert {row["receipt"] for row in reversals if row["is_orphan"]} == orphans


def test_an_early_refund_is_sent_before_its_sale(history: History) -> None:
    sent = {receipt_of(event): at for at, event in enumerate(history.events) if event.kind == "sale"}
    early = {receipt_of(event): at for at, event in enumerate(history.events) if event.kind == "early_refund"}
    assert early
    assert all(at < sent[receipt] for receipt, at in early.items())


def test_a_duplicate_repeats_earlier_bytes(history: History) -> None:
    seen = set()
    for event in history.events:
        assert (event.body in seen) or event.kind != "duplicate"
        seen.add(event.body)


def test_a_redelivery_tells_the_same_event_in_other_bytes(history: History) -> None:
    again = [event for event in history.events if event.kind == "redelivery"]
    others = {event.body: receipt_of(event) for event in history.events if event.kind in INITIAL_SALES}
    assert all(event.body not in others for event in again)
    mapped = sum(row["delivery_count"] for row in history.tables["events"] if row["status"] == "mapped")
    distinct = sum(1 for row in history.tables["events"] if row["status"] == "mapped")
    repeats = sum(1 for event in history.events if event.kind in {"duplicate", "redelivery"})
    assert mapped - distinct == repeats


def test_true_alerts_agree_with_the_history_and_false_ones_do_not(history: History) -> None:
    verdicts = defaultdict(set)
    for row in history.tables["fct_threshold_alerts"]:
        verdicts[row["metric"], row["scope_value"]].add(row["verdict"])
    assert verdicts["refund_rate", "brightketo"] == {"match"}
    assert verdicts["gross_sales", "calmharbor"] == {"match"}
    assert verdicts["sale_count", "calmharbor"] == {"match"}
    assert verdicts["refund_rate", "calmharbor"] == {"mismatch"}
    assert verdicts["epc", "camp07"] == {"not_computable"}


def test_syncs_mostly_agree_with_the_history(history: History) -> None:
    gaps = Counter(row["gap"] for row in history.tables["fct_data_syncs"])
    assert min(gaps) == 0
    assert 0.8 * gaps.total() < gaps[0] < gaps.total()


def test_one_source_is_on_time_and_one_is_late(history: History) -> None:
    status = {row["source"]: row["status"] for row in history.tables["sync_freshness"]}
    assert status == {"clickbank": "on_time", "affiliate_network": "late"}


def test_one_affiliate_has_bad_refunds_and_one_bad_chargebacks(history: History) -> None:
    sold = Counter(row["affiliate"] for row in history.tables["fct_sales"])
    refunded = Counter(row["affiliate"] for row in history.tables["fct_refunds"])
    charged_back = Counter(row["affiliate"] for row in history.tables["fct_chargebacks"])
    assert refunded["adstorm"] / sold["adstorm"] > 1.5 * refunded.total() / sold.total()
    assert charged_back["quickcash1"] / sold["quickcash1"] > 2 * charged_back.total() / sold.total()


def test_every_person_is_invented(history: History) -> None:
    addresses = {found for event in history.events for found in re.findall(rb'[^"]+@[^"]+', event.body)}
    assert len(addresses - {b"@nil"}) > 1000
    assert all(address.endswith(b"@example.com") for address in addresses - {b"@nil"})


def test_ins_tells_sales_and_reversals_without_an_envelope_and_repeats_differ_by_the_attempt() -> None:
    told = [json.loads(event.body) for event in iter_notifications(400, days=90, seed=7, end=END)]
    assert len(told) == 400
    assert {data["transactionType"] for data in told} >= {"SALE", "BILL", "RFND", "CGBK", "CANCEL-REBILL"}
    assert not {"type", "data", "status", "chargeback_id", "refundType"} & {
        key for data in told for key in data
    }
    first = {json.dumps(data | {"attemptCount": 1}) for data in told}
    assert len(first) < 400
    assert {data["attemptCount"] for data in told} == {1, 2}
