"""The whole examination, with the causes of other faults first."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import duckdb

from cbw.errors import CbwError
from transforms.health import files, libraries, machine, secrets
from transforms.health.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cbw.settings import Settings

EXAMINATIONS: dict[str, Callable[[Settings], Iterator[Finding]]] = {
    "secret": secrets.examine,
    "libraries": libraries.examine,
    "data directory": machine.directory,
    "disk space": machine.space,
    "clock": machine.clock,
    "ports": machine.ports,
    "inbox": files.inboxes,
    "pipeline": files.pipeline,
    "warehouse": files.published,
    "recoveries": files.recoveries,
    "refused requests": files.refused,
}


def examine(settings: Settings) -> list[Finding]:
    """Return every finding. It changes nothing, and works whether or not the service runs."""
    return [finding for part, look in EXAMINATIONS.items() for finding in _look(part, look, settings)]


def _look(part: str, look: Callable[[Settings], Iterator[Finding]], settings: Settings) -> list[Finding]:
    try:
        return list(look(settings))
    except (CbwError, OSError, duckdb.Error, sqlite3.Error) as exc:
        reason = " ".join(str(exc).split())
        return [
            Finding.problem(
                part,
                f"it cannot be looked at: {reason}",
                "see that this user may read the file, and that it is whole",
            )
        ]
