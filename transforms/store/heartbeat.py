"""What the pipeline process says of itself while it works, for ``cbw status`` and the receiver's readiness page.

The private files are locked while the pipeline runs; this small file is how others look in.
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

# A beat is written at least every ten seconds; three missed ones mean that nobody is there.
STALE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """One beat.

    Attributes:
        pid: The pipeline process.
        beat_at: When it was written or last touched, ISO 8601 UTC.
        watermark: The last load sequence the tables include.
        published_version: What readers see.
        last_trigger: Why it last ran.
        last_status: How the last run ended.
        last_seconds: How long it took.
        last_error: What went wrong in it; None when nothing did.
        positions: How far each inbox is loaded.
        checks_failed: How many blocking checks refused the last run.
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
        """Return the last beat; None when no pipeline ever ran here, or its beat cannot be understood."""
        path = data_dir / PIPELINE_BEAT
        try:
            beat = cls(**json.loads(path.read_text(encoding="utf-8")))
            touched = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
        except (FileNotFoundError, ValueError, TypeError):  # after a power cut, or from another release
            return None
        return replace(beat, beat_at=touched.isoformat())

    @staticmethod
    def touch(data_dir: Path) -> None:
        """Say that the process still lives; what else the beat says stays as it is."""
        os.utime(data_dir / PIPELINE_BEAT)

    def write(self, data_dir: Path) -> None:
        """Replace the beat atomically. It need not survive a power cut."""
        fresh = data_dir / f"{PIPELINE_BEAT}.new"
        fresh.write_text(json.dumps(asdict(self)), encoding="utf-8")
        fresh.replace(data_dir / PIPELINE_BEAT)

    @property
    def age_seconds(self) -> float:
        """How long ago it was written, by our clock."""
        return (datetime.now(tz=UTC) - datetime.fromisoformat(self.beat_at)).total_seconds()

    @property
    def is_alive(self) -> bool:
        """Whether the pipeline can be taken to be running."""
        return self.age_seconds < STALE_SECONDS and _exists(self.pid)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
