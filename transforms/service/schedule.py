"""The pipeline process: refreshes soon after something was received, and at once after a ``data.synced``."""

from __future__ import annotations

import logging
import signal
import sqlite3
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from cbw.errors import CbwError, MovedError, WarehouseError
from cbw.logs import Logger
from cbw.place import leave
from transforms.nightly.job import NightlyJob
from transforms.pipeline.pipeline import MAX_DELIVERIES, Pipeline
from transforms.publish.versions import current_version
from transforms.service.actions import perform
from transforms.service.request_server import RequestServer
from transforms.service.wall_clock import WallClock
from transforms.store.heartbeat import Heartbeat
from transforms.store.runs import Run

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from cbw.settings import Settings
    from cbw.terminal import Progress

WATCH_SECONDS = 0.1
BEAT_SECONDS = 5.0
CLOCK_SECONDS = 1.0
# A run that failed is repeated this soon, however rare the timer is.
RETRY_SECONDS = 10.0
# The text that a sync's body must hold; a body that holds it by chance costs one early refresh and nothing else.
SYNCED = b"data.synced"

log = Logger(__name__)


def _utc_now() -> datetime:
    return datetime.now(tz=UTC)


def run_pipeline(settings: Settings) -> int:
    """Refresh until SIGTERM or SIGINT, and return the exit code.

    Call it from the main thread of a process of its own.

    It ends itself with one line when the data directory, or a private file in it, is moved away or replaced.

    Raises:
        AlreadyServedError: Another pipeline works on this data directory.
    """
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # it logs every tick, and every late one
    stop = threading.Event()

    def _stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    with Pipeline(settings) as pipeline:
        scheduled = ScheduledPipeline(pipeline, settings)
        requests = RequestServer(settings.data_dir, scheduled.perform)
        scheduled.start()
        requests.start()
        log.info(
            "pipeline.started", data_dir=str(settings.data_dir), refresh_seconds=settings.refresh_seconds
        )
        clock = WallClock()
        while not stop.wait(CLOCK_SECONDS):
            try:
                pipeline.require_place()
            except (MovedError, WarehouseError) as exc:
                leave(exc)
            if clock.was_set_back():
                scheduled.wake()
        requests.stop()
        scheduled.stop()
    log.info("pipeline.stopped")
    return 0


class ScheduledPipeline:
    """A pipeline on a schedule.

    Only the refresh job and the actions of commands touch DuckDB, never two at once. A late run is not dropped, several
    late runs become one, and the next one waits for at least as long as the last one took: a large warehouse leaves the
    machine to others half of the time. After a longer rest new deliveries start a run at once: a lone event does not
    wait for the timer. A due night runs in the refresh job, after the refresh; refreshes wait for it.

    Args:
        pipeline: The open private files.
        settings: The interval of refreshes, and the time of day of the nightly job.
        now: The wall clock, by which nights are due.
        clock: The monotonic clock, in seconds, by which rests are measured.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        settings: Settings,
        now: Callable[[], datetime] = _utc_now,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pipeline = pipeline
        self._settings = settings
        self._positions = pipeline.store.positions()
        self._trigger = "startup"
        self._tips: dict[str, int] = {}  # the last number of each inbox when the last run began
        self._rested_at = 0.0  # a delivery from then on starts a run at once
        self._running = threading.Lock()
        self._is_stopping = False
        self._now = now
        self._clock = clock
        self._nightly = NightlyJob(pipeline, is_stopping=lambda: self._is_stopping)
        self._scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(3)},  # one a job
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone=UTC,
        )
        self._scheduler.add_job(
            self._refresh,
            "interval",
            seconds=settings.refresh_seconds,
            id="refresh",
            next_run_time=datetime.now(tz=UTC),
        )
        self._scheduler.add_job(self._watch, "interval", seconds=WATCH_SECONDS, id="watch")
        self._scheduler.add_job(self._touch, "interval", seconds=BEAT_SECONDS, id="beat")

    def start(self) -> None:
        """Start the schedule; the first refresh starts at once."""
        starting = Run.start(self._trigger, "full").ended("starting")
        version = current_version(self._settings.data_dir)
        Heartbeat.from_run(starting, self._positions, version).write(self._settings.data_dir)
        self._scheduler.start()

    def wake(self) -> None:
        """Start every interval again: the clock was set back, and the jobs wait for times that are far off now."""
        log.warning("pipeline.clock_set_back")
        for name in ("refresh", "watch", "beat"):
            job = self._scheduler.get_job(name)
            if job is not None:
                job.modify(next_run_time=datetime.now(tz=UTC))

    def stop(self) -> None:
        """Wait for the current run, and end; a current action or night ends at its next step."""
        self._is_stopping = True
        self._scheduler.pause()
        # A scheduler that shuts down waits for its jobs and holds its lock meanwhile: a job that calls it then would
        # wait for ever. So the current job ends first, and later jobs see the flag and do nothing.
        self._running.acquire()
        self._running.release()
        self._scheduler.shutdown(wait=True)

    def perform(self, action: str, arguments: dict[str, Any], progress: Progress) -> Any:
        """Do an action for a command, between two runs; call it from any thread.

        Raises:
            CbwError: The action's own error; or the pipeline is being stopped.
        """

        def show(text: str, done: int, total: int) -> None:
            if self._is_stopping:
                raise WarehouseError(
                    "the pipeline is being stopped", hint="repeat the command when it runs again"
                )
            progress(text, done, total)

        show("waiting for the run that is going on", 0, 0)
        with self._running:
            show("starting", 0, 0)
            value = perform(self._pipeline, action, arguments, show)
            self._pipeline.drop_plans()
            self._positions = self._pipeline.store.positions()
        return value

    def _refresh(self) -> None:
        with self._running:
            if self._is_stopping:
                return
            started, pause = self._clock(), self._settings.refresh_seconds
            trigger, self._trigger = self._trigger, "timer"
            is_idle = False
            try:
                self._tips = self._find_tips()
                run = self._pipeline.run(trigger, limit=MAX_DELIVERIES)
                is_idle = trigger == "timer" and run.status == "unchanged"
                self._nightly.run_if_due(self._now())
                self._positions = self._pipeline.store.positions()
                if run.status == "blocked":  # the check fails again until something changes
                    pause = max(pause, RETRY_SECONDS)
            except (duckdb.Error, OSError, sqlite3.Error, CbwError):
                # The run has logged the error; the next one has the same trigger.
                self._trigger = trigger
                pause = min(pause, RETRY_SECONDS)
            ended = self._clock()
            pause = max(pause, ended - started)
            if not is_idle:
                self._rested_at = ended + pause
            self._wait_for(pause)

    def _touch(self) -> None:
        if self._pipeline.place.is_here:
            Heartbeat.touch(self._settings.data_dir)

    def _wait_for(self, seconds: float) -> None:
        job = self._scheduler.get_job("refresh")
        if job is not None:
            job.modify(next_run_time=datetime.now(tz=UTC) + timedelta(seconds=seconds))

    def _watch(self) -> None:
        # During a run the positions are old: a sync that it loads would look like one that waits.
        if not self._running.acquire(blocking=False):
            return
        try:
            if not self._is_stopping and self._trigger == "timer":
                self._hurry()
        finally:
            self._running.release()

    def _hurry(self) -> None:
        """Start the refresh now if a sync waits, or any delivery after a rest."""
        if self._is_sync_waiting():
            self._trigger = "data_synced"
            self._wait_for(0)
        elif self._clock() >= self._rested_at and (tips := self._find_tips()) != self._tips:
            self._tips = tips
            self._wait_for(0)

    def _is_sync_waiting(self) -> bool:
        with self._pipeline.sources.opened() as inboxes:
            return any(
                inbox.pending_contains(self._positions.get(inbox.inbox_id, 0), SYNCED) for inbox in inboxes
            )

    def _find_tips(self) -> dict[str, int]:
        with self._pipeline.sources.opened() as inboxes:
            return {inbox.inbox_id: inbox.tip() for inbox in inboxes}
