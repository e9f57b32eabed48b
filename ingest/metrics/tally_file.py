"""A worker's tally on disk: one small JSON file per inbox, replaced once a second.

A worker that takes over an inbox goes on from its file, so that a counter survives restarts; a kill costs it at most
one second.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from cbw.data_dir import METRICS
from ingest.metrics.tally import Tally

if TYPE_CHECKING:
    from pathlib import Path

# A running worker writes every second.
STALE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class WorkerReport:
    """One worker's report."""

    pid: int
    queued_rows: int
    tally: Tally
    age_seconds: float = 0.0

    @property
    def is_alive(self) -> bool:
        """Whether the report is recent enough for its worker to be running."""
        return self.age_seconds < STALE_SECONDS

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """Return the last report; None when there is none, it is unreadable, or another release wrote it."""
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
            age = time.time() - path.stat().st_mtime
            return cls(int(value["pid"]), int(value["queued_rows"]), Tally.from_json(value["tally"]), age)
        except (OSError, KeyError, TypeError, ValueError):
            return None

    def write(self, path: Path) -> None:
        """Replace the report atomically. It does not have to survive a power cut."""
        path.parent.mkdir(exist_ok=True)
        fresh = path.with_suffix(".new")
        value = {"pid": self.pid, "queued_rows": self.queued_rows, "tally": self.tally.as_json()}
        fresh.write_text(json.dumps(value), encoding="utf-8")
        fresh.replace(path)


def report_path(data_dir: Path, inbox: Path) -> Path:
    """Return the path of the report of the worker that owns this inbox."""
    return data_dir / METRICS / f"{inbox.stem}.json"


def read_reports(data_dir: Path) -> list[WorkerReport]:
    """Return the last report of every worker, past ones included."""
    found = (WorkerReport.read(path) for path in sorted((data_dir / METRICS).glob("*.json")))
    return [report for report in found if report is not None]


def own_report(queued_rows: int, tally: Tally) -> WorkerReport:
    """Return the report of this process."""
    return WorkerReport(os.getpid(), queued_rows, tally)
