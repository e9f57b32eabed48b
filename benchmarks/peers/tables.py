"""The subset of our tables that the peers build, and whether two systems agree on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from pathlib import Path

# table -> those of its columns that the peers build as well
SUBSET = {
    "fct_sales": "receipt, sold_at, sold_date, vendor, affiliate, role, transaction_type, is_rebill, currency,"
    " gross_amount, account_amount, tax_amount, is_counted",
    "fct_refunds": "receipt, refunded_at, refunded_date, refund_amount, currency, vendor, affiliate, sold_date,"
    " days_to_refund, is_orphan",
    "fct_orders": "receipt, sold_date, gross_amount, refunded_amount, net_amount, refund_count,"
    " days_to_first_refund, state",
    "daily_sales": "report_date, currency, vendor, affiliate, sale_count, rebill_count, gross_sales, refund_count,"
    " refund_amount, net_sales",
    "refund_cohorts": "sold_date, currency, vendor, horizon_days, cohort_sales, is_mature, refunded_sales,"
    " refund_rate_cohort",
}


def differences(ours: Path, theirs: Path, schema: str) -> dict[str, int]:
    """Return for each table the number of rows that only one of two databases has, duplicates counted.

    Args:
        ours: The published file.
        theirs: The peer's database file.
        schema: The schema of the peer's tables.
    """
    with duckdb.connect() as connection:
        connection.execute(f"attach '{ours}' as ours (read_only)")
        # The catalog keeps the file's name, because a view of the peer may name it.
        connection.execute(f"attach '{theirs}' as {theirs.stem} (read_only)")
        return {
            table: _count(connection, "ours.main", f"{theirs.stem}.{schema}", table, columns)
            for table, columns in SUBSET.items()
        }


def _count(connection: duckdb.DuckDBPyConnection, ours: str, theirs: str, table: str, columns: str) -> int:
    one, other = f"select {columns} from {ours}.{table}", f"select {columns} from {theirs}.{table}"
    query = (
        f"select count(*) from (({one} except all {other}) union all ({other} except all {one})) as different"
    )
    return int(connection.execute(query).fetchall()[0][0])
