"""The machine's own delay after an idle second, to judge the latency of a service that idles between two events."""

from __future__ import annotations

import mmap
import time

PAGES = 16_384
REST_SECONDS = 1.0
MICROSECONDS = 1e6


def rested_page_microseconds() -> float:
    """Return the microseconds to read a page of memory that nobody touched for a second.

    A machine that keeps its memory mapped needs less than one. A host that tracks the working set of its guests unmaps
    idle pages to see which of them fault: in some hours a page then takes up to 20, and a refresh after a pause reads
    tens of thousands of pages.
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
