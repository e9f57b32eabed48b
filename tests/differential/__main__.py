"""Judge many histories: ``python -m tests.differential FIRST [LAST]``; each wrong one is shrunk and printed."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.differential.histories import history
from tests.differential.running import smallest, verdict
from tests.sql.one_store import opened

SHOWN = 12


def main(first: int, last: int) -> int:
    """Judge the histories of these seeds; return how many differ."""
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for store in opened(Path(folder)):
            for seed in range(first, last + 1):
                told = history(seed)
                lines = verdict(store, told)
                print(f"{'wrong' if lines else 'right'} {seed}", flush=True)
                if lines:
                    wrong += 1
                    few, found = smallest(store, told.deliveries)
                    for delivery in few:
                        print(f"    {delivery.received_at:%F %T} {delivery.body.decode()}")
                    print(*(f"  {line}" for line in (found or lines)[:SHOWN]), sep="\n", flush=True)
    print(f"{last - first + 1 - wrong} of {last - first + 1} histories agree")
    return wrong


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    sys.exit(1 if main(numbers[0], numbers[-1]) else 0)
