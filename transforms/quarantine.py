"""What could not be mapped, for people: grouped by reason and place; and the replay after an alias was added."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ingest.errors import AlreadyServedError
from transforms.pipeline import Pipeline
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ingest.settings import Settings
    from transforms.runs import Run

_GROUPS = """
select reason, json_path, event_type, count(*), min(first_seen_at), min(event_key)
from quarantine
where $reason is null or reason = $reason
group by reason, json_path, event_type
order by count(*) desc, reason, json_path, event_type
"""
# A replayed event may get another key, from the field that was found now: its body names it before and after.
_BODIES = "select body_sha256 from events where status = 'quarantined'"


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


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay did.

    Attributes:
        left: Events that were in quarantine before and are not now.
        remaining: Events that are in quarantine now.
        run: The run that mapped everything again.
    """

    left: int
    remaining: int
    run: Run


def list_quarantine(settings: Settings, reason: str | None = None) -> list[QuarantineGroup]:
    """Return what readers see in quarantine now, the most frequent first.

    Raises:
        WarehouseError: Nothing is published yet.
    """
    with Warehouse(settings.warehouse_path) as warehouse:
        rows = warehouse.connection.execute(_GROUPS, {"reason": reason}).fetchall()
    return [QuarantineGroup(*row) for row in rows]


def replay(settings: Settings, run: Callable[[Pipeline], Run]) -> Replay:
    """Map everything again when the alias table changed.

    Nothing is moved and nothing can be counted twice: quarantine is a table like any other, rebuilt from raw events.

    Raises:
        WarehouseError: Nothing is published yet.
        AlreadyServedError: A pipeline is running.
    """
    before = _quarantined(settings)
    try:
        pipeline = Pipeline(settings)
    except AlreadyServedError as exc:
        raise AlreadyServedError(
            f"a running pipeline holds {settings.data_dir}, and it reads aliases.csv when it starts",
            hint="restart it: it then maps everything again, and `cbw quarantine` shows what remains",
        ) from exc
    with pipeline:
        done = run(pipeline)
    after = _quarantined(settings)
    return Replay(len(before - after), len(after), done)


def _quarantined(settings: Settings) -> set[str]:
    with Warehouse(settings.warehouse_path) as warehouse:
        return {str(row[0]) for row in warehouse.rows(_BODIES)}
