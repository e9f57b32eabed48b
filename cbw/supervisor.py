"""Keeps processes running: starts them, replaces those that die, stops them cleanly."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cbw.errors import MovedError
from cbw.logs import Logger

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import FrameType

    from cbw.place import Place

FIRST_BACKOFF = 0.5
LONGEST_BACKOFF = 30.0
# A process that lived this long is healthy: its next failure starts with a short wait again.
HEALTHY_SECONDS = 10.0
STOP_SECONDS = 10.0
# A process that rejects the operator's configuration at its first start will reject it again.
CONFIGURATION_EXIT_CODE = 2
# A process that lost its data directory would make a new one at its next start.
MOVED_EXIT_CODE = MovedError.exit_code
# A rebuild may take every core; an event that is not acknowledged in time may never come again.
PIPELINE_NICENESS = 10
# A user other than root may change one group in this many seconds.
GROUP_SECONDS = 0.1
GROUP_ATTEMPTS = 3
PR_SET_PDEATHSIG = 1

log = Logger(__name__)


@dataclass
class Child:
    """One supervised process.

    Attributes:
        name: The operator's word for it.
        command: Its argument vector.
        niceness: How far it yields to the others when the processors are busy.
    """

    name: str
    command: Sequence[str]
    niceness: int = 0
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    backoff: float = FIRST_BACKOFF
    restart_at: float = field(default=0.0)
    deaths: int = 0

    @property
    def is_healthy(self) -> bool:
        """Whether it has run long enough to count as started."""
        return time.monotonic() - self.started_at > HEALTHY_SECONDS

    def start(self, environment: Mapping[str, str]) -> None:
        """Start it in a process group of its own, so that a Ctrl-C reaches it only through the supervisor.

        The kernel stops it when the supervisor is killed: an orphan would hold the data directory for ever.
        """
        self.process = subprocess.Popen(
            list(self.command),
            env=dict(environment),
            start_new_session=True,
            preexec_fn=partial(_prepare, self.niceness),  # noqa: PLW1509 - three system calls, in a process that runs one thread here
        )
        self.started_at = time.monotonic()
        if self.niceness:
            give_way(self.process.pid, self.niceness)
        log.info("supervisor.started", process=self.name, pid=self.process.pid)


def give_way(leader: int, niceness: int) -> None:
    """Set the niceness of a whole session, where Linux shares the processors among sessions first.

    There the niceness of a process does not affect other sessions; see "autogroup" in sched(7). Without autogroups
    this does nothing; it logs a failure.

    Args:
        leader: A process that has just begun a session.
        niceness: From 0 to 19.
    """
    group = Path(f"/proc/{leader}/autogroup")
    reason: str | None = None
    for _ in range(GROUP_ATTEMPTS):
        try:
            group.write_text(str(niceness))
        except (FileNotFoundError, ProcessLookupError):  # no autogroups, or the process has ended already
            return
        except OSError as exc:
            reason = exc.strerror
            time.sleep(GROUP_SECONDS)
        else:
            return
    log.warning("supervisor.not_nice", pid=leader, error=reason)


def _prepare(niceness: int) -> None:
    """Ask the kernel for SIGTERM when the parent dies (Linux; elsewhere a killed supervisor leaves its children).

    A SIGHUP that is forwarded before the child handles it must not end it.
    """
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.nice(niceness)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Supervisor:
    """Runs children until a signal or `stop` ends it.

    Args:
        children: The processes to run.
        environment: The children's environment.
        place: The data directory of the children; None where it is not theirs alone.
    """

    def __init__(
        self,
        children: Sequence[Child],
        environment: Mapping[str, str] | None = None,
        place: Place | None = None,
    ) -> None:
        self.children = list(children)
        self._place = place
        self._environment = dict(os.environ if environment is None else environment)
        self._stop = threading.Event()

    def run(self) -> int:
        """Supervise until SIGTERM or SIGINT, forwarding SIGHUP; return the exit code.

        A child whose first start ends with exit code 2 has rejected its configuration: the supervisor stops with
        that code, because a restart cannot help. Later the same code is a failure like any other: a broken alias
        table, or a lock that a dying worker still holds, must not stop the other half. A child that lost its data
        directory ends with exit code 3, and so does the supervisor at any time; nor does it start a child in another
        directory than its own.
        Call it from the main thread.

        Raises:
            MovedError: A child has to be started again, and the data directory is another.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        signal.signal(signal.SIGHUP, self._on_hangup)
        code = 0
        try:
            for child in self.children:
                child.start(self._environment)
            while code == 0 and not self._stop.wait(0.1):
                code = self._check_children()
        finally:
            self.stop_children()
        return code

    def stop(self) -> None:
        """Ask `run` to end."""
        self._stop.set()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.stop()

    def _on_hangup(self, number: int, _frame: FrameType | None) -> None:
        """Forward the signal: the receiver reads its secrets again, the pipeline ignores it."""
        for child in self.children:
            if child.process is not None:
                child.process.send_signal(number)

    def _check_children(self) -> int:
        for child in self.children:
            code = None if child.process is None else child.process.poll()
            if code == CONFIGURATION_EXIT_CODE and child.deaths == 0 and not child.is_healthy:
                return code
            if code == MOVED_EXIT_CODE:
                return code
            if code is not None:
                self._record_exit(child, code)
            elif child.process is None and time.monotonic() >= child.restart_at:
                if self._place is not None:
                    self._place.require()
                child.start(self._environment)
        return 0

    def _record_exit(self, child: Child, code: int) -> None:
        child.deaths += 1
        if child.is_healthy:
            child.backoff = FIRST_BACKOFF
        log.error("supervisor.died", process=child.name, exit_code=code, restart_in=child.backoff)
        child.process = None
        child.restart_at = time.monotonic() + child.backoff
        child.backoff = min(child.backoff * 2, LONGEST_BACKOFF)

    def stop_children(self) -> None:
        """Stop every child: SIGTERM first, SIGKILL after the deadline."""
        running = [child.process for child in self.children if child.process is not None]
        for process in running:
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in running:
            try:
                process.wait(max(deadline - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                log.warning("supervisor.killed", pid=process.pid)
                process.kill()
                process.wait()
