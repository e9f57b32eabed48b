"""Map a data.synced item."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.oracle import coerce
from tests.oracle.aliases import TIME
from tests.oracle.reader import Reader, first_present

if TYPE_CHECKING:
    from datetime import date, datetime

Row = dict[str, Any]
STATUSES = {
    "success": ("success", "succeeded", "successful", "completed", "complete", "finished", "ok", "done"),
    "partial": ("partial", "partially_completed", "partial_success"),
    "failed": ("failed", "failure", "error", "errored"),
}


def sync(reader: Reader, at: datetime | None) -> tuple[Row, tuple[Any, ...]]:
    """Return the sync's row and its key: sync id, else source, start, and end or else event time."""
    sync_id = reader.text("sync_id")
    row = {
        "said_source": reader.lower("source"),
        "said_completed_at": reader.instant("sync"),
        "synced_at": at,
        "sync_id": sync_id,
        "source": reader.lower("source") or "clickbank",
        "status": _status(reader),
        "started_at": reader.instant("started_at"),
        "completed_at": reader.instant("sync") or at,
        "range_start": reader.day("range_start"),
        "range_end": _last_day(reader),
        "records_claimed": _records(reader),
        "sales_claimed": reader.whole("sales_count"),
        "refunds_claimed": reader.whole("refunds_count"),
        "chargebacks_claimed": reader.whole("chargebacks_count"),
        "has_total": reader.whole("records") is not None,
    }
    if sync_id is not None:
        return row, (sync_id,)
    return row, (row["source"], row["started_at"], at)


def _last_day(reader: Reader) -> date | None:
    """Return the last day of the range: one that ends at midnight ends with the day before."""
    found = first_present(reader.data, TIME["range_end"])
    if found is None or coerce.is_day(found.text):
        return reader.day("range_end")
    at = coerce.instant(found.text)
    return None if at is None else coerce.date_in(at - timedelta(microseconds=1), reader.zone)


def _records(reader: Reader) -> int | None:
    """Return the total that the sync claims, else the sum of its counts per type or of its changes."""
    total = reader.whole("records")
    if total is not None:
        return total
    for names in (("sales_count", "refunds_count", "chargebacks_count"), ("inserted", "updated")):
        counts = [count for name in names if (count := reader.whole(name)) is not None]
        if counts:
            return sum(counts)
    return None


def _status(reader: Reader) -> str:
    """Return the status of the item, else the status that its flags imply, else success."""
    written = reader.lower("sync_status")
    if written is not None:
        return next((name for name, words in STATUSES.items() if written in words), written)
    finished = reader.text("is_sync_finished")
    has_failed_jobs = (reader.whole("failed_job_count") or 0) > 0
    is_unfinished = finished is not None and coerce.is_false(finished)
    return "partial" if has_failed_jobs or is_unfinished else "success"
