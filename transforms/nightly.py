"""The nightly job: a list of named steps, run one after the other, each recorded; then everything is published.

A step is one line in `STEPS` and one function that is handed the `Night` and says in one sentence what it did. It
raises what it raises: a step that fails does not stop the steps after it, but for those that need it.
"""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import duckdb
import structlog

from ingest.errors import CbwError, ConfigurationError, WarehouseError
from transforms.night_archive import archive_nights, restore_nights
from transforms.night_record import NightRun, StepRun, due_night, read, write
from transforms.nights import NightClock
from transforms.roll_up import frozen_last, owed, roll_up

if TYPE_CHECKING:
    from collections.abc import Callable

    from transforms.pipeline import Pipeline

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Night:
    """What a step is handed.

    Attributes:
        pipeline: The owner of the private files, and the settings.
        night_date: The date in the report zone on which it began.
        latest_date: That of the last night that has begun: the same, unless this one was missed.
    """

    pipeline: Pipeline
    night_date: date
    latest_date: date


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the job.

    Attributes:
        name: As recorded.
        work: Does it and says what it did.
        needs: Steps that must be done, or this one is skipped.
    """

    name: str
    work: Callable[[Night], str]
    needs: tuple[str, ...] = ()


def _refresh(night: Night) -> str:
    run = night.pipeline.run("nightly")
    if run.status not in {"published", "unchanged"}:
        raise WarehouseError(f"the refresh {run.status}: {run.detail}")
    return f"{run.status}: {run.events_in:,} new deliveries, {run.rows_changed:,} rows written"


def _verify(night: Night) -> str:
    found, checks = night.pipeline.compare()
    wrong = [item.table for item in found.comparisons if not item.is_equal]
    wrong += [check.name for check in checks if check.blocks]
    if wrong:
        raise WarehouseError(f"not proved: {', '.join(wrong)}", hint="`cbw verify` shows the rows")
    return f"{len(found.comparisons)} tables are what a full rebuild gives, {len(checks)} checks hold"


def _roll_up(night: Night) -> str:
    store, clock = night.pipeline.store, NightClock.from_settings(night.pipeline.settings)
    restore_nights(store)  # what was lost must not be frozen anew
    frozen = [
        roll_up(store, owed_night, is_caught_up=owed_night < night.latest_date)
        for owed_night in owed(store.connection, night.night_date)
    ]
    with store.transaction() as connection:
        for each in frozen:
            if read(connection, each.night) is None:  # missed: nothing else was done, or will be, for it
                write(connection, NightRun.caught_up(each.night, clock.due_at(each.night), each.frozen_at))
    if not frozen:
        return "the night is frozen already"
    return (
        f"{sum(each.figures_changed for each in frozen):,} figures frozen, {len(frozen)} nights, "
        f"{sum(each.days_restated for each in frozen):,} past days restated"
    )


def _archive_nights(night: Night) -> str:
    return f"{archive_nights(night.pipeline.store)} frozen nights archived"


# Figures are frozen whatever the verification says: they are what readers saw, and a correction is a restatement.
STEPS = (
    Step("refresh", _refresh),
    Step("verify", _verify, needs=("refresh",)),
    Step("roll_up", _roll_up, needs=("refresh",)),
    Step("archive_nights", _archive_nights, needs=("roll_up",)),
)


class NightlyJob:
    """Runs nights on an open pipeline, from the thread that owns it.

    Args:
        pipeline: The open private files.
        steps: What a night consists of.
        is_stopping: Asked before each step; a stopped night is still due.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        steps: tuple[Step, ...] = STEPS,
        is_stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._pipeline = pipeline
        self._steps = steps
        self._is_stopping = is_stopping
        self.clock = NightClock.from_settings(pipeline.settings)
        self._look_again_at = datetime.min.replace(tzinfo=UTC)

    def run_if_due(self, now: datetime) -> NightRun | None:
        """Run the latest night, if it began, was not run yet, and the installation is not younger than it.

        Missed nights are rolled up with it; their other steps would do the same work again.
        """
        if now < self._look_again_at:
            return None
        night = due_night(self._pipeline.store.connection, self.clock, now)
        if night is None:
            self._look_again_at = self.clock.next_after(now)
            return None
        return self.run(Night(self._pipeline, night, night), "timer")

    def run_now(self, night_date: date | None, now: datetime, *, again: bool) -> tuple[NightRun, bool]:
        """Run a night that somebody asks for, unless it was done.

        Args:
            night_date: The night; None for the latest that has begun.
            now: What time it is.
            again: Repeat the steps of a night that was done.

        Returns:
            The night's record, and whether it was run just now.

        Raises:
            ConfigurationError: The night has not begun, or can no longer be frozen.
            duckdb.Error, OSError, sqlite3.Error: The record could not be written, or not be published.
        """
        latest = self.clock.latest(now)
        night = Night(self._pipeline, night_date or latest, latest)
        if night.night_date > latest:
            begins = self.clock.due_at(night.night_date).astimezone(self.clock.zone)
            raise ConfigurationError(
                f"the night of {night.night_date} has not begun: it begins at {begins:%Y-%m-%d %H:%M %Z}",
                hint=f"the latest is that of {latest}",
            )
        record = read(self._pipeline.store.connection, night.night_date)
        if record is not None and record.status in {"done", "caught_up"} and not again:
            return record, False
        frozen = frozen_last(self._pipeline.store.connection)
        if record is None and frozen is not None and night.night_date < frozen:
            raise ConfigurationError(
                f"the night of {night.night_date} can no longer be frozen: what was known then is gone",
                hint=f"the last frozen night is that of {frozen}",
            )
        return self.run(night, "command"), True

    def run(self, night: Night, trigger: str) -> NightRun:
        """Run a night's steps, record them, and publish.

        Raises:
            duckdb.Error, OSError, sqlite3.Error: The record could not be written, or not be published.
        """
        before = read(self._pipeline.store.connection, night.night_date)
        attempts = 1 if before is None else before.attempts + 1
        due_at = self.clock.due_at(night.night_date)
        run = NightRun(night.night_date, due_at, trigger, attempts, datetime.now(tz=UTC))
        self._record(run)
        steps: list[StepRun] = []
        for step in self._steps:
            if self._is_stopping():
                run = run.ended("interrupted", tuple(steps))
                break
            steps.append(self._step(step, night, steps))
        else:
            is_well = all(done.status == "done" for done in steps)
            run = run.ended("done" if is_well else "failed", tuple(steps))
        self._record(run)
        _log(run)
        self._pipeline.republish("nightly")
        return run

    def _step(self, step: Step, night: Night, before: list[StepRun]) -> StepRun:
        started, clock = datetime.now(tz=UTC), time.monotonic()
        missing = [done.name for done in before if done.name in step.needs and done.status != "done"]
        if missing:
            return StepRun(step.name, started, 0.0, "skipped", f"{', '.join(missing)} was not done")
        try:
            status, detail = "done", step.work(night)
        except CbwError as exc:
            status, detail = "failed", str(exc)
        except (duckdb.Error, OSError, sqlite3.Error) as exc:
            status, detail = "failed", f"{type(exc).__name__}: {' '.join(str(exc).split())}"
            self._pipeline.reopen()
        return StepRun(step.name, started, round(time.monotonic() - clock, 3), status, detail)

    def _record(self, run: NightRun) -> None:
        with self._pipeline.store.transaction() as connection:
            write(connection, run)


def _log(run: NightRun) -> None:
    for step in run.steps:
        report = log.info if step.status == "done" else log.error
        report(
            "nightly.step",
            night=str(run.night), step=step.name, status=step.status, seconds=step.seconds, detail=step.detail,
        )  # fmt: skip
    report = log.info if run.status == "done" else log.error
    report("nightly.run", night=str(run.night), status=run.status, waited_seconds=run.waited_seconds)
