"""Syncs: their claims against the held records, and how fresh each source is."""

from datetime import date, datetime
from itertools import pairwise
from statistics import median

from tests.second_oracle.history import UNDECIDED, History, Table
from tests.second_oracle.identity import Telling
from tests.second_oracle.rows import SyncRow

RECENT_SYNCS = 10
FEWEST_SYNCS = 3


def _syncs(tellings: list[Telling]) -> list[tuple[Telling, SyncRow]]:
    return [(telling, telling.winner.row) for telling in tellings if isinstance(telling.winner.row, SyncRow)]


def syncs_table(tellings: list[Telling], history: History) -> Table:
    """Return one row per sync; the gap is the claim less the held records, with its sign."""
    rows: Table = []
    for telling, sync in _syncs(tellings):
        held = held_records(sync, history)
        is_known = sync.records_claimed is not None and held is not None
        rows.append(
            {
                "event_key": telling.event.key,
                "item_index": telling.winner.place,
                "sync_id": sync.sync_id,
                "source": sync.source,
                "status": sync.status,
                "started_at": sync.started_at,
                "completed_at": sync.at,
                "range_start": sync.range_start,
                "range_end": sync.range_end,
                "records_claimed": sync.records_claimed,
                "records_held": held,
                "gap": (sync.records_claimed or 0) - (held or 0) if is_known else None,
            }
        )
    return rows


def held_records(sync: SyncRow, history: History) -> int | None:
    """Count the held records of the range, both days included, each thing once whatever roles told it.

    A claim per type is held against that type alone.
    """
    if sync.range_start is None or sync.range_end is None:
        return None
    days: dict[str, list[date]] = {
        "sales": [sale.sold_date for sale in history.counted_sales],
        "refunds": [one.happened_date for one in history.counted_refunds],
        "chargebacks": [one.happened_date for one in history.chargebacks if one.is_counted],
    }
    return sum(
        sync.range_start <= day <= sync.range_end
        for kind, held_days in days.items()
        if kind in (sync.claims or days)
        for day in held_days
    )


def freshness_table(tellings: list[Telling], history: History) -> Table:
    """Return one row per source that ever completed a sync."""
    by_source: dict[str, list[tuple[datetime, str, SyncRow]]] = {}
    for telling, sync in _syncs(tellings):
        if sync.at is not None:
            by_source.setdefault(sync.source, []).append((sync.at, telling.event.key, sync))
    return [
        _freshness(sorted(syncs, key=lambda one: one[:2]), history) for _, syncs in sorted(by_source.items())
    ]


def _freshness(syncs: list[tuple[datetime, str, SyncRow]], history: History) -> dict[str, object]:
    """Hold the time since the last sync, up to today's instant, against the usual gap between syncs."""
    last_at, _, last = syncs[-1]
    times = [at for at, _, _ in syncs[-RECENT_SYNCS:]]
    gaps = [(after - before).total_seconds() for before, after in pairwise(times)]
    expected = median(gaps) if len(times) >= FEWEST_SYNCS else None
    is_tied = times.count(last_at) > 1
    lag = None if history.now is None else max((history.now - last_at).total_seconds(), 0.0)
    return {
        "source": last.source,
        "last_synced_at": last_at,
        "expected_interval_seconds": None if expected is None else int(expected),
        "lag_seconds": None if lag is None else int(lag),
        "status": _status(lag, expected),
        "records_claimed": UNDECIDED if is_tied else last.records_claimed,
        "records_held": UNDECIDED if is_tied else held_records(last, history),
    }


def _status(lag: float | None, expected: float | None) -> str:
    if lag is None or expected is None:
        return "unknown"
    if lag <= 1.5 * expected:
        return "on_time"
    return "late" if lag <= 3 * expected else "missing"
