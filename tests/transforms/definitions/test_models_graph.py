"""The graph comes from the SQL itself, and its tables are those of the published contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cbw.errors import WarehouseError
from tests.sql.model_files import names, write_models
from transforms.definitions.documentation import NIGHTLY
from transforms.definitions.graph import ModelGraph
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from transforms.definitions.model import Model

GRAPH = ModelGraph.of_product()
SPEAK_FOR_THEMSELVES = {"pipeline_runs.started_at", "pipeline_runs.finished_at", "check_results.checked_at"}

# The published contract. To remove a name, add a CHANGELOG entry that is marked breaking.
CONTRACT = {
    "events": "event_key event_type event_id occurred_at received_at delivery_count is_test status reason "
    "amount currency",
    "fct_sales": "event_key receipt order_key sold_at sold_date vendor affiliate role transaction_type is_rebill "
    "currency gross_amount account_amount tax_amount shipping_amount payment_method country tracking_id",
    "fct_sale_lines": "event_key line_number item_no title quantity price_amount account_amount affiliate_payout "
    "line_item_type is_recurring",
    "fct_refunds": "event_key receipt refunded_at refunded_date refund_amount currency vendor affiliate role "
    "refund_type sold_date days_to_refund is_orphan",
    "fct_chargebacks": "event_key receipt charged_back_at charged_back_date chargeback_amount currency vendor "
    "affiliate role kind status sold_date days_to_chargeback is_orphan",
    "fct_orders": "receipt order_key sold_at sold_date vendor affiliate currency gross_amount refunded_amount "
    "charged_back_amount net_amount refund_count chargeback_count first_refunded_at first_charged_back_at state",
    "fct_threshold_alerts": "event_key reached_at metric comparator threshold_value claimed_value unit scope_type "
    "scope_value window_start window_end computed_value verdict",
    "fct_data_syncs": "event_key sync_id source status started_at completed_at range_start range_end "
    "records_claimed records_held gap",
    "daily_sales": "report_date currency vendor affiliate sale_count rebill_count gross_sales refund_count "
    "refund_amount chargeback_count chargeback_amount net_sales account_amount reversed_account_amount",
    "daily_product_sales": "report_date currency vendor item_no title quantity line_sales refund_count",
    "refund_rates": "report_date currency vendor window_days sale_count refund_count refund_rate gross_sales "
    "refund_amount refund_rate_value reversed_count reversal_rate",
    "refund_cohorts": "sold_date currency vendor horizon_days cohort_sales refunded_sales refund_rate_cohort "
    "is_mature",
    "refund_cohort_months": "sold_month currency vendor horizon_days cohort_sales mature_sales refunded_sales "
    "refund_rate_cohort is_mature",
    "chargeback_rates": "report_date currency vendor window_days sale_count chargeback_count chargeback_rate "
    "is_small_sample",
    "chargeback_months": "month currency vendor sale_count previous_month_sale_count chargeback_count "
    "chargeback_rate chargeback_rate_previous_month",
    "affiliate_performance": "affiliate sale_count gross_sales refund_rate chargeback_rate net_sales",
    "product_performance": "item_no sale_count gross_sales refund_rate chargeback_rate net_sales",
    "sync_freshness": "source last_synced_at expected_interval_seconds lag_seconds status records_claimed records_held",
    "outside_the_figures": "kind reason event_type currency event_count known_amount unknown_amount_count",
    "source_coverage": "report_date event_type source other_source both_count only_source_count only_other_count "
    "differing_count",
    "source_differences": "event_key event_type receipt vendor report_date field source fact_value told_value",
    "quarantine": "event_key event_type reason json_path first_seen_at",
    "schema_paths": "event_type json_path is_mapped json_type event_count first_seen_at last_seen_at is_new",
    "sale_cohorts": "sold_date currency vendor sale_count rebill_count gross_sales net_sales_cohort reversal_rate "
    "chargeback_rate_cohort chargeback_rate_cohort_net order_count average_order_value is_mature as_of_date",
    "fct_subscription_events": "event_key event vendor root_receipt receipt item_no occurred_at source is_inferred "
    "payment_number amount currency is_ending is_orphan",
    "fct_subscriptions": "vendor root_receipt item_no currency started_at cadence_days payments_count payments_planned "
    "rebill_amount next_due_date paid_through_date cancelled_at ended_at end_cause state state_basis "
    "days_to_cancellation uncancel_count",
    "subscription_months": "month vendor item_no currency start_count active_count trial_count new_count "
    "reactivated_count churned_count churned_voluntary_count churned_involuntary_count new_and_churned_count "
    "completed_count churn_rate churn_rate_stripe mrr is_complete",
    "subscription_retention": "started_month vendor item_no currency payment_number due_count paid_count "
    "retention_rate is_mature",
    "cancellations_by_age": "vendor item_no age_days cancellation_count trial_count installment_count",
    "pipeline_runs": "run_id trigger started_at finished_at events_in rows_changed published_version",
    "check_results": "check_name severity violations",
    "metric_definitions": "metric formula basis source",
}

METRICS = (
    "gross_sales sale_count rebill_count refund_amount chargeback_amount net_sales net_sales_cohort earnings_net "
    "refund_rate refund_rate_cohort refund_rate_value chargeback_rate cbr_net chargeback_rate_cohort reversal_rate "
    "reversal_rate_cohort average_order_value earnings_per_order earnings_per_click rebill_rate churn platform_fee "
    "affiliate_payout active_count churn_rate mrr retention_rate"
)
# Metrics whose column has another name, because its table already says the rest.
RENAMED = {
    *("chargeback_rate_month", "refund_rate_cohort_month", "reversal_rate_cohort", "rebill_rate", "churn"),
}


@pytest.fixture(scope="module")
def published(published_history: Path) -> Iterator[Warehouse]:
    with Warehouse(published_history / "warehouse.duckdb") as warehouse:
        yield warehouse


class TestOrder:
    def test_a_model_comes_after_its_inputs_whatever_their_names(self, tmp_path: Path) -> None:
        graph = ModelGraph.from_directory(
            write_models(
                tmp_path,
                staging__z_first="select 1 as a",
                facts__b_second="with z as (select * from z_first) select a from z",
                facts__a_third="select b_second.a from b_second inner join z_first on z_first.a = b_second.a",
            )
        )
        assert names(graph) == ["z_first", "b_second", "a_third"]

    def test_a_table_that_is_no_model_is_an_input_and_no_dependency(self, tmp_path: Path) -> None:
        graph = ModelGraph.from_directory(
            write_models(tmp_path, staging__only="select sequence as a from raw_events")
        )
        assert graph["only"].inputs == {"raw_events"}
        assert names(graph) == ["only"]

    def test_a_name_in_a_subquery_is_a_dependency_too(self, tmp_path: Path) -> None:
        graph = ModelGraph.from_directory(
            write_models(
                tmp_path,
                facts__a="select 1 as a where exists (select 1 from b)",
                facts__b="select 2 as a",
            )
        )
        assert names(graph) == ["b", "a"]

    def test_every_model_of_the_product_comes_after_its_inputs(self) -> None:
        seen: set[str] = set()
        known = set(names(GRAPH))
        for model in GRAPH.models:
            assert model.inputs & known <= seen, model.name
            seen.add(model.name)

    def test_staging_is_private_and_all_else_is_published(self, tmp_path: Path) -> None:
        graph = ModelGraph.from_directory(
            write_models(
                tmp_path,
                staging__s="select 1 as a",
                facts__f="select a from s",
                reports__r="select a from f",
            )
        )
        assert [model.name for model in graph.published] == ["f", "r"]


class TestWhatIsRefused:
    def refused(self, directory: Path) -> str:
        with pytest.raises(WarehouseError) as caught:
            ModelGraph.from_directory(directory)
        message = str(caught.value)
        assert "\n" not in message
        return message

    def test_a_circle_names_its_models(self, tmp_path: Path) -> None:
        write_models(
            tmp_path, facts__a="select a from b", facts__b="select a from c", facts__c="select a from a"
        )
        message = self.refused(tmp_path)
        assert "circle" in message
        assert all(f" {name}" in message for name in "abc")

    def test_a_model_that_reads_itself_is_a_circle(self, tmp_path: Path) -> None:
        assert "circle" in self.refused(write_models(tmp_path, facts__a="select a from a"))

    def test_a_cte_may_not_hide_a_model(self, tmp_path: Path) -> None:
        write_models(
            tmp_path,
            facts__sales="select 1 as a",
            facts__x="with sales as (select 2 as a) select a from sales",
        )
        message = self.refused(tmp_path)
        assert "model x" in message
        assert "sales" in message

    def test_a_model_without_a_header_is_named(self, tmp_path: Path) -> None:
        path = tmp_path / "facts" / "bare.sql"
        path.parent.mkdir()
        path.write_text("select 1 as a\n", encoding="utf-8")
        assert self.refused(tmp_path) == f"{path}: the first lines must say the grain and the key"

    def test_a_model_without_a_key_is_named(self, tmp_path: Path) -> None:
        write_models(tmp_path, facts__keyless="-- One row.\nselect 1 as a\n")
        assert "keyless.sql: the header has no line '-- key: ...'" in self.refused(tmp_path)

    def test_two_layers_may_not_hold_one_name(self, tmp_path: Path) -> None:
        write_models(tmp_path, facts__twin="select 1 as a", reports__twin="select 2 as a")
        assert "another model named twin" in self.refused(tmp_path)


class TestWhatAModelSaysOfItself:
    @pytest.mark.parametrize("model", GRAPH.published, ids=lambda model: model.name)
    def test_a_published_model_states_its_grain_and_its_key(self, model: Model) -> None:
        assert model.grain.endswith((".", ":")) or len(model.grain) > len(model.name)
        assert not model.grain.startswith("key")
        assert model.key or "-- key: -" in model.sql

    def test_no_published_column_has_a_type_that_only_duckdb_reads(self, published: Warehouse) -> None:
        types = published.rows(
            "select distinct regexp_replace(data_type, '[(].*', '') from duckdb_columns() where not internal"
        )
        assert {row[0] for row in types} <= {
            *("BIGINT", "INTEGER", "DOUBLE", "DECIMAL", "VARCHAR", "BOOLEAN", "DATE"),
            "TIMESTAMP WITH TIME ZONE",
        }

    def test_the_key_names_one_row(self, published: Warehouse) -> None:
        for model in GRAPH.published:
            if not model.key:
                continue
            repeated = f"select 1 from {model.name} group by {', '.join(model.key)} having count(*) > 1"
            assert published.rows(repeated) == [], model.name

    def test_every_published_table_has_a_comment(self, published: Warehouse) -> None:
        comments = dict(
            published.rows(
                "select table_name, comment from duckdb_tables() where database_name = 'warehouse'"
            )
        )
        assert comments.keys() == CONTRACT.keys() | {"verifications", *NIGHTLY}
        assert [name for name, comment in comments.items() if not comment] == []
        assert {model.name: model.grain for model in GRAPH.published}.items() <= comments.items()

    def test_every_published_column_has_a_comment(self, published: Warehouse) -> None:
        bare = published.rows(
            "select table_name || '.' || column_name from duckdb_columns() "
            "where database_name = 'warehouse' and coalesce(trim(comment), '') = ''"
        )
        assert {name for (name,) in bare} <= SPEAK_FOR_THEMSELVES


@pytest.mark.parametrize("table", CONTRACT)
def test_every_promised_column_is_published(published: Warehouse, table: str) -> None:
    columns = {
        name
        for (name,) in published.rows(
            "select column_name from duckdb_columns() where database_name = 'warehouse' and table_name = ?",
            [table],
        )
    }
    assert set(CONTRACT[table].split()) - columns == set()


def test_money_is_decimal_instants_are_instants_and_dates_are_dates(published: Warehouse) -> None:
    rows = published.rows(
        "select table_name || '.' || column_name, column_name, data_type from duckdb_columns() "
        "where database_name = 'warehouse'"
    )
    types = {
        "_amount": "DECIMAL(18,4)",
        "_at": "TIMESTAMP WITH TIME ZONE",
        "_date": "DATE",
        "_count": "BIGINT",
    }
    for name, column, type_ in rows:
        for ending, expected in types.items():
            assert not column.endswith(ending) or type_ == expected, name
        assert not column.startswith(("is_", "has_")) or type_ == "BOOLEAN", name
        assert type_ != "TIMESTAMP", f"{name} does not say in which zone it is"


def test_only_rates_and_the_computed_value_of_an_alert_are_floating_point(published: Warehouse) -> None:
    rows = published.rows(
        "select table_name || '.' || column_name, data_type from duckdb_columns() "
        f"where database_name = 'warehouse' and table_name in {tuple(model.name for model in GRAPH.published)}"
    )
    floating = {name for name, type_ in rows if type_ in {"DOUBLE", "FLOAT"}}
    rates = {name for name, _ in rows if {"rate", "cbr"} & set(name.partition(".")[2].split("_"))}
    assert floating == rates | {"fct_threshold_alerts.computed_value"}


def test_every_metric_is_in_the_column_that_its_definition_names(published: Warehouse) -> None:
    columns = set(
        published.rows(
            "select table_name || '.' || column_name from duckdb_columns() where database_name = 'warehouse'"
        )
    )
    rows = published.rows("select metric, location, formula from metric_definitions")
    assert {location for _, location, _ in rows} <= {name for (name,) in columns}
    assert {metric for metric, _, _ in rows} >= set(METRICS.split())
    for metric, location, formula in rows:
        assert location.endswith(f".{metric}") or formula.startswith("not computable") or metric in RENAMED, (
            metric
        )


def test_a_table_with_amounts_has_their_currency(published: Warehouse) -> None:
    columns: dict[str, set[str]] = {}
    for table, column in published.rows(
        "select table_name, column_name from duckdb_columns() where database_name = 'warehouse'"
    ):
        columns.setdefault(table, set()).add(column)
    for table, own in columns.items():
        assert "currency" in own or not any(name.endswith("_amount") for name in own), table
