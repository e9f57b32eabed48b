"""Deliveries that were certainly stored, and that neither the archive nor an inbox holds now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from cbw.errors import WarehouseError
from transforms.store.damage import is_damage
from transforms.store.heartbeat import Heartbeat
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbw.settings import Settings
    from transforms.store.store import Store


@dataclass(frozen=True, slots=True)
class Gap:
    """Lost deliveries of one inbox."""

    inbox_id: str
    missing: int
    first: int
    last: int

    def __str__(self) -> str:
        return (
            f"{self.missing:,} of inbox {self.inbox_id}, between its numbers {self.first:,} and {self.last:,}"
        )


def find_gaps(
    store: Store, settings: Settings, tips: dict[str, int], whole_through: dict[str, int]
) -> Iterator[Gap]:
    """Find the numbers that an inbox gave out, by everything that is left, and that were not restored."""
    beat = Heartbeat.read(settings.data_dir)
    reported = {} if beat is None else beat.positions
    positions = store.positions()
    gap_count = 0
    for inbox_id in dict.fromkeys([*positions, *tips, *reported]):
        last = max(known.get(inbox_id, 0) for known in (positions, tips, reported))
        missing, first, final = store.one(
            "select count(*), min(n), max(n) from (select unnest(range(? + 1, ? + 1)) as n) as numbers anti join "
            "(select inbox_sequence as n from events.raw_events where inbox_id = ?) as held using (n)",
            [whole_through.get(inbox_id, 0), last, inbox_id],
        )
        if missing:
            gap_count += 1
            yield Gap(inbox_id, int(str(missing)), int(str(first)), int(str(final)))
    (held,) = store.one("select count(*) from events.raw_events")
    if not gap_count and (unknown := _published_deliveries(settings) - int(str(held))) > 0:
        yield Gap("of an unknown name (readers were shown more than is left)", unknown, 1, unknown)


def _published_deliveries(settings: Settings) -> int:
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
