"""Replaces a worker that hangs: one whose event loop no longer turns is killed, and the main process starts another.

What a worker acknowledged is on disk, so killing it loses nothing; leaving it would let every connection that the
kernel gives it wait for ever.
"""

from __future__ import annotations

import asyncio
import ctypes
import multiprocessing
import os
import signal
import time
from dataclasses import dataclass, field

from cbw.logs import Logger
from ingest.inbox.inbox import MAX_INBOXES

BEAT_SECONDS = 1.0
# A busy machine may starve a worker for a while; nothing starves it for this many looks of a watchdog that runs.
LOOKS = 10

log = Logger(__name__)


class Pulse:
    """What the workers tell the main process in shared memory: who holds which inbox, and that its loop turns."""

    def __init__(self) -> None:
        self._pids = multiprocessing.RawArray(ctypes.c_int64, MAX_INBOXES)
        self._beats = multiprocessing.RawArray(ctypes.c_uint64, MAX_INBOXES)

    async def keep_beating(self, index: int) -> None:
        """Beat for the inbox of that index until this is cancelled; run it in the event loop it is about."""
        self._pids[index] = os.getpid()
        try:
            while True:
                self._beats[index] += 1
                await asyncio.sleep(BEAT_SECONDS)
        finally:
            self._pids[index] = 0

    def read(self) -> list[tuple[int, int]]:
        """Return the process and the beats of each inbox; process 0 where nobody beats."""
        return list(zip(self._pids, self._beats, strict=True))

    def forget(self, index: int) -> None:
        """Expect no beat there until somebody begins anew."""
        self._pids[index] = 0


@dataclass
class Watchdog:
    """Looks at a pulse from the main process.

    It counts its own looks rather than seconds: a machine that was suspended has no worker killed for it.

    Attributes:
        pulse: Of the workers.
        looks: After how many without a beat a worker is killed.
    """

    pulse: Pulse
    looks: int = LOOKS
    _silent: dict[int, tuple[tuple[int, int], int]] = field(default_factory=dict)

    def run(self) -> None:
        """Look for ever."""
        while True:
            time.sleep(BEAT_SECONDS)
            self.look()

    def look(self) -> None:
        """Look once."""
        for index, seen in enumerate(self.pulse.read()):
            before, count = self._silent.get(index, (seen, -1))
            count = count + 1 if seen == before else 0
            self._silent[index] = (seen, count)
            if seen[0] and count >= self.looks:
                self.pulse.forget(index)
                _kill(seen[0])


def _kill(pid: int) -> None:
    """Kill a child that lives; one that has ended is not ours to collect, and its number may be another's by now."""
    try:
        ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return
    if ended is None:
        log.error("receiver.worker_hung", pid=pid)
        os.kill(pid, signal.SIGKILL)
