"""What a reader asks one version: which one it is, and sentences about several tables that hold in every whole one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cbw.duck import first_row
from transforms.definitions.checks import Check, run_checks
from transforms.definitions.sql_file import SQL_DIR

if TYPE_CHECKING:
    import duckdb

# Each compares tables that are written at different moments of a publish.
IDENTITIES = (
    "daily_sales_sums_equal_the_facts",
    "daily_product_sales_sums_equal_the_lines",
    "fct_orders_sums_equal_the_facts",
    "every_fact_row_has_its_event",
)
_VERSION = "select max(published_version) from pipeline_runs"
# The run that made a version says how many deliveries it includes.
_DELIVERIES = """
select
    (select sum(delivery_count) from events)
    - (select watermark from pipeline_runs where published_version is not null order by run_id desc limit 1)
"""
_FIGURES = """
select currency, sum(gross_sales), sum(refund_amount), sum(net_sales), count(*)
from daily_sales group by currency order by currency
"""


@dataclass(frozen=True)
class Answers:
    """What one version said.

    Attributes:
        version: Its number, by its own record of runs.
        figures: Sums that a person would look at.
        torn: What cannot be true of one whole version.
    """

    version: int
    figures: tuple[tuple[object, ...], ...]
    torn: tuple[str, ...]


class Questions:
    """The questions, read once."""

    def __init__(self) -> None:
        self._identities = [Check.from_file(SQL_DIR / "checks" / f"{name}.sql") for name in IDENTITIES]

    def ask(self, connection: duckdb.DuckDBPyConnection) -> Answers:
        """Ask all of them over one connection.

        Raises:
            duckdb.Error: The file cannot be read.
        """
        version = _number(connection, _VERSION)
        torn = [found.name for found in run_checks(connection, self._identities) if found.violations]
        if version and _number(connection, _DELIVERIES):
            torn.append("the deliveries of events are not those of the run that made the version")
        figures = tuple(connection.execute(_FIGURES).fetchall())
        if _number(connection, _VERSION) != version:
            torn.append("another version before the last question was answered")
        return Answers(version, figures, tuple(torn))


def _number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = first_row(connection, query)
    return 0 if row is None or row[0] is None else int(row[0])
