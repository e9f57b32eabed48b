"""Kills a worker whose event loop hangs, so that the main process starts another.

A worker's acknowledged events are on disk, so a kill loses nothing; without it, every connection that the kernel
assigns to the worker would wait for ever.
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
# A busy machine may starve a worker for a while, but not for this many polls of a watchdog that runs itself.
MOST_SILENT_POLLS = 10

log = Logger(__name__)


class Pulse:
    """The workers' heartbeats in memory shared with the main process: the process of each inbox, and its beats."""

    def __init__(self) -> None:
        self._pids = multiprocessing.RawArray(ctypes.c_int64, MAX_INBOXES)
        self._beats = multiprocessing.RawArray(ctypes.c_uint64, MAX_INBOXES)

    async def keep_beating(self, index: int) -> None:
        """Beat for the inbox with this index until cancelled; run it in the event loop to be watched."""
        self._pids[index] = os.getpid()
        try:
            while True:
                self._beats[index] += 1
                await asyncio.sleep(BEAT_SECONDS)
        finally:
            self._pids[index] = 0

    def read(self) -> list[tuple[int, int]]:
        """Return the process and the beats of each inbox; process 0 for an inbox without a worker."""
        return list(zip(self._pids, self._beats, strict=True))

    def clear(self, index: int) -> None:
        """Expect no beat of this inbox until a worker starts again."""
        self._pids[index] = 0


@dataclass
class Watchdog:
    """Polls the pulse in the main process.

    It counts its own polls rather than seconds, so that it kills no worker after the machine was suspended.

    Attributes:
        pulse: The workers' heartbeats.
        most_silent_polls: The number of polls without a beat after which it kills a worker.
    """

    pulse: Pulse
    most_silent_polls: int = MOST_SILENT_POLLS
    _silent: dict[int, tuple[tuple[int, int], int]] = field(default_factory=dict)

    def run(self) -> None:
        """Poll for ever."""
        while True:
            time.sleep(BEAT_SECONDS)
            self.poll()

    def poll(self) -> None:
        """Poll once."""
        for index, seen in enumerate(self.pulse.read()):
            before, count = self._silent.get(index, (seen, -1))
            count = count + 1 if seen == before else 0
            self._silent[index] = (seen, count)
            if seen[0] and count >= self.most_silent_polls:
                self.pulse.clear(index)
                _kill(seen[0])


def _kill(pid: int) -> None:
    """Kill a child that runs; Granian reaps an ended one, whose process id may be in use again."""
    try:
        ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return
    if ended is None:
        log.error("receiver.worker_hung", pid=pid)
        os.kill(pid, signal.SIGKILL)
