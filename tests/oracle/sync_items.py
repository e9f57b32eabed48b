"""Map a data.synced item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.oracle import coerce
from tests.oracle.aliases import SYNC_COUNTS, TIME
from tests.oracle.reader import Reader, first_present

if TYPE_CHECKING:
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

Row = dict[str, Any]
STATUSES = {
    "success": ("success", "succeeded", "successful", "completed", "complete", "finished", "ok"),
    "partial": ("partial", "partially_completed", "partial_success"),
    "failed": ("failed", "failure", "error"),
}


def sync(reader: Reader, at: datetime | None, zone: ZoneInfo) -> tuple[Row, tuple[Any, ...]]:
    """Return the sync's row and its key: sync id, else source, start, and end or else event time."""
    sync_id = reader.text("sync_id")
    row = {
        "synced_at": at,
        "sync_id": sync_id,
        "source": reader.text("source") or "clickbank",
        "status": _status(reader),
        "started_at": reader.instant("started_at"),
        "completed_at": reader.instant("sync"),
        "range_start": _day(reader, "range_start", zone),
        "range_end": _day(reader, "range_end", zone),
        "records_claimed": _records(reader),
    }
    if sync_id is not None:
        return row, (sync_id,)
    return row, (row["source"], row["started_at"], at)


def _day(reader: Reader, name: str, zone: ZoneInfo) -> date | None:
    found = first_present(reader.data, TIME[name])
    return coerce.day(found.text, zone) if found else None


def _records(reader: Reader) -> int | None:
    """Return the total that is claimed; with only counts per type, their sum."""
    if reader.text("records") is not None:
        return reader.whole("records")
    found = [first_present(reader.data, (name,)) for name in SYNC_COUNTS]
    counts = [count for each in found if each for count in [coerce.whole(each.text)] if count is not None]
    return sum(counts) if counts else None


def _status(reader: Reader) -> str:
    """Return the status that is given, else what the flags imply, else success."""
    written = reader.lower("sync_status")
    if written is not None:
        return next((name for name, words in STATUSES.items() if written in words), written)
    finished = reader.text("is_sync_finished")
    has_failed_jobs = (reader.whole("failed_job_count") or 0) > 0
    is_unfinished = finished is not None and coerce.is_false(finished)
    return "partial" if has_failed_jobs or is_unfinished else "success"
