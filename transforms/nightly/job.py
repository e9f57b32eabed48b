"""The nightly job: run the steps one after the other, record each, then publish."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import duckdb

from cbw.errors import CbwError, ConfigurationError
from cbw.logs import Logger
from cbw.night_clock import EARLIEST, NightClock
from transforms.nightly.ahead import withdraw_nights_ahead
from transforms.nightly.record import NightRun, StepRun, due_night, last_run, read, write
from transforms.nightly.roll_up import frozen_last
from transforms.nightly.steps import STEPS, Night

if TYPE_CHECKING:
    from collections.abc import Callable

    from cbw.terminal import Progress
    from transforms.nightly.steps import Step
    from transforms.pipeline.pipeline import Pipeline

log = Logger(__name__)


class NightlyJob:
    """Runs nights on an open pipeline, from the thread that owns it.

    Args:
        pipeline: The open private files.
        steps: The steps of a night.
        is_stopping: Called before each step; a night that it stops is still due.
        on_step: Called before each step with its name, its number and the number of steps; an exception stops the
            night.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        steps: tuple[Step, ...] = STEPS,
        is_stopping: Callable[[], bool] = lambda: False,
        on_step: Callable[[str, int, int], None] = lambda _name, _number, _count: None,
    ) -> None:
        self._pipeline = pipeline
        self._steps = steps
        self._is_stopping = is_stopping
        self._on_step = on_step
        self.clock = NightClock.from_settings(pipeline.settings)
        self._looked_at = self._look_again_at = datetime.min.replace(tzinfo=UTC)

    def run_if_due(self, now: datetime) -> NightRun | None:
        """Run the latest night, if it has begun, was not run yet, and the installation is not younger than it.

        Missed nights are rolled up with it; their other steps would do the same work again. Nights of a clock that was
        ahead are withdrawn first.
        """
        if self._looked_at <= now < self._look_again_at:  # not while a clock that was set back repeats a time
            return None
        self._looked_at = now
        night = due_night(self._pipeline.store.connection, self.clock, now)
        if night is None:
            self._look_again_at = self.clock.next_after(now)
            return None
        withdraw_nights_ahead(self._pipeline.store, night)
        return self.run(Night(self._pipeline, night, night), "timer")

    def run_now(self, night_date: date | None, now: datetime, *, again: bool) -> tuple[NightRun, bool]:
        """Run a night on request, unless it was done.

        Args:
            night_date: The night; None for the latest that has begun.
            now: The present time.
            again: Repeat the steps of a night that was done.

        Returns:
            The night's record, and whether this call ran it.

        Raises:
            ConfigurationError: The night has not begun, or can no longer be frozen; or the clock was never set.
            duckdb.Error, OSError, sqlite3.Error: The record could not be written or published.
        """
        if now < EARLIEST:
            raise ConfigurationError(
                f"the clock of this machine was never set: it shows {now:%Y-%m-%d}",
                hint="set it, and repeat the command",
            )
        latest = self.clock.latest(now)
        night = Night(self._pipeline, night_date or latest, latest)
        if night.night_date > latest:
            begins = self.clock.due_at(night.night_date).astimezone(self.clock.zone)
            raise ConfigurationError(
                f"the night of {night.night_date} has not begun: it begins at {begins:%Y-%m-%d %H:%M %Z}",
                hint=f"the latest is that of {latest}",
            )
        connection = self._pipeline.store.connection
        last = last_run(connection, latest)
        if last is None or last.night < latest:
            withdraw_nights_ahead(self._pipeline.store, latest)
        record = read(connection, night.night_date)
        if record is not None and record.status in {"done", "caught_up"} and not again:
            return record, False
        frozen = frozen_last(connection)
        if record is None and frozen is not None and night.night_date < frozen:
            raise ConfigurationError(
                f"the night of {night.night_date} can no longer be frozen: later nights are frozen already",
                hint=f"the last frozen night is that of {frozen}",
            )
        return self.run(night, "command"), True

    def run(self, night: Night, trigger: str) -> NightRun:
        """Run a night's steps, record them, and publish.

        Raises:
            duckdb.Error, OSError, sqlite3.Error: The record could not be written or published.
        """
        before = read(self._pipeline.store.connection, night.night_date)
        attempts = 1 if before is None else before.attempts + 1
        due_at = self.clock.due_at(night.night_date)
        run = NightRun(night.night_date, due_at, trigger, attempts, datetime.now(tz=UTC))
        self._record(run)
        steps: list[StepRun] = []
        try:
            is_whole = self._run_steps(night, steps)
        except BaseException:
            self._record(run.ended("interrupted", tuple(steps)))
            raise
        is_well = all(step.status == "done" for step in steps)
        run = run.ended("interrupted" if not is_whole else "done" if is_well else "failed", tuple(steps))
        self._record(run)
        _log(run)
        self._pipeline.republish("nightly")
        return run

    def _run_steps(self, night: Night, done: list[StepRun]) -> bool:
        """Run the steps one after the other, add each to ``done``, and tell whether none was left out."""
        for number, step in enumerate(self._steps, 1):
            if self._is_stopping():
                return False
            self._on_step(step.name, number, len(self._steps))
            done.append(self._step(step, night, done))
        return True

    def _step(self, step: Step, night: Night, before: list[StepRun]) -> StepRun:
        started, clock = datetime.now(tz=UTC), time.monotonic()
        missing = set(step.needs) - {done.name for done in before if done.status == "done"}
        if missing:
            return StepRun(step.name, started, 0.0, "skipped", f"{', '.join(sorted(missing))} was not done")
        try:
            status, detail = "done", step.work(night)
        except CbwError as exc:
            status, detail = "failed", str(exc)
        except (duckdb.Error, OSError, sqlite3.Error) as exc:
            status, detail = "failed", f"{type(exc).__name__}: {' '.join(str(exc).split())}"
            self._pipeline.reopen(exc)
        return StepRun(step.name, started, round(time.monotonic() - clock, 3), status, detail)

    def _record(self, run: NightRun) -> None:
        with self._pipeline.store.transaction() as connection:
            write(connection, run)


def run_night(pipeline: Pipeline, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Run a night: the action of ``cbw nightly``.

    Args:
        pipeline: The open private files.
        arguments: ``date`` (ISO 8601, or None for the latest night) and ``again``, as in `NightlyJob.run_now`.
        progress: Called before each step.

    Returns:
        The `NightRun`, and ``is_new``: whether this call ran it.
    """
    wanted = arguments["date"] and date.fromisoformat(arguments["date"])
    job = NightlyJob(pipeline, on_step=progress)
    run, is_new = job.run_now(wanted, datetime.now(tz=UTC), again=arguments["again"])
    return asdict(run) | {"is_new": is_new}


def _log(run: NightRun) -> None:
    for step in run.steps:
        report = log.info if step.status == "done" else log.error
        report(
            "nightly.step",
            night=str(run.night), step=step.name, status=step.status, seconds=step.seconds, detail=step.detail,
        )  # fmt: skip
    report = log.info if run.status == "done" else log.error
    report("nightly.run", night=str(run.night), status=run.status, waited_seconds=run.waited_seconds)
