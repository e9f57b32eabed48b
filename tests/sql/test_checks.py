"""Every check passes on tables that the models built, and reports the one fault that its name denies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ingest.simulation.simulator import simulate
from tests.amounts import some_of
from tests.oracle import RawDelivery
from tests.oracle.builders import sale
from tests.sql.harness import GRAPH, built, rows_of
from tests.sql.one_store import opened, refill
from tests.sql.source_histories import told_by
from transforms.build.incremental import SOURCE
from transforms.build.incremental_checks import IncrementalChecks
from transforms.build.places import Places
from transforms.build.workspace import Workspace
from transforms.definitions.checks import checks_of, run_checks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from transforms.definitions.checks import Check, CheckResult
    from transforms.definitions.model import Model
    from transforms.store.store import Store

CHECKS = {check.name: check for check in checks_of(GRAPH)}
BLOCKING = sorted(name for name, check in CHECKS.items() if check.severity == "blocking")
END = datetime(2026, 6, 30, 12, tzinfo=UTC)
ONE_SALE = "rowid = (select min(rowid) from fct_sales where is_counted and gross_amount > 0)"
ONE_ORDER = "rowid = (select min(rowid) from fct_orders where state = 'sold' and gross_amount > 0)"
ONE_EVENT = "rowid = (select min(rowid) from events where status = 'mapped')"

# For each check a change to the built tables that it must report.
CORRUPTIONS = {
    **{
        f"{model.name}_key_is_unique": f"insert into {model.name} select * from {model.name} limit 1"
        for model in GRAPH.published
    },
    "every_fact_row_has_its_event": "delete from events where event_key in (select min(event_key) from fct_sales)",
    "every_delivery_is_in_one_event": f"update events set delivery_count = delivery_count + 1 where {ONE_EVENT}",
    "every_event_has_one_status": f"update events set status = 'lost' where {ONE_EVENT}",
    "every_quarantined_event_is_in_quarantine": "delete from quarantine",
    "every_mapped_sale_is_in_fct_sales": f"update fct_sales set gross_amount = gross_amount + 0.01 where {ONE_SALE}",
    "every_mapped_refund_is_in_fct_refunds": "delete from fct_refunds where is_counted",
    "every_mapped_chargeback_is_in_fct_chargebacks": "delete from fct_chargebacks",
    "every_uncounted_row_has_a_counted_twin": f"update fct_sales set is_counted = false where {ONE_SALE}",
    "every_row_of_a_mapped_body_has_a_place": (
        "delete from int_owned_items where rowid = (select min(rowid) from int_owned_items)"
    ),
    "no_row_is_told_twice_in_one_body": (
        "insert into int_parts (body_id, item_index, lead_item_index, is_repeat) values (1, 1, 0, true)"
    ),
    "every_mapped_event_is_in_its_fact": "delete from fct_data_syncs",
    "every_sale_has_a_line": "delete from fct_sale_lines where line_number = 1",
    "fct_orders_net_equals_gross_less_reversals": f"update fct_orders set net_amount = 1 where {ONE_ORDER}",
    "fct_orders_sums_equal_the_facts": f"delete from fct_orders where {ONE_ORDER}",
    "sale_cohorts_sums_equal_the_orders": "update sale_cohorts set net_sales_cohort = net_sales_cohort + 0.01",
    "daily_sales_sums_equal_the_facts": "update daily_sales set currency = 'XTS' where gross_sales > 0",
    "daily_sales_net_equals_gross_less_reversals": "update daily_sales set net_sales = net_sales - 1",
    "daily_sales_earnings_equal_their_parts": "update daily_sales set earnings_net = earnings_net + 0.0001",
    "daily_sales_earnings_equal_the_facts": "update fct_refunds set reversed_account_amount = null",
    "daily_product_sales_sums_equal_the_lines": "update daily_product_sales set line_sales = line_sales + 1",
    "refund_cohort_months_add_up_to_refund_cohorts": "update refund_cohort_months set cohort_sales = cohort_sales + 1",
    "refund_rates_count_a_reversed_receipt_once": "update refund_rates set reversed_count = refund_count - 1",
    "rates_are_null_only_without_sales": "update refund_rates set refund_rate = 0 where sale_count = 0",
    "subscription_months_roll_forward": "update subscription_months set new_count = new_count + 1",
    "no_immature_cohort_has_a_rate": "update refund_cohorts set refund_rate_cohort = 0 where not is_mature",
    "no_test_traffic_is_in_facts": f"update events set is_test = true where {ONE_EVENT}",
    "reversal_amounts_are_never_negative": "update fct_refunds set refund_amount = -1",
    "no_receipt_is_reversed_above_its_gross": f"update fct_orders set is_over_reversed = true where {ONE_ORDER}",
    "every_amount_has_a_currency": f"update fct_sales set currency = null where {ONE_SALE}",
    "possible_repeats_across_sources": (
        "insert into int_matched_reversals (group_key, matched_key, told_by, amount, currency)"
        " values ('group', 'one', 'ins', 1, 'USD'), ('group', 'other', 'command_center', 1, 'USD')"
    ),
    "bodies_of_one_event_agree": f"update events set is_id_conflict = true where {ONE_EVENT}",
    "every_line_value_is_readable": (
        "update fct_sale_lines set price_amount = null;"
        "update int_sales set lines = list_transform("
        "lines, lambda l: struct_update(l, price := cast('two' as varchar))) where len(lines) > 0"
    ),
    "lines_add_up_to_the_sale": (
        "insert into int_unequal_lines (event_key, item_index, receipt, gross_amount, price_amount)"
        " select event_key, item_index, receipt, gross_amount, gross_amount + 0.5"
        f" from fct_sales where {ONE_SALE}"
    ),
    "alerts_agree_with_our_own_values": "update fct_threshold_alerts set verdict = 'mismatch'",
    "syncs_claim_what_we_hold": "update fct_data_syncs set gap = 1",
    "quarantine_is_empty": "insert into quarantine (event_key, reason) values ('x', 'bad_json')",
    "no_reversal_is_an_orphan_for_two_days": "update fct_refunds set is_orphan = true",
    "sales_volume_is_usual_for_its_weekday": (
        "update daily_sales set sale_count = sale_count + 500 where report_date = (select today - 1 from int_today)"
    ),
    "no_new_path_is_unread": (
        "update schema_paths set is_new = true, is_mapped = false"
        " where rowid = (select min(rowid) from schema_paths)"
    ),
    "few_deliveries_are_repeats": "update events set delivery_count = 3",
    "no_event_is_from_the_future": f"update events set received_at = occurred_at - interval '2' hour where {ONE_EVENT}",
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    history = simulate(1500, days=200, seed=5, end=END)
    told = [RawDelivery(event.occurred_at + timedelta(minutes=5), event.body) for event in history]
    told += [
        sale("TWICE", "2026-06-01T12:00:00Z"),
        told_by("orders", sale("TWICE", "2026-06-01T12:00:00Z", 99)),
    ]
    for each in opened(tmp_path_factory.mktemp("data")):
        refill(each, told)
        yield each


def violations(store: Store, check: Check) -> int:
    return run_checks(store.connection, (check,))[0].violations


def test_every_blocking_check_passes_on_a_simulated_history(store: Store) -> None:
    found = {name: violations(store, CHECKS[name]) for name in BLOCKING}
    assert found == dict.fromkeys(BLOCKING, 0)


def test_every_check_has_a_fault_it_must_see_and_every_table_a_key_check() -> None:
    assert CORRUPTIONS.keys() == CHECKS.keys()


@pytest.mark.parametrize("model", GRAPH.published, ids=lambda model: model.name)
def test_a_key_check_reads_all_rows_of_a_key_and_few_others(model: Model) -> None:
    refresh = CHECKS[f"{model.name}_key_is_unique"].refresh
    assert set(refresh.columns) <= set(model.key)
    assert bool(refresh.columns) == bool(model.refresh.columns)


@pytest.mark.parametrize("is_placed", [False, True])
@pytest.mark.parametrize("name", BLOCKING)
def test_a_check_on_what_changed_sees_it_too(store: Store, name: str, *, is_placed: bool) -> None:
    found = violations_of_changes(store, name, [CHECKS[name]], is_placed=is_placed)
    assert found[0].violations > 0


@pytest.mark.parametrize("name", some_of(BLOCKING, 9))
def test_the_other_checks_on_what_changed_see_no_more(store: Store, name: str) -> None:
    assert violations_of_changes(store, name, [CHECKS[each] for each in BLOCKING], is_placed=True)


def violations_of_changes(
    store: Store, corrupted: str, checks: list[Check], *, is_placed: bool
) -> list[CheckResult]:
    """Run checks on the changes of a corruption, and demand that they see as much as on the whole tables."""
    workspace = Workspace(store.connection)
    places = Places(workspace, GRAPH, SOURCE)
    on_changes = IncrementalChecks(workspace, checks, places)
    places.begin(is_used=is_placed)
    workspace.begin(keeps_plans=True)
    store.connection.execute("begin transaction")
    try:
        store.connection.execute(CORRUPTIONS[corrupted])
        every_row = {model.name: model.name for model in GRAPH.models}
        found = on_changes.run({"raw_events": "raw_events", **every_row})
        assert found == run_checks(store.connection, checks)
    finally:
        store.connection.execute("rollback")
        workspace.end()
        workspace.close()
    return found


@pytest.mark.parametrize("name", sorted(CORRUPTIONS))
def test_a_check_sees_the_fault_its_name_denies(store: Store, name: str) -> None:
    before = violations(store, CHECKS[name])
    store.connection.execute("begin transaction")
    try:
        store.connection.execute(CORRUPTIONS[name])
        assert violations(store, CHECKS[name]) > before
    finally:
        store.connection.execute("rollback")


@pytest.mark.parametrize(
    ("weeks_before", "sales", "is_unusual"),
    [
        ([100] * 8, 135, False),  # median 100, MAD 0: the limit is 3.5 * sqrt(100) = 35
        ([100] * 8, 136, True),
        ([100] * 8, 64, True),
        ([100] * 8, 0, True),
        ([100] * 4, 136, True),
        ([100] * 3, 1000, False),  # three weekdays are no history
        ([80, 120] * 4, 203, False),  # median 100, MAD 20: the limit is 3.5 * 1.4826 * 20 = 103.78
        ([80, 120] * 4, 204, True),
        ([100] * 7 + [9000], 135, False),  # one freak day does not move the median
    ],
)
def test_a_day_is_set_against_its_own_weekdays(
    store: Store, weeks_before: list[int], sales: int, *, is_unusual: bool
) -> None:
    store.connection.execute("begin transaction")
    try:
        store.connection.execute("create temp table one_day as select * from daily_sales limit 1")
        store.connection.execute("delete from daily_sales")
        for weeks_ago, count in enumerate([sales, *weeks_before]):
            store.connection.execute(
                "insert into daily_sales select * replace ((select today from int_today) - 1 - 7 * $weeks"
                " as report_date, $count as sale_count, 0 as rebill_count) from one_day",
                {"weeks": weeks_ago, "count": count},
            )
        found = violations(store, CHECKS["sales_volume_is_usual_for_its_weekday"])
    finally:
        store.connection.execute("rollback")
    assert found == int(is_unusual)


@pytest.mark.parametrize(
    ("lines", "is_told"),
    [
        ([{"productPrice": 60}, {"productPrice": 40}], False),
        ([{"productPrice": 60}, {"productPrice": 30}], True),
        ([{"productPrice": 50, "quantity": 2}], False),  # a price may be per unit
        (
            [{"productPrice": 60}, {"productPrice": 60, "productDiscount": 20}],
            False,
        ),  # or before its discount
        ([{"productPrice": 60}, {"itemNo": "A"}], False),  # the second line has no price
    ],
)
def test_lines_that_do_not_add_up_to_the_sale_are_told(
    tmp_path: Path, lines: list[dict[str, Any]], *, is_told: bool
) -> None:
    with built([sale("A", "2026-05-01T12:00:00Z", 100, lineItems=lines)], tmp_path) as store:
        assert [row["receipt"] for row in rows_of(store, "int_unequal_lines")] == ["A"] * is_told
        assert violations(store, CHECKS["lines_add_up_to_the_sale"]) == is_told


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS.keys())
def test_a_check_says_why_it_must_hold_and_stays_short(check: Check) -> None:
    assert check.reason.endswith(".")
    assert len(check.sql.splitlines()) <= 45
