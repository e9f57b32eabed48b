"""The record of nights and their steps, which also decides the night that is due.

It is kept in ``events.duckdb``, next to the raw events: it must outlive the tables, which can be built again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Self

from cbw.duck import first_row
from cbw.night_clock import EARLIEST, latest_stamp

if TYPE_CHECKING:
    import duckdb

    from cbw.night_clock import NightClock

# The timer repeats a night whose process died, up to this number of attempts.
MOST_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class StepRun:
    """One step of one night.

    Attributes:
        name: The name of the step.
        status: ``done``, ``failed`` or ``skipped``.
        detail: Its result, or the reason why it has none.
    """

    name: str
    started_at: datetime
    seconds: float
    status: str
    detail: str


@dataclass(frozen=True, slots=True)
class NightRun:
    """One run of one night's job.

    Attributes:
        night: The date in the report zone on which it begins.
        due_at: The instant at which it begins.
        trigger: ``timer`` or ``command``.
        attempts: How often it was started.
        started_at: The start of this attempt.
        finished_at: None while it runs, and when its process died.
        status: ``running``, ``done``, ``failed`` (a step failed), ``interrupted`` (stopped between two steps), or
            ``caught_up`` (missed, and frozen with a later night).
        waited_seconds: How long refreshes waited for it.
        steps: The record of each step.
    """

    night: date
    due_at: datetime
    trigger: str
    attempts: int
    started_at: datetime
    finished_at: datetime | None = None
    status: str = "running"
    waited_seconds: float = 0.0
    steps: tuple[StepRun, ...] = ()

    @classmethod
    def caught_up(cls, night: date, due_at: datetime, at: datetime) -> Self:
        """Return the record of a night that was missed."""
        return cls(night, due_at, "timer", 0, at, at, "caught_up")

    @property
    def is_over(self) -> bool:
        """Whether it has ended, well or not."""
        return self.status in {"done", "failed", "caught_up"}

    def ended(self, status: str, steps: tuple[StepRun, ...]) -> Self:
        """Return this run, ended now."""
        waited = sum(step.seconds for step in steps if step.name != "refresh")
        return replace(
            self, status=status, steps=steps, finished_at=datetime.now(tz=UTC), waited_seconds=round(waited, 3)
        )  # fmt: skip


def write(connection: duckdb.DuckDBPyConnection, run: NightRun) -> None:
    """Write a night, replacing an earlier record of it; the caller owns the transaction."""
    for table in ("nightly_runs", "nightly_steps"):
        connection.execute(f"delete from events.main.{table} where night_date = ?", [run.night])
    connection.execute(
        "insert into events.main.nightly_runs values (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            run.night, run.due_at, run.trigger, run.attempts, run.started_at, run.finished_at, run.status,
            run.waited_seconds,
        ],
    )  # fmt: skip
    for number, step in enumerate(run.steps, 1):
        connection.execute(
            "insert into events.main.nightly_steps values (?, ?, ?, ?, ?, ?, ?)",
            [run.night, step.name, number, step.started_at, step.seconds, step.status, step.detail],
        )


def read(connection: duckdb.DuckDBPyConnection, night: date | None = None) -> NightRun | None:
    """Return the record of a night, or of the latest one, without its steps; None when there is none."""
    return _first(connection, "true" if night is None else f"night_date = date '{night}'")


def last_run(connection: duckdb.DuckDBPyConnection, latest: date) -> NightRun | None:
    """Return the record of the last night that ran by our clock; None when there is none.

    A night in the future of the clock, or with a stamp in it, ran by a clock that was ahead. A night that was caught up
    counts with the night that caught it up.

    Args:
        connection: Of the private files.
        latest: The last night that has begun.
    """
    return _first(
        connection,
        f"night_date <= date '{latest}' and status != 'caught_up'"
        f" and started_at <= timestamptz '{latest_stamp().isoformat()}'",
    )


def due_night(connection: duckdb.DuckDBPyConnection, clock: NightClock, now: datetime) -> date | None:
    """Return the night to run now: the latest that began and is not recorded; None when there is none.

    The first night of an installation is the first after its first delivery. A clock that was never set owes no night.
    """
    if now < EARLIEST:
        return None
    latest = clock.latest(now)
    last = last_run(connection, latest)
    if last is None:
        row = first_row(connection, "select min(received_at) from events.main.raw_events")
        is_due = row is not None and row[0] is not None and row[0] <= clock.due_at(latest)
    elif last.night == latest:
        is_due = not last.is_over and last.attempts < MOST_ATTEMPTS
    else:
        is_due = last.night < latest
    return latest if is_due else None


def _first(connection: duckdb.DuckDBPyConnection, condition: str) -> NightRun | None:
    row = first_row(
        connection,
        "select night_date, due_at, trigger, attempts, started_at, finished_at, status, waited_seconds"
        f" from events.main.nightly_runs where {condition} order by night_date desc limit 1",
    )
    return None if row is None else NightRun(*row)
