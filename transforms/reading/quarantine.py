"""List the events that no alias maps, grouped by reason and path."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from datetime import datetime

    from cbw.settings import Settings

_GROUPS = """
select reason, json_path, event_type, count(*), min(first_seen_at), min(event_key)
from quarantine
where $reason is null or reason = $reason
group by reason, json_path, event_type
order by count(*) desc, reason, json_path, event_type
"""


@dataclass(frozen=True, slots=True)
class QuarantineGroup:
    """The events that failed for one reason at one path of their bodies."""

    reason: str
    json_path: str | None
    event_type: str | None
    count: int
    first_seen_at: datetime
    example_event_key: str

    @property
    def as_json(self) -> dict[str, Any]:
        """The group as plain values."""
        return asdict(self) | {"first_seen_at": self.first_seen_at.isoformat()}


def list_quarantine(settings: Settings, reason: str | None = None) -> list[QuarantineGroup]:
    """Return the published quarantine in groups, the most frequent first.

    Raises:
        WarehouseError: No version is published yet.
    """
    with Warehouse(settings.warehouse_path) as warehouse:
        rows = warehouse.connection.execute(_GROUPS, {"reason": reason}).fetchall()
    return [QuarantineGroup(*row) for row in rows]
