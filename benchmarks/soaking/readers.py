"""Start the readers of a soak, watch their open files, and stop them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.running.service import PATIENCE, ROOT
from benchmarks.soaking.reader import Reads

if TYPE_CHECKING:
    from collections.abc import Sequence

KINDS = ("connect", "connect", "helper", "helper", "idle")
DELETED = " (deleted)"


class Readers:
    """Processes that read until they are stopped.

    Args:
        data_dir: The data directory.
        pause: Seconds between two rounds of one reader.
        kinds: The kind of each reader.
    """

    def __init__(self, data_dir: Path, pause: float, kinds: Sequence[str] = KINDS) -> None:
        self._kinds = kinds
        self._processes = [self._start(kind, data_dir, pause) for kind in kinds]

    def _start(self, kind: str, data_dir: Path, pause: float) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "benchmarks.soaking.reader", kind, str(data_dir), str(pause)],
            cwd=ROOT, stdout=subprocess.PIPE,
        )  # fmt: skip

    def held_by_idle(self) -> int:
        """Return the bytes of pruned versions that stay on the disk because the idle reader has them open."""
        return sum(
            _deleted_bytes(process.pid)
            for kind, process in zip(self._kinds, self._processes, strict=True)
            if kind == "idle"
        )

    def stop(self) -> list[Reads]:
        """Stop all readers, and return their counts; a reader that died counts as a failure."""
        for process in self._processes:
            process.send_signal(signal.SIGTERM)
        return [
            self._reads(kind, process) for kind, process in zip(self._kinds, self._processes, strict=True)
        ]

    def _reads(self, kind: str, process: subprocess.Popen[bytes]) -> Reads:
        printed, _ = process.communicate(timeout=PATIENCE)
        if process.returncode != 0:
            return Reads(kind, failures=1, faults=[f"the reader ended with {process.returncode}"])
        return Reads(**json.loads(printed))


def _deleted_bytes(pid: int) -> int:
    # A file that is open twice takes its space once.
    sizes: dict[int, int] = {}
    for descriptor in Path(f"/proc/{pid}/fd").glob("*"):
        try:
            if str(descriptor.readlink()).endswith(DELETED):
                status = descriptor.stat()
                sizes[status.st_ino] = status.st_size
        except (FileNotFoundError, PermissionError):
            continue
    return sum(sizes.values())
