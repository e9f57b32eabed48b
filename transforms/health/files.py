"""Examine every file, and whether the pipeline keeps them up to date."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from cbw.data_dir import EVENTS
from cbw.data_dir import SET_ASIDE_MARK as MARK
from ingest.inbox.damage import is_damage, list_set_aside
from ingest.inbox.file import open_for_reading
from ingest.inbox.reader import list_inboxes
from transforms.archive.manifest import ArchiveManifest
from transforms.health.finding import Finding
from transforms.health.gather import refused_lately
from transforms.publish.versions import current_version
from transforms.store.gaps import Gap
from transforms.store.heartbeat import Heartbeat
from transforms.store.recoveries import read_recoveries
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cbw.settings import Settings

# Refusals that a sender with the right secret may meet too, when a proxy on the way changes the request.
SUSPICIOUS = {"mismatch", "missing", "malformed", "ambiguous", "peer_not_allowed"}
_DIFFERING = """
select count(*) from verifications
where missing + unexpected > 0 and verified_at = (select max(verified_at) from verifications)
"""


def inboxes(settings: Settings) -> Iterator[Finding]:
    """Have SQLite check every page of every inbox."""
    paths = list_inboxes(settings.inbox_dir)
    if not paths:
        yield Finding.ok("inbox", "there is none yet: nothing was received")
    for path in paths:
        yield _inbox(path)


def _inbox(path: Path) -> Finding:
    try:
        with closing(open_for_reading(path)) as connection:
            verdict = connection.execute("pragma quick_check(1)").fetchone()[0]
            stored = connection.execute("select count(*) from deliveries").fetchone()[0]
    except sqlite3.DatabaseError as exc:
        if not is_damage(exc):
            raise
        verdict, stored = str(exc), 0
    if verdict != "ok":
        return Finding.problem(
            "inbox",
            f"{path.name} is damaged: {verdict}",
            f"stop the service and rename it to {path.name}{MARK}1, and {path.name}-wal to {path.name}{MARK}1-wal: "
            "what can be read of it is loaded, and a new one is made",
        )
    return Finding.ok("inbox", f"{path.name} is sound and holds {stored:,} deliveries")


def published(settings: Settings) -> Iterator[Finding]:
    """Open the published version as any reader does."""
    if current_version(settings.data_dir) is None:
        yield Finding.warning("warehouse", "nothing is published yet", "`cbw refresh` builds it")
        return
    with Warehouse(settings.warehouse_path) as warehouse:
        events = warehouse.rows("select count(*) from events")[0][0]
        differing = warehouse.rows(_DIFFERING)[0][0]
        name = warehouse.file.name
    if differing:
        says = f"{name}: {differing} tables differed from a full rebuild when last verified"
        yield Finding.problem("warehouse", says, "`cbw refresh --full`, then `cbw verify`")
    elif not (settings.data_dir / EVENTS).exists():
        says = "events.duckdb is gone: published numbers stay, and cannot be explained or rebuilt"
        hint = "start the pipeline, which restores it from the archive and the inboxes; or `cbw restore`"
        yield Finding.problem("warehouse", says, hint)
    else:
        yield Finding.ok("warehouse", f"{name} opens and holds {events:,} events")


def pipeline(settings: Settings) -> Iterator[Finding]:
    """Examine the pipeline's last heartbeat."""
    beat = Heartbeat.read(settings.data_dir)
    if beat is None:
        yield Finding.warning("pipeline", "it has never run here", "start it with `cbw serve`")
    elif beat.last_status in {"failed", "blocked"}:
        yield Finding.problem(
            "pipeline",
            f"its last run {'failed' if beat.last_status == 'failed' else 'was blocked'}: {beat.last_error}",
            "readers keep the last good version; `cbw status` shows the checks",
        )
    elif not beat.is_alive:
        yield Finding.warning(
            "pipeline",
            f"it last said that it lives {beat.age_seconds:,.0f} s ago",
            "start it with `cbw serve`",
        )
    else:
        yield Finding.ok("pipeline", f"it runs; its last run took {beat.last_seconds:.1f} s")


def recoveries(settings: Settings) -> Iterator[Finding]:
    """Examine the files that were damaged or lost before, and whether they were restored whole."""
    aside = [path.name for path in list_set_aside(settings.inbox_dir)]
    if aside:
        says = f"damaged and set aside: {', '.join(aside)}; what can be read of it is loaded"
        yield Finding.warning(
            "recoveries", says, "see the log for what could not be read; keep a copy, then delete it"
        )
    for values in ArchiveManifest.read(settings.archive_dir).gaps:
        says = Gap.from_json(values).sentence
        yield Finding.problem("recoveries", says, "if a lost archive file is found: `cbw import` it")
    entries = read_recoveries(settings.data_dir)
    if entries and (entries[-1].missing or entries[-1].outcome == "refused"):
        yield Finding.problem(
            "recoveries", str(entries[-1]), "`cbw restore --from` another copy of the archive"
        )
    elif entries:
        yield Finding.ok("recoveries", str(entries[-1]))
    elif not aside:
        yield Finding.ok("recoveries", "nothing was ever damaged or lost here")


def refused(settings: Settings) -> Iterator[Finding]:
    """Examine the requests that were refused in the last 24 hours."""
    refusals = [row for row in refused_lately(settings.data_dir) if row["reason"] in SUSPICIOUS]
    if not refusals:
        yield Finding.ok("refused requests", "none in 24 hours for its signature or address")
        return
    counts = ", ".join(f"{row['requests']:,} {row['reason']}" for row in refusals)
    yield Finding.warning(
        "refused requests",
        f"in 24 hours: {counts}",
        "if one was genuine: `cbw doctor signature --body FILE --signature HEX`",
    )
