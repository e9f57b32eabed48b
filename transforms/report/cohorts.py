"""The cohort heat map: the share of each month's sales that customers had refunded within each horizon."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from transforms.report.content import CohortCell, CohortRow
from transforms.report.formats import count, percent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from transforms.report.figures import Row

HORIZONS = (7, 14, 30, 60, 90)
_SHADES = 8


def heat_map(rows: Sequence[Row]) -> tuple[CohortRow, ...]:
    """Return one row per month, the latest first, from the rows of ``sql/figures/cohorts.sql``."""
    darkest = max((row["refund_rate"] or 0.0 for row in rows if _is_known(row)), default=0.0)
    months: defaultdict[date, dict[int, Row]] = defaultdict(dict)
    for row in rows:
        months[row["sold_month"]][row["horizon_days"]] = row
    return tuple(
        CohortRow(
            month=f"{month:%b %Y}",
            sales=count(next(iter(cells.values()))["cohort_sales"]),
            cells=tuple(_cell(cells[horizon], darkest) for horizon in HORIZONS),
        )
        for month, cells in months.items()
    )


def _is_known(row: Row) -> bool:
    """Return whether most of the month is old enough: a rate of its first few days would mislead the reader."""
    return bool(2 * row["mature_sales"] >= row["cohort_sales"])


def _cell(row: Row, darkest: float) -> CohortCell:
    rate, horizon = row["refund_rate"], row["horizon_days"]
    if rate is None or not _is_known(row):
        return CohortCell(
            "", 0, is_partial=False, tip=f"Most of the month's sales are younger than {horizon} days"
        )
    shade = round(_SHADES * rate / darkest) if darkest else 0
    refunded = (
        f"{count(row['refunded_sales'])} of {count(row['mature_sales'])} sales refunded within {horizon} days"
    )
    immature = (
        ""
        if row["is_mature"]
        else f"\n{count(row['cohort_sales'] - row['mature_sales'])} are too young to tell"
    )
    return CohortCell(percent(rate), shade, is_partial=not row["is_mature"], tip=refunded + immature)
