"""The most memory that one command held, in bytes.

    python -m benchmarks.running.peak COMMAND [ARGUMENT ...]

A process of its own, and a small one: a child begins with the peak of the process that started it. What the command
prints goes to standard error; the figure alone is on standard output.
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
    """Run a command from a small process, and return the most bytes it held.

    Raises:
        subprocess.CalledProcessError: It failed.
    """
    found = subprocess.run(
        [sys.executable, "-m", "benchmarks.running.peak", *command],
        env=os.environ | variables, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    return int(found.stdout)


def main() -> int:
    process = subprocess.Popen(sys.argv[1:], stdout=sys.stderr)
    _, status, usage = os.wait4(process.pid, 0)
    print(usage.ru_maxrss * UNIT)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
