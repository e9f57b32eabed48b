"""What could not be mapped, for people: grouped by reason and place; and the replay after an alias was added."""

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
    """Events that could not be mapped for one reason, at one place of their bodies."""

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
    """Return what readers see in quarantine now, the most frequent first.

    Raises:
        WarehouseError: Nothing is published yet.
    """
    with Warehouse(settings.warehouse_path) as warehouse:
        rows = warehouse.connection.execute(_GROUPS, {"reason": reason}).fetchall()
    return [QuarantineGroup(*row) for row in rows]
