"""One look at an installation, without its private files."""

from __future__ import annotations

import sqlite3
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cbw.data_dir import RECEIVER_LOCK
from cbw.data_dir import REJECTS as LEDGER
from cbw.errors import WarehouseError
from cbw.locks import is_held
from cbw.night_clock import NightClock
from ingest.inbox.damage import is_damage, list_set_aside
from ingest.inbox.reader import list_inboxes
from ingest.inbox.salvage import SalvageReader
from ingest.metrics.reject_ledger import refused_since
from transforms.archive.manifest import ArchiveManifest
from transforms.health.installation import require_installation
from transforms.health.problems import problems_of
from transforms.health.status import Status
from transforms.publish.versions import current_version
from transforms.reading.nights import Nights
from transforms.reading.outside import read_outside, sentences
from transforms.store.gaps import Gap
from transforms.store.heartbeat import Heartbeat
from transforms.store.recoveries import read_recoveries
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from pathlib import Path

    from cbw.settings import Settings

_EVENTS = """
select event_type, status, count(*), sum(delivery_count), max(occurred_at)
from events group by all order by event_type nulls last, status
"""
_QUARANTINE = """
select reason, count(distinct event_key), max(first_seen_at) from quarantine group by all order by 2 desc, 1
"""
_RUNS = """
select run_id, trigger, status, started_at, epoch(finished_at - started_at), events_in, rows_changed,
    published_version, detail
from pipeline_runs order by run_id desc limit 5
"""
_CHECKS = """
select check_name, severity, violations from check_results
where run_id = (select max(run_id) from check_results) and violations > 0 order by severity, check_name
"""
_TOTALS = """
select coalesce(sum(delivery_count), 0), count(*), max(occurred_at) filter (where status = 'mapped'), max(received_at)
from events
"""
_UNREAD = """
select event_type, json_path, event_count, first_seen_at from schema_paths
where is_new and not is_mapped order by event_count desc, event_type, json_path limit 20
"""
_SYNCS = "select source, last_synced_at, status from sync_freshness order by source"
_VERIFIED = """
select verified_at, watermark, count(*) filter (where not is_check),
    count(*) filter (where not is_check and violations > 0), count(*) filter (where is_check),
    coalesce(list(table_name order by table_name) filter (where violations > 0), [])
from (
    select *, missing + unexpected as violations, starts_with(table_name, 'check: ') as is_check from verifications
) group by verified_at, watermark
"""
_NIGHT = """
select night_date, trigger, attempts, started_at, status, waited_seconds
from nightly_runs where night_date <= date '{latest}' order by night_date desc limit 1
"""
_NIGHT_STEPS = """
select step, status, seconds, detail from nightly_steps
where night_date = date '{night}' order by step_number
"""
_CHECK_COUNT = "select count(*) from check_results where run_id = (select max(run_id) from check_results)"


def gather(settings: Settings, now: datetime | None = None) -> Status:
    """Look at an installation, whether or not it is running.

    Args:
        settings: The data directory, and the time of day of nights.
        now: The time by which nights are owed; None for the present.

    Raises:
        WarehouseError: The data directory holds nothing.
    """
    require_installation(settings.data_dir)
    beat = Heartbeat.read(settings.data_dir)
    inboxes = [_inbox(path, beat) for path in list_inboxes(settings.inbox_dir)]
    status = Status(
        data_dir=str(settings.data_dir.resolve()),
        receiver_running=is_held(settings.data_dir / RECEIVER_LOCK),
        pipeline_running=beat is not None and beat.is_alive,
        pipeline=None if beat is None else asdict(beat) | {"age_seconds": round(beat.age_seconds, 1)},
        inboxes=inboxes,
        set_aside=[path.name for path in list_set_aside(settings.inbox_dir)],
        waiting=sum(inbox["waiting"] for inbox in inboxes),
        published_version=current_version(settings.data_dir),
        published_age_seconds=_age(settings.warehouse_path),
    )
    unreadable = _read_refused(status, settings.data_dir)
    if settings.warehouse_path.exists():
        with Warehouse(settings.warehouse_path) as warehouse:
            _read_published(status, warehouse)
            _read_nights(status, warehouse, NightClock.from_settings(settings), now or datetime.now(tz=UTC))
    recoveries = read_recoveries(settings.data_dir)
    status.recoveries = [recovery.as_json | {"sentence": str(recovery)} for recovery in recoveries]
    unreadable += _read_gaps(status, settings.archive_dir)
    status.problems = [*problems_of(status), *unreadable]
    return status


def refused_lately(data_dir: Path) -> list[dict[str, Any]]:
    """Return the refusals of the last 24 hours from the reject ledger, by reason.

    Raises:
        sqlite3.Error: The ledger cannot be read.
    """
    since = datetime.now(tz=UTC) - timedelta(hours=24)
    return [
        row._asdict() | {"latest_at": datetime.fromtimestamp(row.latest_at / 1_000_000, tz=UTC)}
        for row in refused_since(data_dir, int(since.timestamp() * 1_000_000))
    ]


def _read_refused(status: Status, data_dir: Path) -> list[str]:
    """Read the refusals, and return the fault of the ledger, if any."""
    try:
        status.refused = refused_lately(data_dir)
    except sqlite3.DatabaseError as exc:
        return [
            f"{LEDGER} cannot be read: {exc} (it holds nothing but refused requests: if it is damaged, delete it)"
        ]
    return []


def _read_gaps(status: Status, directory: Path) -> list[str]:
    """Read the accepted losses, and return the fault of the archive's manifest, if any."""
    try:
        gaps = [Gap.from_json(values) for values in ArchiveManifest.read(directory).gaps]
    except WarehouseError as exc:
        return [str(exc)]
    status.gaps = [gap.as_json | {"sentence": gap.sentence} for gap in gaps]
    return []


def _read_published(status: Status, warehouse: Warehouse) -> None:
    deliveries, distinct, latest, received = warehouse.rows(_TOTALS)[0]
    status.totals = {
        "deliveries": int(deliveries), "events": distinct, "repeats": int(deliveries) - distinct,
        "latest_event_at": latest, "latest_received_at": received,
    }  # fmt: skip
    status.events = _named(warehouse, _EVENTS, "event_type status events deliveries latest_at")
    status.quarantine = _named(warehouse, _QUARANTINE, "reason events latest_at")
    status.outside = read_outside(warehouse)
    status.outside_sentences = sentences(status.outside)
    status.unread_paths = _named(warehouse, _UNREAD, "event_type json_path events first_seen_at")
    status.runs = _named(
        warehouse, _RUNS,
        "run_id trigger status started_at seconds events_in rows_changed published_version detail",
    )  # fmt: skip
    verifications = _named(warehouse, _VERIFIED, "verified_at watermark tables differing checks failed")
    status.verified = verifications[0] if verifications else None
    status.checks_run = int(warehouse.rows(_CHECK_COUNT)[0][0])
    status.checks_violated = _named(warehouse, _CHECKS, "check_name severity violations")
    status.syncs = _named(warehouse, _SYNCS, "source last_synced_at status")


def _read_nights(status: Status, warehouse: Warehouse, clock: NightClock, now: datetime) -> None:
    """Read the last night that has begun, and how long one is owed; later nights are of a clock that was ahead."""
    status.night_owed_seconds = round(Nights.read(warehouse).owed_seconds(clock, now), 1)
    names = "night_date trigger attempts started_at status waited_seconds"
    for night in _named(warehouse, _NIGHT.format(latest=clock.latest(now)), names):
        steps = _named(
            warehouse, _NIGHT_STEPS.format(night=night["night_date"]), "step status seconds detail"
        )
        status.night = night | {"steps": steps}


def _named(warehouse: Warehouse, query: str, names: str) -> list[dict[str, Any]]:
    return [dict(zip(names.split(), row, strict=True)) for row in warehouse.rows(query)]


def _inbox(path: Path, beat: Heartbeat | None) -> dict[str, Any]:
    try:
        with SalvageReader(path) as inbox:
            tip = inbox.tip()
            position = 0 if beat is None else beat.positions.get(inbox.inbox_id, 0)
    except sqlite3.DatabaseError as exc:
        if not is_damage(exc):
            raise
        return {"file": path.name, "is_damaged": True, "tip": 0, "loaded": 0, "waiting": 0}
    waiting = max(tip - position, 0)
    return {"file": path.name, "is_damaged": False, "tip": tip, "loaded": position, "waiting": waiting}


def _age(link: Path) -> float | None:
    if not link.exists():
        return None
    return round(datetime.now(tz=UTC).timestamp() - link.stat().st_mtime, 1)
