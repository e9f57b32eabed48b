"""The limit of storing: one transaction after another into a new inbox, without HTTP and signatures.

    python -m benchmarks.receiving.bare DIRECTORY ROWS SECONDS

Prints the figures as JSON, in the form of `benchmarks.receiving.load`; its rate counts rows.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from benchmarks.receiving.events import event
from ingest.inbox.delivery import NewDelivery
from ingest.inbox.writer import InboxWriter


def _commit(directory: Path, rows: int, seconds: float) -> dict[str, float]:
    writer = InboxWriter(directory / "inbox-00.sqlite")
    writer.commit([])  # creates the file
    batch = [
        NewDelivery.now(event(number), "current", content_type=None, peer=None) for number in range(rows)
    ]
    latencies: list[float] = []
    started = ended = time.perf_counter()
    while ended < started + seconds:
        before = ended
        writer.commit(batch)
        ended = time.perf_counter()
        latencies.append(ended - before)
    writer.close()
    latencies.sort()
    return {
        "per_second": rows * len(latencies) / (ended - started),
        "p50_ms": 1000 * latencies[len(latencies) // 2],
        "p99_ms": 1000 * latencies[int(len(latencies) * 0.99)],
        "max_ms": 1000 * latencies[-1],
        "errors": 0,
    }


if __name__ == "__main__":
    directory, rows, seconds = sys.argv[1:]
    print(json.dumps(_commit(Path(directory), int(rows), float(seconds))))
