"""The actions that a command can ask of a pipeline: the running one, or one opened by the command itself.

An action is one line in `ACTIONS` and one function ``(pipeline, arguments, progress) -> value``. The value and the
arguments are plain JSON values (``str`` converts instants and decimals). A command calls it with
``transforms.service.requests.ask(settings, "name", {...}, progress)`` and need not know which process does it.

An action runs alone, between two runs of the pipeline; it may use ``pipeline.store`` and call ``pipeline.run``.
It calls ``progress(text, done, total)`` as often as it likes. While the pipeline is being stopped, that call raises and
ends the action, so a step that must not be cut in two makes no such call. An action raises `CbwError` for the operator;
`perform` turns errors of DuckDB, SQLite and the disk into one.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import suppress
from dataclasses import asdict
from importlib import import_module
from itertools import count
from typing import TYPE_CHECKING, Any

import duckdb

from cbw.errors import ConfigurationError, WarehouseError
from transforms.explain.explain import explain as explain_row
from transforms.store.failure import describe

if TYPE_CHECKING:
    from collections.abc import Callable

    from cbw.settings import Settings
    from cbw.terminal import Progress
    from transforms.definitions.model import Model
    from transforms.pipeline.pipeline import Pipeline
    from transforms.pipeline.read_only import Reader


# The function of each action, imported when a command first asks for it.
ACTIONS = {
    "explain": "transforms.service.actions:explain",
    "forget": "transforms.service.actions:forget",
    "held_exports": "transforms.service.held_imports:held_exports",
    "import": "transforms.service.import_run:load_imports",
    "imports": "transforms.service.held_imports:imports",
    "nightly": "transforms.nightly.job:run_night",
    "positions": "transforms.service.actions:positions",
    "refresh": "transforms.service.actions:refresh",
    "replay": "transforms.service.replay:replay",
    "verify": "transforms.service.actions:verify",
}
# Actions that only read: where no pipeline runs, they need not wait until one is ready to build.
READING = {"explain", "held_exports", "imports", "positions"}


def opened(settings: Settings, action: str) -> Pipeline | Reader:
    """Open the private files for an action, where no pipeline runs.

    Raises:
        CbwError: They cannot be opened.
    """
    if action in READING:
        from transforms.pipeline.read_only import Reader  # noqa: PLC0415

        # A pipeline restores a missing or damaged file, or names the fault better.
        with suppress(WarehouseError, duckdb.Error):
            return Reader(settings)
    from transforms.pipeline.pipeline import Pipeline  # noqa: PLC0415 - takes as long to import as a reader to open

    return Pipeline(settings, is_lasting=False)


def perform(pipeline: Pipeline | Reader, action: str, arguments: dict[str, Any], progress: Progress) -> Any:
    """Do an action and return its value as decoded JSON.

    Raises:
        CbwError: The action's own error.
        WarehouseError: DuckDB, SQLite or the disk failed; the pipeline's files were opened again and can be used.
    """
    if action not in ACTIONS:
        raise ConfigurationError(
            f"the running pipeline knows no action {action!r}",
            hint="it is of another release: restart it",
        )
    module, _, name = ACTIONS[action].partition(":")
    function = getattr(import_module(module), name)
    try:
        value = function(pipeline, arguments, progress)
    except (duckdb.Error, OSError, sqlite3.Error) as exc:
        pipeline.reopen(exc)
        raise WarehouseError(
            f"the run failed: {describe(exc)}", hint="readers keep the last good version"
        ) from exc
    return json.loads(json.dumps(value, default=str))


def by_model(pipeline: Pipeline, progress: Progress) -> Callable[[Model], None]:
    """Return a function to call before each model, which shows the number of models done."""
    done, total = count(1), len(pipeline.graph.models)

    def on_model(model: Model) -> None:
        progress(f"building {model.name}", next(done), total)

    return on_model


def refresh(pipeline: Pipeline, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Run once; ``full`` builds every table even if nothing is new. Returns the `Run`."""
    run = pipeline.run("command", full=arguments["full"], on_model=by_model(pipeline, progress))
    return run.as_json


def positions(pipeline: Pipeline | Reader, _arguments: dict[str, Any], _progress: Progress) -> dict[str, int]:
    """Return the last loaded number of each inbox."""
    return pipeline.store.positions()


def verify(pipeline: Pipeline, _arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Bring the tables up to date and compare them with a second build. Returns the `Verification` and its checks."""
    verification, checks = pipeline.verify(on_model=by_model(pipeline, progress))
    return {"found": asdict(verification), "checks": [asdict(check) for check in checks]}


def explain(pipeline: Pipeline | Reader, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Explain the row of ``table`` that ``key`` names, with ``limit`` rows of each table it comes from.

    Returns the row and its levels; ``show_body`` adds the deliveries' bodies.
    """
    return explain_row(pipeline.store, pipeline.graph, progress=progress, **arguments)


def forget(pipeline: Pipeline, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Erase the person with an e-mail ``address`` or several; ``is_dry_run`` changes nothing.

    Returns the `Forgotten`.
    """
    from transforms.service.forget import forget as erase  # noqa: PLC0415 - only this action waits for pandas

    progress("looking through every body", 0, 0)
    address, is_dry_run = arguments["address"], bool(arguments["is_dry_run"])
    named = [address] if isinstance(address, str) else address
    return asdict(erase(pipeline, *named, is_dry_run=is_dry_run, on_model=by_model(pipeline, progress)))
