"""Compare each sync's claimed records with those in the facts, and report how fresh each source is."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from tests.oracle.facts import Book

Row = dict[str, Any]
RECENT = 10
ENOUGH = 3
_ONE_MICROSECOND = timedelta(microseconds=1)
COLUMNS = (
    *("event_key", "item_index", "sync_id", "source", "status", "started_at", "completed_at", "range_start"),
    *("range_end", "records_claimed"),
)


def fct_data_syncs(book: Book) -> list[Row]:
    """Return one row per sync."""
    rows = []
    for sync in book.syncs:
        held, claimed = _held(book, sync), sync["records_claimed"]
        gap = None if held is None or claimed is None else claimed - held
        rows.append({column: sync[column] for column in COLUMNS} | {"records_held": held, "gap": gap})
    return rows


def sync_freshness(book: Book) -> list[Row]:
    """Return one row per source: its latest sync, and whether the next one is overdue."""
    by_source: defaultdict[str, list[Row]] = defaultdict(list)
    for sync in sorted(book.syncs, key=lambda row: _recency(book, row)):
        by_source[sync["source"]].append(sync)
    return [_freshness(book, source, syncs) for source, syncs in by_source.items()]


def _recency(book: Book, sync: Row) -> tuple[Any, ...]:
    """Return the order of syncs: time, then their fields, so that no tie is left; NULL comes first."""
    said = (sync["sync_id"], sync["records_claimed"], _held(book, sync))
    return (
        sync["occurred_at"],
        *((value is not None, *([] if value is None else [value])) for value in said),
    )


def _held(book: Book, sync: Row) -> int | None:
    """Count the sales, refunds and chargebacks of the claimed range: every row, as every role was told."""
    start, end = sync["range_start"], sync["range_end"]
    if start is None or end is None:
        return None
    dates = [row["sold_date"] for row in book.sales]
    dates += [row["refunded_date"] for row in book.refunds]
    dates += [row["charged_back_date"] for row in book.chargebacks]
    return sum(1 for date in dates if start <= date <= end)


def _freshness(book: Book, source: str, syncs: list[Row]) -> Row:
    latest = syncs[-1]
    expected = _expected_interval([sync["occurred_at"] for sync in syncs[-RECENT:]])
    lag = None if book.today_at is None else max(book.today_at - latest["occurred_at"], timedelta(0))
    return {
        "source": source,
        "last_synced_at": latest["occurred_at"],
        "expected_interval": expected,
        "lag": lag,
        "status": _status(lag, expected),
        "records_claimed": latest["records_claimed"],
        "records_held": _held(book, latest),
    }


def _expected_interval(times: list[datetime]) -> timedelta | None:
    """Return the median gap between syncs; None for fewer than three."""
    if len(times) < ENOUGH:
        return None
    gaps = [(after - before) // _ONE_MICROSECOND for before, after in pairwise(times)]
    return timedelta(microseconds=int(2 * median(gaps) + 1) // 2)


def _status(lag: timedelta | None, expected: timedelta | None) -> str:
    if lag is None or expected is None:
        return "unknown"
    if 2 * lag <= 3 * expected:
        return "on_time"
    return "late" if lag <= 3 * expected else "missing"
