"""Load imports and publish them, between two runs of the pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from transforms.pipeline.pipeline import MAX_DELIVERIES
from transforms.service.actions import by_model

if TYPE_CHECKING:
    from cbw.terminal import Progress
    from transforms.pipeline.pipeline import Pipeline
    from transforms.store.runs import Run


def load_imports(
    pipeline: Pipeline, arguments: dict[str, Any], progress: Progress, *, step: int = MAX_DELIVERIES
) -> dict[str, Any]:
    """Load every inbox, the imports among them; then build and publish, unless ``is_load_only``.

    A serving pipeline does it in steps of about ``step`` deliveries and publishes after each: events that arrive
    during a long import reach readers with the next step.

    Returns:
        The ``positions`` afterwards, and the ``status``, ``published_version`` and ``detail`` of the last `Run`; status
        ``loaded`` without a run.
    """
    if arguments["is_load_only"]:
        progress("loading", 0, 0)
        pipeline.load()
        outcome: dict[str, Any] = {"status": "loaded", "published_version": None, "detail": None}
    else:
        run = _run_until_loaded(pipeline, progress, step if pipeline.is_lasting else None)
        outcome = {"status": run.status, "published_version": run.published_version, "detail": run.detail}
    return outcome | {"positions": pipeline.store.positions()}


def _run_until_loaded(pipeline: Pipeline, progress: Progress, limit: int | None) -> Run:
    while True:
        run = pipeline.run("command", limit=limit, on_model=by_model(pipeline, progress))
        if limit is None or run.events_in < limit:
            return run
