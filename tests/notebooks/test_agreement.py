"""Every figure of the notebooks is that of the published columns, on a history in which no two related ones are equal.

The cells' queries run here without a kernel: a chart or a table shows the frame as it is.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

from tests.notebooks.rendering import NOTEBOOKS
from tests.transforms.report.differing import differing
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

TODAY = "date '2026-06-30'"
USD = "from daily_sales where currency = 'USD'"
LATE = f"{USD} and report_date > {TODAY} - 90"
MONEY = {
    "gross_sales": "sum(gross_sales)", "refunds": "-sum(refund_amount)", "chargebacks": "-sum(chargeback_amount)",
    "net_sales": "sum(net_sales)",
}  # fmt: skip
MONTHLY = "from (select *, date_trunc('month', report_date) as month from daily_sales where currency = 'USD')"
AFFILIATES = "from affiliate_performance where currency = 'USD' and window_days = 90"
PRODUCTS = "from product_performance where currency = 'USD' and window_days = 90"
COHORTS = "from refund_cohort_months where currency = 'USD'"
WINDOWS = f"from chargeback_rates where currency = 'USD' and report_date = {TODAY}"
MONTHS = "from chargeback_months where currency = 'USD'"


def sums(source: str, *columns: str) -> dict[str, str]:
    """Return the sums of columns that have the same name in a published table."""
    return {column: f"sum({column}) {source}" for column in columns}


PERFORMANCE = ("sale_count", "gross_sales", "net_sales", "earnings_per_order", "refund_rate")
RATES = ("sale_count", "refund_count", "refund_rate", "chargeback_count", "chargeback_rate")
# The sum over a frame's rows of each of its numbers, by notebook and variable (or the number of the query).
FIGURES: dict[str, dict[str, dict[str, str]]] = {
    "01_revenue_overview": {
        "days": {column: f"{total} {LATE}" for column, total in MONEY.items()},
        "weeks": {column: f"{total} {USD}" for column, total in MONEY.items()},
        "months": {
            "sales": f"sum(sale_count) {USD}", "rebills": f"sum(rebill_count) {USD}",
            "gross_sales": f"sum(gross_sales) {USD}", "refunds": f"sum(refund_amount) {USD}",
            "chargebacks": f"sum(chargeback_amount) {USD}", "net_sales": f"sum(net_sales) {USD}",
            "aov": "sum(aov) from (select sum(average_order_value * order_count) / sum(order_count) as aov "
            "from sale_cohorts where currency = 'USD' and order_count > 0 group by date_trunc('month', sold_date))",
            "epo": f"sum(epo) from (select sum(account_amount) / sum(order_count) as epo {MONTHLY} group by month)",
        },
        "affiliates": sums(AFFILIATES, *PERFORMANCE, "chargeback_rate"),
        "products": sums(PRODUCTS, *PERFORMANCE, "quantity"),
        "countries": {
            "receipts": f"sum(sale_count + rebill_count) {USD}", "gross_sales": f"sum(gross_sales) {USD}",
        },
    },
    "02_refunds_and_chargebacks": {
        "rates": sums(
            f"from refund_rates where currency = 'USD' and window_days = 60 and report_date > {TODAY} - 120",
            "refund_rate",
        ),
        "cohorts": sums(COHORTS, "horizon_days", "mature_sales") | {
            "horizon_days": f"sum(distinct horizon_days) * count(distinct sold_month) {COHORTS}",
            "sales": f"sum(cohort_sales) {COHORTS}",
            "refund_rate": "sum(rate) from (select sum(refunded_sales) / nullif(sum(mature_sales), 0) as rate "
            f"{COHORTS} group by sold_month, horizon_days)",
        },
        "lags": {
            "days_to_refund": "sum(distinct days_to_refund) from fct_refunds where currency = 'USD' and is_counted",
            "refunds": "count(*) from fct_refunds where currency = 'USD' and is_counted and not is_orphan",
        },
        "windows": sums(WINDOWS, "window_days", "sale_count", "chargeback_count", "chargeback_rate"),
        "months": sums(
            MONTHS, "sale_count", "chargeback_count", "chargeback_rate", "chargeback_rate_previous_month"
        ),
        "affiliates": sums(f"{AFFILIATES} and sale_count >= 20", *RATES),
        "products": sums(PRODUCTS, *RATES),
    },
    "03_alerts_and_sync_health": {
        "alerts": {
            "threshold": "sum(threshold_value) from fct_threshold_alerts",
            "claimed": "sum(claimed_value) from fct_threshold_alerts",
            "computed": "sum(computed_value) from fct_threshold_alerts",
        },
        "verdicts": {
            verdict: f"count(*) filter (where verdict = '{verdict}') from fct_threshold_alerts"
            for verdict in ("match", "mismatch", "not_computable")
        },
        "3": {
            "usual_gap_hours": "round(sum(expected_interval_seconds) / 3600, 1) from sync_freshness",
            "lag_hours": "round(sum(lag_seconds) / 3600, 1) from sync_freshness",
            **sums("from sync_freshness", "records_claimed", "records_held"),
        },
        "gaps": sums("from fct_data_syncs", "gap"),
        "5": {"events": "count(*) from events", "deliveries": "sum(delivery_count) from events"},
        "reasons": {"events": "count(distinct row(reason, event_key)) from quarantine"},
        "7": {
            "violations": "coalesce(sum(violations), 0) from check_results "
            "where run_id = (select max(run_id) from check_results)"
        },
    },
}  # fmt: skip
# Amounts per month are rounded to the cent.
CENT = 0.005


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    settings = differing(tmp_path_factory.mktemp("differing") / "data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CBW_DATA_DIR", str(settings.data_dir))
        yield settings.data_dir


def frames(path: Path) -> dict[str, pd.DataFrame]:
    """Run the queries of a notebook in order, and return each frame by its variable, or by the query's number."""
    names: dict[str, Any] = {}
    found: dict[str, Any] = {}
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type != "code":
            continue
        for statement in ast.parse(cell.source).body:
            source = ast.unparse(statement)
            if isinstance(statement, ast.ImportFrom) and statement.module != "charts":
                exec(source, names)  # noqa: S102 - a cell of our own notebook
            elif isinstance(statement, ast.Assign):
                exec(source, names)  # noqa: S102
                if ".sql(" in source:
                    found[ast.unparse(statement.targets[0])] = names[ast.unparse(statement.targets[0])]
            elif source.startswith("table(wh.sql("):
                found[str(len(found) + 1)] = eval(source.removeprefix("table"), names)  # noqa: S307
    names["wh"].close()
    return found


@pytest.mark.parametrize("name", FIGURES)
def test_each_figure_of_a_notebook_is_its_published_column(data_dir: Path, name: str) -> None:
    [path] = [path for path in NOTEBOOKS if path.stem == name]
    shown = frames(path)
    assert shown.keys() == FIGURES[name].keys()
    with Warehouse(data_dir / "warehouse.duckdb") as warehouse:
        for variable, expected in FIGURES[name].items():
            numbers = shown[variable].select_dtypes("number")
            assert set(numbers.columns) == expected.keys(), variable
            for column, query in expected.items():
                [[total]] = warehouse.rows(f"select {query}")
                allowed = CENT * len(numbers) if variable == "months" else 1e-6
                assert numbers[column].sum() == pytest.approx(float(total), abs=allowed), (variable, column)


def test_the_notebook_without_a_figure_is_the_one_that_explains() -> None:
    assert {path.stem for path in NOTEBOOKS} - FIGURES.keys() == {"04_explore"}
