"""Events that could not be mapped, mapped again after an alias was added."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from transforms.service.actions import by_model
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from cbw.settings import Settings
    from cbw.terminal import Progress
    from transforms.pipeline.pipeline import Pipeline

# A replayed event may get another key, from the field that now has an alias: its body identifies it before and after.
_BODIES = "select body_sha256 from events where status = 'quarantined'"


def replay(pipeline: Pipeline, _arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Map everything again when the alias table changed.

    Nothing is moved and nothing can be counted twice: quarantine is a table like any other, rebuilt from raw events.

    Returns:
        How many events ``left`` quarantine, how many are ``remaining`` in it, and the `Run` that mapped them again.

    Raises:
        WarehouseError: Nothing is published yet.
    """
    before = _quarantined(pipeline.settings)
    run = pipeline.run("command", on_model=by_model(pipeline, progress))
    after = _quarantined(pipeline.settings)
    return {"left": len(before - after), "remaining": len(after), "run": run.as_json}


def _quarantined(settings: Settings) -> set[str]:
    with Warehouse(settings.warehouse_path) as warehouse:
        return {str(row[0]) for row in warehouse.rows(_BODIES)}
