"""The heartbeat of the pipeline process, for ``cbw status`` and the receiver's readiness page.

While the pipeline runs it locks the private files; other processes read its state from this small file.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cbw.data_dir import PIPELINE_BEAT

if TYPE_CHECKING:
    from pathlib import Path

    from transforms.store.runs import Run

# The pipeline touches the file every few seconds; without that for so long it is dead or hangs.
STALE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """One beat.

    Attributes:
        pid: The pipeline process.
        beat_at: The time at which it was written or last touched, ISO 8601 UTC.
        watermark: The last load sequence the tables include.
        published_version: The version that readers see.
        last_trigger: The trigger of the last run.
        last_status: The status of the last run.
        last_seconds: The duration of the last run.
        last_error: The error that ended the last run; None after success.
        positions: The last loaded number of each inbox.
        checks_failed: The number of blocking checks that failed in the last run.
    """

    pid: int
    beat_at: str
    watermark: int
    published_version: int | None
    last_trigger: str
    last_status: str
    last_seconds: float
    last_error: str | None
    positions: dict[str, int]
    checks_failed: int = 0

    @classmethod
    def from_run(cls, run: Run, positions: dict[str, int], version: int | None) -> Heartbeat:
        """Describe this process after a run."""
        return cls(
            pid=os.getpid(), beat_at=datetime.now(tz=UTC).isoformat(), watermark=run.watermark,
            published_version=version, last_trigger=run.trigger, last_status=run.status,
            last_seconds=round(run.seconds, 3), last_error=run.detail, positions=positions,
            checks_failed=sum(check.blocks for check in run.checks),
        )  # fmt: skip

    @classmethod
    def read(cls, data_dir: Path) -> Heartbeat | None:
        """Return the last beat; None when no pipeline ever ran here, or its beat cannot be read."""
        path = data_dir / PIPELINE_BEAT
        try:
            beat = cls(**json.loads(path.read_text(encoding="utf-8")))
            touched = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
        except (FileNotFoundError, ValueError, TypeError):  # after a power cut, or from another release
            return None
        return replace(beat, beat_at=touched.isoformat())

    @staticmethod
    def touch(data_dir: Path) -> None:
        """Record that the process still lives; the content of the beat does not change."""
        os.utime(data_dir / PIPELINE_BEAT)

    def write(self, data_dir: Path) -> None:
        """Replace the beat atomically. It need not survive a power cut."""
        fresh = data_dir / f"{PIPELINE_BEAT}.new"
        fresh.write_text(json.dumps(asdict(self)), encoding="utf-8")
        fresh.replace(data_dir / PIPELINE_BEAT)

    @property
    def age_seconds(self) -> float:
        """The time since it was written, by our clock."""
        return (datetime.now(tz=UTC) - datetime.fromisoformat(self.beat_at)).total_seconds()

    @property
    def is_alive(self) -> bool:
        """Whether the pipeline probably still runs; a beat far in the future is of a clock that was set back since."""
        return abs(self.age_seconds) < STALE_SECONDS and _exists(self.pid)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
