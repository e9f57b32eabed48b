"""Every odd situation occurs in a history of the default size, and ends where it should."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from ingest.simulation.odd.oddities import DELIVERIES_PER_ROUND, SITUATIONS, deliveries_per_round
from ingest.simulation.simulator import simulate
from tests.oracle.identity import RawDelivery
from tests.sql.harness import GRAPH, built, rows_of

if TYPE_CHECKING:
    from ingest.simulation.event import SimulatedEvent

END = datetime(2026, 3, 20, 21, 30, tzinfo=UTC)
Rows = list[dict[str, Any]]

# The events of each situation that are not mapped, by status and reason.
OUTSIDE = {
    "parts_that_disagree": {("quarantined", "parts_disagree"): 1},
    "types_that_never_count": {
        ("unhandled", "transaction_type ABANDONED_ORDER"): 1,
        ("unhandled", "transaction_type FEE"): 1,
        ("unhandled", "transaction_type CANCEL-REBILL"): 1,
    },
    "refund_inside_a_sale": {("quarantined", "type_conflict"): 1},
    "test_flag_inside_data": {("test", None): 1},
    "failed_refund": {("unhandled", "failed"): 1},
    "negative_sale": {("quarantined", "negative_amount"): 1},
    "comma_that_may_be_a_point": {("quarantined", "bad_money"): 1},
}
# Orders (each sale, or sale with its rebills), refunds and disputes of each situation that has other than one order
# without a reversal.
HELD = {
    "subscription_id_as_event_id": (3, 0, 0),
    "one_number_in_two_stores": (2, 1, 0),
    "refund_without_a_seller": (1, 1, 0),
    "ambiguous_receipt": (3, 1, 0),  # the refund is an orphan
    "rebill_with_a_receipt_of_its_own": (2, 0, 0),
    "refund_over_two_lines": (1, 1, 0),
    "parts_that_disagree": (0, 0, 0),
    "refund_with_and_without_an_id": (1, 1, 0),
    "hyphenated_order_numbers": (2, 1, 0),
    "types_that_never_count": (0, 0, 0),
    "refund_inside_a_sale": (0, 0, 0),
    "test_flag_inside_data": (0, 0, 0),
    "pending_refund_that_is_done": (1, 1, 0),
    "negative_sale": (0, 0, 0),
    "inquiry_that_becomes_a_dispute": (1, 0, 1),
    "dispute_won_with_an_id": (1, 0, 1),
    "dispute_reversed_without_an_id": (1, 0, 1),
    "refund_in_another_currency": (1, 1, 0),
    "reversal_that_names_another_affiliate": (1, 1, 0),
    "specific_key_and_generic_key": (1, 1, 1),
    "comma_that_may_be_a_point": (0, 0, 0),
    "bare_dates": (1, 1, 0),
    "alert_over_hours": (5, 0, 0),
    "percent_sign": (4, 1, 0),
}


class Outcome:
    """The default history, and the tables that the SQL builds of it."""

    def __init__(self, events: list[SimulatedEvent], tables: dict[str, Rows]) -> None:
        self.events = events
        self.tables = tables
        situation_of = {sha256(event.body).hexdigest(): event.oddity for event in events if event.oddity}
        self._situation = {
            row["event_key"]: situation_of[row["body_sha256"]]
            for row in tables["events"]
            if row["body_sha256"] in situation_of
        }

    def rows(self, table: str, situation: str) -> Rows:
        """Return the rows of a table whose event is a part of a situation."""
        return [row for row in self.tables[table] if self._situation.get(row["event_key"]) == situation]

    def orders(self, situation: str) -> Rows:
        """Return the orders of the receipts of a situation, orphans too."""
        told = ("fct_sales", "fct_refunds", "fct_chargebacks")
        receipts = {row["receipt"] for table in told for row in self.rows(table, situation)}
        return [row for row in self.tables["fct_orders"] if row["receipt"] in receipts]

    def order(self, situation: str) -> dict[str, Any]:
        """Return the only order of a situation."""
        [order] = self.orders(situation)
        return order


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    events = simulate(end=END)
    deliveries = [RawDelivery(END, event.body) for event in events]
    with built(deliveries, tmp_path_factory.mktemp("oddities")) as store:
        return Outcome(events, {model.name: rows_of(store, model.name) for model in GRAPH.published})


@pytest.mark.parametrize("seed", [7, 8, 2026])
def test_every_situation_occurs_once_in_a_history_of_the_default_size(seed: int) -> None:
    events = simulate(seed=seed, end=END)
    told = Counter(event.oddity for event in events if event.kind == "oddity")
    assert told.keys() == SITUATIONS.keys()
    assert told.total() == deliveries_per_round()
    assert events == simulate(seed=seed, end=END)


def test_the_rest_of_a_history_does_not_depend_on_its_situations() -> None:
    events = simulate(DELIVERIES_PER_ROUND, end=END)
    plain = simulate(DELIVERIES_PER_ROUND - deliveries_per_round(), end=END)
    assert {event.oddity for event in plain} == {""}
    # A sync also claims the records that the situations add.
    assert [event for event in events if not event.oddity and event.kind != "sync"] == [
        event for event in plain if event.kind != "sync"
    ]


@pytest.mark.parametrize(("count", "days"), [(5000, 1), (12_000, 30)])
def test_short_and_long_histories_hold_whole_rounds(count: int, days: int) -> None:
    told = [event for event in simulate(count, days, end=END) if event.oddity]
    assert len(told) == count // DELIVERIES_PER_ROUND * deliveries_per_round()
    assert max(event.occurred_at for event in told) < END


@pytest.mark.parametrize("situation", SITUATIONS)
def test_each_event_of_a_situation_ends_where_it_belongs(outcome: Outcome, situation: str) -> None:
    ends = Counter((row["status"], row["reason"]) for row in outcome.rows("events", situation))
    del ends["mapped", None]
    assert ends == OUTSIDE.get(situation, {})


@pytest.mark.parametrize("situation", SITUATIONS)
def test_each_situation_gives_as_many_orders_refunds_and_disputes_as_it_tells(
    outcome: Outcome, situation: str
) -> None:
    refunds = sum(row["is_counted"] for row in outcome.rows("fct_refunds", situation))
    disputes = sum(row["is_counted"] for row in outcome.rows("fct_chargebacks", situation))
    held = (len(outcome.orders(situation)), refunds, disputes)
    assert held == HELD.get(situation, (1, 0, 0))


def test_the_money_of_a_situation_is_right(outcome: Outcome) -> None:
    gross = {
        name: outcome.order(name)["gross_amount"]
        for name in (
            "sale_as_a_row_per_item", "comma_that_groups_thousands", "minor_units_without_decimals",
            "minor_units_with_three_decimals", "quantity_and_unit_price",
        )
    }  # fmt: skip
    assert list(gross.values()) == [Decimal(text) for text in ("49.5", "1234.5", "4900", "89.5", "37.5")]
    both = outcome.order("specific_key_and_generic_key")
    assert (both["refunded_amount"], both["charged_back_amount"]) == (10, 5)
    other = outcome.order("refund_in_another_currency")
    assert (other["net_amount"], other["has_other_currency_reversal"]) == (None, True)
    assert outcome.order("rebill_with_the_receipt_of_its_sale")["payment_count"] == 2
    [refund] = outcome.rows("fct_refunds", "reversal_that_names_another_affiliate")
    assert (refund["affiliate"], refund["told_affiliate"]) == ("lampreview", "wickdigest")
    [refund] = outcome.rows("fct_refunds", "ambiguous_receipt")
    assert refund["orphan_reason"] == "ambiguous_receipt"


def test_the_fields_of_a_situation_are_read(outcome: Outcome) -> None:
    [line] = outcome.rows("fct_sale_lines", "quantity_and_unit_price")
    assert (line["quantity"], line["price_amount"], line["line_amount"]) == (
        3,
        Decimal("12.5"),
        Decimal("37.5"),
    )
    [line] = outcome.rows("fct_sale_lines", "lone_surrogate_in_a_title")
    assert line["title"] == "Lantern \N{REPLACEMENT CHARACTER}"
    [sale] = outcome.rows("fct_sales", "keys_of_orders_1_2")
    assert (sale["vendor"], sale["affiliate"], sale["tracking_id"]) == ("oaklantern", "lampreview", "camp12")
    [line] = outcome.rows("fct_sale_lines", "payment_plan_of_a_line")
    assert line["payments_remaining"] == 2
    [alert] = outcome.rows("fct_threshold_alerts", "percent_sign")
    assert (alert["threshold_value"], alert["claimed_value"]) == (5, 25)


def test_alerts_and_syncs_agree_with_a_history_that_holds_odd_situations(outcome: Outcome) -> None:
    verdicts = defaultdict(set)
    for row in outcome.tables["fct_threshold_alerts"]:
        verdicts[row["metric"], row["scope_value"]].add(row["verdict"])
    assert verdicts["sale_count", "nightbulb"] == verdicts["refund_rate", "dimmerdeals"] == {"match"}
    assert verdicts["refund_rate", "brightketo"] == verdicts["gross_sales", "calmharbor"] == {"match"}
    syncs = outcome.tables["fct_data_syncs"]
    assert min(row["gap"] for row in syncs) == 0
    assert any(row["sales_claimed"] == row["sales_held"] is not None for row in syncs)
    assert sum(row["gap"] == 0 for row in syncs) > 0.8 * len(syncs)
