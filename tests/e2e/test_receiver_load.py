"""Overload, slow connections and floods: every genuine request is answered, and memory is bounded.

The default run counts answers. ``CBW_LOAD=20`` makes everything twenty times as long, and also prints latencies and
memory and holds every answer to a genuine request to ``ANSWER_SECONDS``; run it on a machine that does nothing else.
"""

from __future__ import annotations

import asyncio
import os
import re
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.load import FORGED, Load, request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.e2e.conftest import Receiver, StartReceiver
    from tests.faults.shim import Shim

LENGTH = int(os.environ.get("CBW_LOAD", "1"))
IS_FULL = LENGTH > 1
ANSWER_SECONDS = 2.0
# The most memory of a worker: 64 MB that wait for a commit, 64 MB of big bodies in flight, as much of small ones, and
# the interpreter.
MEMORY_LIMIT = 320 * 1024 * 1024
SLOW = 500


def peak_memory(receiver: Receiver) -> int:
    """Return the most memory that a worker has held so far, in bytes."""
    peaks = [
        re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
        for pid in receiver.worker_pids()
    ]
    return max(int(peak[1]) for peak in peaks if peak) * 1024


def check_genuine(load: Load, receiver: Receiver, capsys: pytest.CaptureFixture[str]) -> None:
    """Check the promise for a load: 200 or 503 with Retry-After, and each event that got 200 is in the inbox."""
    if IS_FULL:
        with capsys.disabled():
            print(f"\n  {load.report()}; worker {peak_memory(receiver) / 2**20:.0f} MB at most")  # noqa: T201 - the full form is read
        assert max(load.seconds) <= ANSWER_SECONDS
    assert load.statuses.total() == load.connections * load.requests
    assert set(load.statuses) <= {200, 503}
    assert (load.broken, load.without_retry_after) == (0, 0)
    assert load.acknowledged <= set(receiver.bodies())


@pytest.mark.timeout(600 + 60 * LENGTH)
def test_ten_times_the_load_it_can_store_is_answered_200_or_503(
    start_receiver: StartReceiver, shim: Shim, capsys: pytest.CaptureFixture[str]
) -> None:
    """The disk takes 5 events every 100 ms; 60 connections send as fast as they are answered."""
    receiver = start_receiver(options={"bounds": {"rows": 5}}, variables=shim.variables)
    assert receiver.post(b"the first opens the inbox").status == 200
    shim.set(sync_delay=0.1)
    load = Load("overload", connections=60, requests=30 * LENGTH)
    asyncio.run(load.run(receiver.port))
    check_genuine(load, receiver, capsys)
    assert load.statuses[503] > 9 * load.statuses[200] > 0
    assert peak_memory(receiver) < MEMORY_LIMIT


@pytest.mark.timeout(600 + 60 * LENGTH)
def test_a_disk_that_stands_still_is_503_and_bounded_in_memory(
    start_receiver: StartReceiver, shim: Shim, capsys: pytest.CaptureFixture[str]
) -> None:
    """More than may wait for a commit is sent while no commit comes back: 100 bodies of 1 MB for room of 64."""
    receiver = start_receiver(variables=shim.variables)
    assert receiver.post(b"the first opens the inbox").status == 200
    shim.set(sync_delay=5)
    load = Load("standstill", connections=50, requests=2, size=1_000_000)
    asyncio.run(load.run(receiver.port))
    shim.set()
    check_genuine(load, receiver, capsys)
    assert load.statuses[503] > 0
    assert peak_memory(receiver) < MEMORY_LIMIT


@asynccontextmanager
async def slow_connections(port: int) -> AsyncIterator[None]:
    """Hold connections that sent nothing, half a head, or a body of 60 kB that lacks its last byte."""
    whole = request(b"x" * 60_000, FORGED)
    opened = []
    for number in range(SLOW):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write((b"", whole[:40], whole[:-1])[number % 3])
        await writer.drain()
        opened.append(writer)
    yield
    for writer in opened:
        writer.transport.abort()


@pytest.mark.timeout(600 + 60 * LENGTH)
def test_five_hundred_slow_connections_keep_no_genuine_event_out(
    start_receiver: StartReceiver, capsys: pytest.CaptureFixture[str]
) -> None:
    receiver = start_receiver()
    load = Load("with slow connections", connections=8, requests=40 * LENGTH)

    async def both() -> None:
        async with slow_connections(receiver.port):
            await load.run(receiver.port)

    asyncio.run(both())
    check_genuine(load, receiver, capsys)
    assert load.statuses[503] == 0
    assert peak_memory(receiver) < MEMORY_LIMIT


@pytest.mark.timeout(600 + 60 * LENGTH)
@pytest.mark.parametrize("size", [1_000, 900_000], ids=["small bodies", "big bodies"])
def test_a_flood_of_forged_signatures_keeps_no_genuine_event_out(
    start_receiver: StartReceiver, size: int, capsys: pytest.CaptureFixture[str]
) -> None:
    receiver = start_receiver()
    flood = Load("flood", connections=50, requests=(40_000 // size + 4) * LENGTH, size=size, forged=True)
    load = Load("with a flood", connections=8, requests=25 * LENGTH)

    async def both() -> None:
        await asyncio.gather(flood.run(receiver.port), load.run(receiver.port))

    asyncio.run(both())
    check_genuine(load, receiver, capsys)
    assert load.statuses[200] == load.statuses.total()
    assert set(flood.statuses) <= {401, 503}
    assert set(receiver.bodies()) == load.acknowledged
    assert peak_memory(receiver) < MEMORY_LIMIT
