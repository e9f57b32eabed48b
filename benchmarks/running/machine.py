"""What the machine itself takes, beside which seconds of a service that rests between two events are read."""

from __future__ import annotations

import mmap
import time

PAGES = 16_384
REST_SECONDS = 1.0
MICROSECONDS = 1e6


def rested_page_microseconds() -> float:
    """Return how long it takes to read a page of memory that nobody touched for a second.

    It is a part of a microsecond where memory stays where it is. A host that looks which pages of its guests are in
    use takes them away to see whether they come back: up to 20 then, in some hours, and a refresh after a rest reads
    tens of thousands.
    """
    with mmap.mmap(-1, PAGES * mmap.PAGESIZE) as memory, memoryview(memory) as view:
        for page in range(PAGES):
            memory[page * mmap.PAGESIZE] = 1
        with view[:: mmap.PAGESIZE] as pages:
            pages.tobytes()
            time.sleep(REST_SECONDS)
            started = time.perf_counter()
            pages.tobytes()
            return (time.perf_counter() - started) / PAGES * MICROSECONDS
