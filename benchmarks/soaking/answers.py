"""The queries of a reader: the version's number, and checks across tables that hold in every whole version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cbw.duck import first_row
from transforms.definitions.checks import Check, run_checks
from transforms.definitions.sql_file import SQL_DIR

if TYPE_CHECKING:
    import duckdb

# Each compares tables that a publish writes at different moments.
IDENTITIES = (
    "daily_sales_sums_equal_the_facts",
    "daily_product_sales_sums_equal_the_lines",
    "fct_orders_sums_equal_the_facts",
    "every_fact_row_has_its_event",
)
_VERSION = "select max(published_version) from pipeline_runs"
# The run that published a version records its watermark, which is the number of deliveries in it.
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
    """The answers of one version.

    Attributes:
        version: Its number, from its own record of runs.
        figures: The sums of daily sales, which a person would read.
        torn: The answers that cannot all come from one whole version.
    """

    version: int
    figures: tuple[tuple[object, ...], ...]
    torn: tuple[str, ...]


class Questions:
    """Reads the queries once, and asks them of any connection."""

    def __init__(self) -> None:
        self._identities = [Check.from_file(SQL_DIR / "checks" / f"{name}.sql") for name in IDENTITIES]

    def ask(self, connection: duckdb.DuckDBPyConnection) -> Answers:
        """Ask all of them over one connection.

        Raises:
            duckdb.Error: The file cannot be read.
        """
        version = _number(connection, _VERSION)
        torn = [result.name for result in run_checks(connection, self._identities) if result.violations]
        if version and _number(connection, _DELIVERIES):
            torn.append("the deliveries of events are not those of the run that made the version")
        figures = tuple(connection.execute(_FIGURES).fetchall())
        if _number(connection, _VERSION) != version:
            torn.append("another version before the last question was answered")
        return Answers(version, figures, tuple(torn))


def _number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = first_row(connection, query)
    return 0 if row is None or row[0] is None else int(row[0])
