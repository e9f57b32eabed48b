"""The memory of processes, from Linux's ``/proc``."""

from __future__ import annotations

import re
from pathlib import Path

HALVES = ("receive", "pipeline", "admin")
KIB = 1024


def memory_of_halves(supervisor: int) -> dict[str, int]:
    """Return the resident bytes of each half of a running ``cbw serve``, its workers included."""
    resident = dict.fromkeys(HALVES, 0)
    for child in _children(supervisor):
        words = _command_line(child)
        for half in HALVES:
            if half in words:
                resident[half] += sum(map(_resident, _tree(child)))
    return resident


def _tree(pid: int) -> list[int]:
    return [pid, *(inner for child in _children(pid) for inner in _tree(child))]


def _children(pid: int) -> list[int]:
    """Return the children of every thread of a process; none when it has just ended."""
    files = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for file in files for child in _read(file).split()]


def _command_line(pid: int) -> list[str]:
    return _read(Path(f"/proc/{pid}/cmdline")).split("\0")


def _resident(pid: int) -> int:
    match = re.search(r"VmRSS:\s+(\d+) kB", _read(Path(f"/proc/{pid}/status")))
    return int(match[1]) * KIB if match else 0


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""
