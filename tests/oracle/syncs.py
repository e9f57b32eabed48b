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
    *("range_end", "records_claimed", "sales_claimed", "refunds_claimed", "chargebacks_claimed"),
)


def fct_data_syncs(book: Book) -> list[Row]:
    """Return one row per sync."""
    rows = []
    for sync in book.syncs:
        held, claimed = _held(book, sync), sync["records_claimed"]
        gap = None if held is None or claimed is None else claimed - held
        by_type = {f"{kind}_held": count for kind, count in _held_by_type(book, sync).items()}
        rows.append(
            {column: sync[column] for column in COLUMNS} | {"records_held": held, "gap": gap} | by_type
        )
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
    """Count the records held for the claimed range; of a claim by type, those of the claimed types."""
    held = _held_by_type(book, sync)
    claimed = [kind for kind in held if sync[f"{kind}_claimed"] is not None]
    counts = [held[kind] for kind in (held if sync["has_total"] or not claimed else claimed)]
    return None if None in counts else sum(count or 0 for count in counts)


def _held_by_type(book: Book, sync: Row) -> dict[str, int | None]:
    """Count the sales, refunds and chargebacks of the claimed range, each once for any number of roles."""
    start, end = sync["range_start"], sync["range_end"]
    dates = {
        "sales": [row["sold_date"] for row in book.counted_sales],
        "refunds": [row["refunded_date"] for row in book.counted_refunds],
        "chargebacks": [row["charged_back_date"] for row in book.counted_disputes],
    }
    if start is None or end is None:
        return dict.fromkeys(dates)
    return {kind: sum(1 for date in found if start <= date <= end) for kind, found in dates.items()}


def _freshness(book: Book, source: str, syncs: list[Row]) -> Row:
    latest = syncs[-1]
    expected = _expected_interval([sync["occurred_at"] for sync in syncs[-RECENT:]])
    lag = None if book.today_at is None else max(book.today_at - latest["occurred_at"], timedelta(0))
    return {
        "source": source,
        "last_synced_at": latest["occurred_at"],
        "expected_interval_seconds": None if expected is None else expected // timedelta(seconds=1),
        "lag_seconds": None if lag is None else lag // timedelta(seconds=1),
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
