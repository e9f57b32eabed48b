"""Measure the peak memory of one command, in bytes.

    python -m benchmarks.running.peak COMMAND [ARGUMENT ...]

Runs in a small process of its own, because Linux starts a child's peak at that of its parent. The command's output goes
to standard error; standard output has the figure alone.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
# Linux counts in KiB, macOS in bytes.
UNIT = 1 if sys.platform == "darwin" else 1024


def peak_of(command: list[str], variables: dict[str, str]) -> int:
    """Run a command from a small process, and return its peak of resident bytes.

    Raises:
        subprocess.CalledProcessError: The command failed.
    """
    measured = subprocess.run(
        [sys.executable, "-m", "benchmarks.running.peak", *command],
        env=os.environ | variables, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    return int(measured.stdout)


def main() -> int:
    process = subprocess.Popen(sys.argv[1:], stdout=sys.stderr)
    _, status, usage = os.wait4(process.pid, 0)
    print(usage.ru_maxrss * UNIT)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
