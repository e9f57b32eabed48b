"""Whether a worker can store a delivery now, each cause by name."""

from __future__ import annotations

import os
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from cbw.data_dir import PIPELINE_BEAT
from ingest.inbox.damage import list_set_aside

if TYPE_CHECKING:
    from ingest.inbox.inbox import Inbox

MIN_FREE_BYTES = 64 * 1024 * 1024
MAX_COMMIT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Check:
    """One condition of readiness; ``value`` is the figure that decides it."""

    ok: bool
    value: float | str | None


@dataclass(frozen=True, slots=True)
class Readiness:
    """Every condition of one inbox: each worker reports its own."""

    inbox: str
    writable: Check
    """The value is the name of the failure, null while commits succeed."""
    free_bytes: Check
    queued_rows: Check
    seconds_committing: Check
    """The value is the duration of the current commit so far."""
    draining: Check
    seconds_since_commit: float | None
    """Information only: an hour without events is no fault."""
    set_aside: list[str]
    """Damaged inbox files that were replaced; information only, since the new one stores events."""
    seconds_since_pipeline_beat: float | None
    """Information only: the receiver stores events without a pipeline too. None when none ever ran."""

    @classmethod
    def of(cls, inbox: Inbox) -> Readiness:
        """Check an inbox and its disk now."""
        free = _free_bytes(inbox)
        committing = inbox.seconds_committing()
        age = inbox.seconds_since_commit()
        return cls(
            inbox=inbox.path.name,
            writable=Check(inbox.failure is None, inbox.failure),
            free_bytes=Check(free >= MIN_FREE_BYTES, free),
            queued_rows=Check(not inbox.is_full(), inbox.queued_rows),
            seconds_committing=Check(committing < MAX_COMMIT_SECONDS, round(committing, 3)),
            draining=Check(not inbox.is_draining, None),
            seconds_since_commit=None if age is None else round(age, 3),
            set_aside=[path.name for path in list_set_aside(inbox.path.parent)],
            seconds_since_pipeline_beat=_beat_age(inbox),
        )

    @property
    def is_ready(self) -> bool:
        """Whether every condition holds."""
        return all(check.ok for check in self._checks().values())

    def as_json(self) -> dict[str, object]:
        """Return the document of ``GET /readyz``."""
        return {
            "ready": self.is_ready,
            "failing": [name for name, check in self._checks().items() if not check.ok],
            **asdict(self),
        }

    def _checks(self) -> dict[str, Check]:
        fields = ("writable", "free_bytes", "queued_rows", "seconds_committing", "draining")
        return {name: getattr(self, name) for name in fields}


def _free_bytes(inbox: Inbox) -> int:
    try:
        disk = os.statvfs(inbox.path.parent)
    except OSError:  # the directory is missing: nothing can be written there
        return 0
    return disk.f_bavail * disk.f_frsize


def _beat_age(inbox: Inbox) -> float | None:
    try:
        beat = (inbox.path.parent.parent / PIPELINE_BEAT).stat()
    except OSError:
        return None
    return round(time.time() - beat.st_mtime, 3)
