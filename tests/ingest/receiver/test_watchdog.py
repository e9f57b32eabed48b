"""A worker that stops beating is killed; one that beats, has ended or is not ours is left alone."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from ingest.receiver.watchdog import Pulse, Watchdog
from tests.e2e.conftest import is_running

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOKS = 3


@contextmanager
def child() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def beat(pulse: Pulse, index: int, pid: int) -> None:
    pulse._pids[index] = pid
    pulse._beats[index] += 1


def test_a_process_without_a_beat_is_killed_after_so_many_looks_and_no_sooner() -> None:
    pulse = Pulse()
    watchdog = Watchdog(pulse, LOOKS)
    with child() as process:
        beat(pulse, 7, process.pid)
        for _ in range(LOOKS):
            watchdog.poll()
        assert process.poll() is None
        watchdog.poll()
        assert process.wait(150) == -signal.SIGKILL
    watchdog.poll()
    assert pulse.read()[7][0] == 0


def test_a_process_that_beats_now_and_then_lives() -> None:
    pulse = Pulse()
    watchdog = Watchdog(pulse, LOOKS)
    with child() as process:
        for _ in range(5):
            beat(pulse, 0, process.pid)
            for _ in range(LOOKS):
                watchdog.poll()
        assert process.poll() is None


def test_a_process_of_somebody_else_lives() -> None:
    pulse = Pulse()
    watchdog = Watchdog(pulse, LOOKS)
    beat(pulse, 0, os.getppid())
    for _ in range(LOOKS + 2):
        watchdog.poll()
    assert is_running(os.getppid())


def test_a_loop_beats_while_it_turns_and_says_when_it_ends() -> None:
    pulse = Pulse()

    async def check() -> None:
        beating = asyncio.create_task(pulse.keep_beating(3))
        await asyncio.sleep(0)
        assert pulse.read()[3] == (os.getpid(), 1)
        beating.cancel()
        with pytest.raises(asyncio.CancelledError):
            await beating

    asyncio.run(check())
    assert pulse.read()[3] == (0, 1)
