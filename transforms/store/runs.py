"""The record of runs and of the results of their checks."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cbw.duck import first_row, literal
from cbw.logs import Logger

if TYPE_CHECKING:
    import duckdb

    from transforms.definitions.checks import CheckResult

KEEP_RUNS = 2_000
_ID_TIME = "%Y%m%dT%H%M%S.%f"

log = Logger(__name__)


@dataclass(frozen=True)
class Run:
    """One run of the pipeline.

    Attributes:
        run_id: Time-ordered and unique.
        trigger: ``startup``, ``timer``, ``data_synced``, ``nightly`` or ``command``.
        mode: ``full`` or ``incremental``.
        status: ``published``; ``unchanged`` (nothing to do); ``built`` (not published yet); ``blocked`` (a check
            failed, readers keep the last good version); ``failed``.
        events_in: The number of deliveries loaded.
        rows_changed: The number of rows written to published tables.
        watermark: The last load sequence the tables include.
        published_version: The version that the run published, or left in place where nothing was new.
        detail: Why it was blocked or failed.
        checks: The results of its checks.
    """

    run_id: str
    trigger: str
    mode: str
    started_at: datetime
    finished_at: datetime
    status: str
    events_in: int = 0
    rows_changed: int = 0
    watermark: int = 0
    published_version: int | None = None
    detail: str | None = None
    checks: tuple[CheckResult, ...] = field(default=(), repr=False)

    @classmethod
    def start(cls, trigger: str, mode: str, *, after: str = "") -> Run:
        """Start a run now.

        Args:
            trigger: Why it runs.
            mode: ``full`` or ``incremental``.
            after: The id of the previous run; the new one is greater, even if the clock was set back in between.
        """
        now = datetime.now(tz=UTC)
        moment = max(now, _moment(after) + timedelta(microseconds=1)) if after else now
        run_id = f"{moment.strftime(_ID_TIME)}-{secrets.token_hex(2)}"
        return cls(run_id, trigger, mode, started_at=now, finished_at=now, status="failed")

    def ended(self, status: str, **facts: object) -> Run:
        """Return this run, ended now with ``status``."""
        return replace(self, status=status, finished_at=datetime.now(tz=UTC), **facts)  # type: ignore[arg-type]

    @property
    def as_json(self) -> dict[str, Any]:
        """The run as plain values, without the results of its checks."""
        values = {name: value for name, value in vars(self).items() if name != "checks"}
        return values | {"started_at": str(self.started_at), "finished_at": str(self.finished_at)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Run:
        """Return the run whose `as_json` these values are, without its checks."""
        times = {name: datetime.fromisoformat(values[name]) for name in ("started_at", "finished_at")}
        return cls(**values | times)

    @property
    def seconds(self) -> float:
        """The duration of the run."""
        return (self.finished_at - self.started_at).total_seconds()


def last_run_id(connection: duckdb.DuckDBPyConnection) -> str:
    """Return the id of the last run on record; empty when there is none."""
    row = first_row(connection, "select coalesce(max(run_id), '') from build.pipeline_runs")
    assert row is not None
    return str(row[0])


def _moment(run_id: str) -> datetime:
    return datetime.strptime(run_id.partition("-")[0], _ID_TIME).replace(tzinfo=UTC)


def record(connection: duckdb.DuckDBPyConnection, run: Run) -> None:
    """Write a run and its check results, replacing an earlier record of the same run.

    The caller owns the transaction. Old runs are deleted, so that a run a second does not grow the file for ever.
    """
    run_id, finished = literal(run.run_id), _instant(run.finished_at)
    connection.execute(f"delete from build.pipeline_runs where run_id = {run_id}")
    connection.execute(f"delete from build.check_results where run_id = {run_id}")
    values = [
        run_id, literal(run.trigger), literal(run.mode), _instant(run.started_at), finished, literal(run.status),
        *(literal(number) for number in (run.events_in, run.rows_changed, run.watermark, run.published_version)),
        literal(run.detail),
    ]  # fmt: skip
    connection.execute(f"insert into build.pipeline_runs values ({', '.join(values)})")
    if run.checks:
        rows = ", ".join(
            f"({run_id}, {literal(check.name)}, {literal(check.severity)}, {check.violations}, {finished})"
            for check in run.checks
        )
        connection.execute(f"insert into build.check_results values {rows}")
    _delete_old(connection)


def _instant(moment: datetime) -> str:
    return f"timestamptz {literal(moment.isoformat())}"


def _delete_old(connection: duckdb.DuckDBPyConnection) -> None:
    row = first_row(
        connection, f"select run_id from build.pipeline_runs order by run_id desc limit 1 offset {KEEP_RUNS}"
    )
    if row is not None:
        connection.execute(f"delete from build.pipeline_runs where run_id <= {literal(row[0])}")
        connection.execute(f"delete from build.check_results where run_id <= {literal(row[0])}")


def log_run(run: Run) -> None:
    """Log a run, unless it was ``unchanged``."""
    if run.status == "unchanged":
        return
    write = log.error if run.status == "failed" else log.warning if run.status == "blocked" else log.info
    write(
        "pipeline.run",
        run_id=run.run_id, trigger=run.trigger, mode=run.mode, status=run.status, events_in=run.events_in,
        watermark=run.watermark, version=run.published_version, seconds=round(run.seconds, 3), detail=run.detail,
    )  # fmt: skip
