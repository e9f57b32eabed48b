"""Deliveries that were certainly stored, and that neither the archive nor an inbox holds now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import duckdb

from cbw.errors import WarehouseError
from transforms.store.damage import is_damage
from transforms.store.gaps import DELIVERIES, Gap
from transforms.store.heartbeat import Heartbeat
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cbw.settings import Settings
    from transforms.archive.source import Archive
    from transforms.store.store import Store

SHOWN_FILES = 20


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that tells how many deliveries there must be.

    Attributes:
        archive: The archive with its promises.
        tips: The greatest number that each present inbox gave out.
        reported: The positions in the heartbeat.
        whole_through: The number up to which each inbox is known to be whole.
        accepted: The losses that were accepted before.
        from_inboxes: The number of deliveries that came from inboxes.
        published: The number of deliveries that readers were shown.
    """

    archive: Archive
    tips: Mapping[str, int]
    reported: Mapping[str, int]
    whole_through: Mapping[str, int]
    accepted: tuple[Gap, ...]
    from_inboxes: int
    published: int


def reported_positions(settings: Settings) -> dict[str, int]:
    """Return the positions in the heartbeat; none where there is no heartbeat."""
    beat = Heartbeat.read(settings.data_dir)
    return {} if beat is None else beat.positions


def find_gaps(store: Store, evidence: Evidence) -> list[Gap]:
    """Find the deliveries that an inbox, the archive or a reader knows of, and that were not restored."""
    files = named_files(evidence.archive)
    gaps = [replace(gap, reason=files) for gap in _inbox_gaps(store, evidence)]
    missing = sum(gap.missing for gap in gaps)
    if evidence.archive.promised is None:
        rest = evidence.archive.lost_rows - evidence.from_inboxes - missing
        gaps += [Gap("archive", "", rest, reason=files)] if rest > 0 else []
    if not gaps:
        (held,) = store.one("select count(*) from events.raw_events")
        accepted = sum(gap.missing for gap in evidence.accepted if gap.kind in DELIVERIES)
        unknown = evidence.published - int(str(held)) - accepted
        gaps += [Gap("readers", "", unknown)] if unknown > 0 else []
    return gaps


def named_files(archive: Archive) -> str:
    """Return the names of the archive's missing and changed files, at most `SHOWN_FILES` of them."""
    faults = archive.faults
    more = [f"and {len(faults) - SHOWN_FILES:,} more files"] if len(faults) > SHOWN_FILES else []
    return ", ".join([*map(str, faults[:SHOWN_FILES]), *more])


def _inbox_gaps(store: Store, evidence: Evidence) -> Iterator[Gap]:
    positions, promised = store.positions(), evidence.archive.promised or {}
    settled = {gap.name: gap.last for gap in evidence.accepted if gap.kind == "inbox"}
    known = (positions, evidence.tips, evidence.reported)
    for inbox_id in dict.fromkeys(inbox_id for each in (*known, promised) for inbox_id in each):
        rows, archived_last = promised.get(inbox_id, (0, 0))
        last = max(archived_last, *(each.get(inbox_id, 0) for each in known))
        # The archive counts the numbers up to its last; after it an inbox leaves none out.
        start = max(evidence.whole_through.get(inbox_id, 0), archived_last, settled.get(inbox_id, 0))
        (held,) = store.one(
            "select count(*) from events.raw_events where inbox_id = ? and inbox_sequence <= ?",
            [inbox_id, archived_last],
        )
        archived = max(rows - int(str(held)), 0)
        later = missing_numbers(store, inbox_id, start, last)
        if archived:
            _, first, final = missing_numbers(store, inbox_id, 0, archived_last)
            yield Gap("inbox", inbox_id, archived + later[0], first, max(final, later[2]))
        elif later[0]:
            yield Gap("inbox", inbox_id, *later)


def missing_numbers(store: Store, inbox_id: str, after: int, through: int) -> tuple[int, int, int]:
    """Return how many numbers of an inbox between two are not in ``raw_events``, the first and the last of them."""
    missing, first, last = store.one(
        "select count(*), coalesce(min(n), 0), coalesce(max(n), 0) "
        "from (select unnest(range(? + 1, ? + 1)) as n) as numbers anti join "
        "(select inbox_sequence as n from events.raw_events where inbox_id = ?) as held using (n)",
        [after, through, inbox_id],
    )
    return int(str(missing)), int(str(first)), int(str(last))


def still_missing(store: Store, gaps: Iterable[Gap], files: Iterable[str]) -> tuple[Gap, ...]:
    """Return the accepted losses that this restore does not make up for.

    Args:
        store: The restored raw events and nights.
        gaps: The accepted losses.
        files: The names of the owner's files that are there.
    """
    nights = {
        str(night)
        for (night,) in store.connection.execute(
            "select night_date from events.main.nightly_roll_ups"
        ).fetchall()
    }
    present = {("night", night) for night in nights} | {("file", name) for name in files}
    lost = [gap for gap in gaps if (gap.kind, gap.name) not in present]
    return tuple(
        _lessened(store, gap) for gap in lost if gap.kind != "inbox" or _lessened(store, gap).missing
    )


def _lessened(store: Store, gap: Gap) -> Gap:
    """Return the loss without the deliveries that are there again."""
    if gap.kind != "inbox":
        return gap
    missing, first, last = missing_numbers(store, gap.name, gap.first - 1, gap.last)
    return replace(gap, missing=min(missing, gap.missing), first=first, last=last)


def published_deliveries(settings: Settings) -> int:
    """Return the number of deliveries in the published version; 0 when none can be read."""
    if not settings.warehouse_path.exists():
        return 0
    try:
        with Warehouse(settings.warehouse_path) as warehouse:
            return int(warehouse.rows("select coalesce(sum(delivery_count), 0) from events")[0][0])
    except (WarehouseError, duckdb.Error) as exc:
        if is_damage(exc):
            return 0
        raise
