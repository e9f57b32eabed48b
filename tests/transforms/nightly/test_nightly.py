"""The nightly job: every night once and in order, every step on record, and frozen figures outlive the tables."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from cbw.errors import ConfigurationError, WarehouseError
from tests.histories import receive, sale, settings_for
from tests.sql.harness import rows_of
from transforms.archive.archive import archive
from transforms.archive.manifest import ArchiveManifest
from transforms.archive.nights import TABLES, archive_nights, restore_nights
from transforms.nightly.ahead import withdraw_nights_ahead
from transforms.nightly.job import NightlyJob
from transforms.nightly.record import MOST_ATTEMPTS, NightRun, due_night, read, write
from transforms.nightly.roll_up import owed
from transforms.nightly.steps import STEPS, Night, Step
from transforms.pipeline.pipeline import Pipeline
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RECORDS = ("nightly_runs", "nightly_steps", "nightly_roll_ups", *TABLES)
FREEZE = tuple(step for step in STEPS if step.name in {"refresh", "roll_up"})
FIRST = date(2026, 7, 2)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 20, tzinfo=UTC)


def after(days: int) -> date:
    return FIRST + timedelta(days=days)


def fine(night: Night) -> str:
    return f"worked on {night.night_date}"


def refuse(_night: Night) -> str:
    raise WarehouseError("the disk is on strike", hint="talk to it")


def break_sql(night: Night) -> str:
    night.pipeline.store.connection.execute("select * from nothing_of_that_name")
    return "never said"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """A pipeline that has published one sale of 30 June 2026, received now."""
    data_dir = tmp_path_factory.mktemp("nightly") / "data"
    receive(data_dir, [sale("FIRST001")])
    with Pipeline(settings_for(data_dir)) as pipeline:
        pipeline.run("startup")
        yield pipeline


@pytest.fixture
def pipeline(shared: Pipeline) -> Pipeline:
    for table in RECORDS:
        shared.store.connection.execute(f"delete from events.main.{table}")
    shutil.rmtree(copies(shared), ignore_errors=True)
    return shared


def copies(pipeline: Pipeline) -> Path:
    return pipeline.settings.archive_dir.parent / "nights"


def records(pipeline: Pipeline) -> dict[str, list[dict[str, object]]]:
    return {table: rows_of(pipeline.store, f"events.main.{table}") for table in RECORDS}


def published(pipeline: Pipeline, query: str) -> list[tuple[object, ...]]:
    with Warehouse(pipeline.settings.warehouse_path) as warehouse:
        return warehouse.rows(query)


class TestSteps:
    def test_a_step_that_fails_stops_only_those_that_need_it(self, pipeline: Pipeline) -> None:
        steps = (
            Step("one", fine),
            Step("two", refuse),
            Step("three", fine, needs=("two",)),
            Step("four", fine, needs=("one",)),
            Step("five", fine, needs=("one", "three")),
        )
        run, _ = NightlyJob(pipeline, steps).run_now(FIRST, noon(FIRST), again=False)
        assert run.status == "failed"
        recorded = "select step, status, detail from nightly_steps order by step_number"
        assert published(pipeline, recorded) == [
            ("one", "done", "worked on 2026-07-02"),
            ("two", "failed", "the disk is on strike (talk to it)"),
            ("three", "skipped", "two was not done"),
            ("four", "done", "worked on 2026-07-02"),
            ("five", "skipped", "three was not done"),
        ]

    def test_a_step_that_the_database_refuses_leaves_the_files_usable(self, pipeline: Pipeline) -> None:
        steps = (Step("one", break_sql), *FREEZE)
        run, _ = NightlyJob(pipeline, steps).run_now(FIRST, noon(FIRST), again=False)
        assert [step.status for step in run.steps] == ["failed", "done", "done"]
        assert "nothing_of_that_name" in run.steps[0].detail

    def test_the_record_says_how_long_refreshes_waited(self, pipeline: Pipeline) -> None:
        run, _ = NightlyJob(pipeline, FREEZE).run_now(FIRST, noon(FIRST), again=False)
        [(waited, roll_up)] = published(
            pipeline,
            "select waited_seconds, seconds from nightly_runs inner join nightly_steps using (night_date) "
            "where step = 'roll_up'",
        )
        assert waited == roll_up == run.waited_seconds > 0

    def test_a_stop_ends_the_night_before_its_next_step_and_it_is_still_due(self, pipeline: Pipeline) -> None:
        done: list[date] = []

        def note(night: Night) -> str:
            done.append(night.night_date)
            return "noted"

        steps = (Step("one", note), Step("two", note))
        NightlyJob(pipeline, FREEZE).run_now(FIRST, noon(FIRST), again=False)
        stopped = NightlyJob(pipeline, steps, is_stopping=lambda: len(done) == 1)
        run = stopped.run_if_due(noon(after(1)))
        assert run is not None
        assert (run.status, [step.name for step in run.steps]) == ("interrupted", ["one"])
        next_start = NightlyJob(pipeline, steps).run_if_due(noon(after(1)))
        assert next_start is not None
        assert (next_start.status, next_start.attempts, done) == ("done", 2, [after(1)] * 3)


class TestOnceAndInOrder:
    def test_the_same_night_twice_changes_nothing(self, pipeline: Pipeline) -> None:
        job = NightlyJob(pipeline, FREEZE)
        first, is_new = job.run_now(FIRST, noon(FIRST), again=False)
        assert is_new
        before, version = records(pipeline), published(pipeline, "select max(run_id) from pipeline_runs")
        again, is_new = job.run_now(FIRST, noon(FIRST), again=False)
        assert (again.started_at, is_new) == (first.started_at, False)
        assert (records(pipeline), published(pipeline, "select max(run_id) from pipeline_runs")) == (
            before, version,
        )  # fmt: skip

    def test_again_repeats_the_steps_and_changes_nothing_frozen(self, pipeline: Pipeline) -> None:
        job = NightlyJob(pipeline, FREEZE)
        job.run_now(FIRST, noon(FIRST), again=False)
        before = records(pipeline)
        run, is_new = job.run_now(FIRST, noon(FIRST), again=True)
        assert (is_new, run.attempts, run.steps[-1].detail) == (True, 2, "the night is frozen already")
        now = records(pipeline)
        assert {table: now[table] for table in ("nightly_roll_ups", *TABLES)} == {
            table: before[table] for table in ("nightly_roll_ups", *TABLES)
        }

    def test_a_night_with_a_failed_step_is_run_again_when_asked_for(self, pipeline: Pipeline) -> None:
        NightlyJob(pipeline, (Step("one", refuse),)).run_now(FIRST, noon(FIRST), again=False)
        run, is_new = NightlyJob(pipeline, (Step("one", fine),)).run_now(FIRST, noon(FIRST), again=False)
        assert (run.status, is_new) == ("done", True)

    @pytest.mark.parametrize(
        ("wanted", "now"),
        [(after(1), noon(FIRST)), (FIRST, datetime(2026, 7, 2, 8, 59, tzinfo=UTC))],
        ids=["tomorrow", "today, before it begins"],
    )
    def test_a_night_that_has_not_begun_is_refused(
        self, pipeline: Pipeline, wanted: date, now: datetime
    ) -> None:
        with pytest.raises(ConfigurationError, match=f"the night of {wanted} has not begun") as refusal:
            NightlyJob(pipeline, FREEZE).run_now(wanted, now, again=False)
        assert f"it begins at {wanted} 02:00 PDT" in str(refusal.value)

    def test_a_night_before_a_frozen_one_is_refused(self, pipeline: Pipeline) -> None:
        job = NightlyJob(pipeline, FREEZE)
        job.run_now(FIRST, noon(FIRST), again=False)
        with pytest.raises(ConfigurationError, match="the night of 2026-07-01 can no longer be frozen"):
            job.run_now(after(-1), noon(FIRST), again=True)

    def test_missed_nights_are_frozen_once_each_in_order_with_the_next_that_runs(
        self, pipeline: Pipeline
    ) -> None:
        job = NightlyJob(pipeline, FREEZE)
        job.run_now(FIRST, noon(FIRST), again=False)
        run = job.run_if_due(noon(after(3)))
        assert run is not None
        assert run.night == after(3)
        assert job.run_if_due(noon(after(3))) is None
        assert published(
            pipeline,
            "select night_date, previous_night_date, is_caught_up from nightly_roll_ups order by all",
        ) == [
            (FIRST, None, False),
            (after(1), FIRST, True),
            (after(2), after(1), True),
            (after(3), after(2), False),
        ]
        assert published(
            pipeline, "select night_date, trigger, status, attempts from nightly_runs order by all"
        ) == [
            (FIRST, "command", "done", 1),
            (after(1), "timer", "caught_up", 0),
            (after(2), "timer", "caught_up", 0),
            (after(3), "timer", "done", 1),
        ]
        assert published(pipeline, "select distinct night_date from nightly_steps order by all") == [
            (FIRST,), (after(3),),
        ]  # fmt: skip

    def test_after_237_days_down_each_night_is_owed_once_and_in_order(self, pipeline: Pipeline) -> None:
        connection = pipeline.store.connection
        NightlyJob(pipeline, FREEZE).run_now(FIRST, noon(FIRST), again=False)
        missed = owed(connection, after(237))
        assert missed == [after(day) for day in range(1, 238)]
        assert due_night(connection, NightlyJob(pipeline).clock, noon(after(237))) == after(237)

    def test_a_missed_night_can_be_asked_for_and_is_caught_up(self, pipeline: Pipeline) -> None:
        job = NightlyJob(pipeline, FREEZE)
        job.run_now(FIRST, noon(FIRST), again=False)
        job.run_now(after(2), noon(after(4)), again=False)
        flags = "select night_date, is_caught_up from nightly_roll_ups order by all"
        assert published(pipeline, flags) == [(FIRST, False), (after(1), True), (after(2), True)]
        assert job.run_now(after(1), noon(after(4)), again=False)[1] is False
        job.run_if_due(noon(after(4)))
        assert published(pipeline, flags)[3:] == [(after(3), True), (after(4), False)]

    def test_a_night_whose_refresh_failed_is_frozen_with_the_next(self, pipeline: Pipeline) -> None:
        NightlyJob(pipeline, FREEZE).run_now(FIRST, noon(FIRST), again=False)
        broken = (Step("refresh", refuse), FREEZE[-1])
        assert (
            NightlyJob(pipeline, broken).run_now(after(1), noon(after(1)), again=False)[0].status == "failed"
        )
        NightlyJob(pipeline, FREEZE).run_if_due(noon(after(2)))
        assert published(pipeline, "select night_date, status from nightly_runs order by all") == [
            (FIRST, "done"), (after(1), "failed"), (after(2), "done"),
        ]  # fmt: skip
        assert published(pipeline, "select night_date, is_caught_up from nightly_roll_ups order by all") == [
            (FIRST, False), (after(1), True), (after(2), False),
        ]  # fmt: skip

    def test_the_first_night_is_the_first_after_the_first_delivery(self, pipeline: Pipeline) -> None:
        job = NightlyJob(pipeline, FREEZE)
        (received,) = pipeline.store.one("select min(received_at) from raw_events")
        assert isinstance(received, datetime)
        before = job.clock.due_at(job.clock.latest(received))
        begins = job.clock.next_after(received)
        assert NightlyJob(pipeline, FREEZE).run_if_due(before + timedelta(seconds=1)) is None
        assert job.run_if_due(begins - timedelta(seconds=1)) is None
        run = job.run_if_due(begins)
        assert run is not None
        assert job.clock.due_at(run.night) == begins

    def test_a_night_whose_process_died_is_started_again_but_not_for_ever(self, pipeline: Pipeline) -> None:
        died = NightRun(FIRST, noon(FIRST), "timer", MOST_ATTEMPTS - 1, noon(FIRST))
        with pipeline.store.transaction() as connection:
            write(connection, died)
        run = NightlyJob(pipeline, FREEZE).run_if_due(noon(FIRST))
        assert run is not None
        assert (run.status, run.attempts) == ("done", MOST_ATTEMPTS)
        with pipeline.store.transaction() as connection:
            write(connection, replace(died, attempts=MOST_ATTEMPTS))
        assert NightlyJob(pipeline, FREEZE).run_if_due(noon(FIRST)) is None
        assert read(pipeline.store.connection) == replace(died, attempts=MOST_ATTEMPTS)


class TestAClockThatWasAhead:
    """One `cbw nightly` while the clock was eight days ahead; then the clock was set back."""

    @pytest.fixture
    def job(self, pipeline: Pipeline) -> NightlyJob:
        job = NightlyJob(pipeline, FREEZE)
        job.run_now(FIRST, noon(FIRST), again=False)
        job.run_now(None, noon(after(8)), again=False)
        assert len(rows_of(pipeline.store, "events.main.nightly_roll_ups")) == 9
        return job

    def test_holds_no_later_night_back(self, pipeline: Pipeline, job: NightlyJob) -> None:
        assert job.run_if_due(noon(FIRST)) is None
        for day in (1, 2, 4):
            run = job.run_if_due(noon(after(day)))
            assert run is not None
            assert (run.night, run.status, run.attempts) == (after(day), "done", 1)
            assert job.run_if_due(noon(after(day)) + timedelta(hours=1)) is None
        assert published(
            pipeline,
            "select night_date, previous_night_date, is_caught_up from nightly_roll_ups order by all",
        ) == [
            (FIRST, None, False),
            (after(1), FIRST, False),
            (after(2), after(1), False),
            (after(3), after(2), True),
            (after(4), after(3), False),
        ]
        assert published(pipeline, "select max(night_date) from nightly_figures")[0][0] <= after(4)  # type: ignore[operator]
        assert published(pipeline, "select max(night_date) from nightly_runs") == [(after(4),)]

    def test_keeps_the_copies_of_its_nights_where_nothing_restores_them(
        self, pipeline: Pipeline, job: NightlyJob
    ) -> None:
        archive_nights(pipeline.store)
        archive(pipeline.store, pipeline.settings)
        job.run_if_due(noon(after(1)))
        archive_nights(pipeline.store)
        archive(pipeline.store, pipeline.settings)
        manifest = ArchiveManifest.read(pipeline.settings.archive_dir)
        assert manifest.nights == (str(FIRST), str(after(1)))
        [aside] = copies(pipeline).glob("withdrawn-*")
        kept = sorted(path.name for path in aside.iterdir())
        assert (kept[0], kept[-1], len(kept)) == (f"night_date={after(1)}", f"night_date={after(8)}", 8)
        assert restore_nights(pipeline.store) == 0

    def test_is_undone_by_the_command_as_well(self, pipeline: Pipeline, job: NightlyJob) -> None:
        run, is_new = job.run_now(None, noon(after(1)), again=False)
        assert (run.night, run.status, is_new) == (after(1), "done", True)
        assert published(pipeline, "select max(night_date) from nightly_roll_ups") == [(after(1),)]

    def test_does_not_count_a_night_that_was_stamped_ahead(self, pipeline: Pipeline) -> None:
        """The clock was ahead by less than a day: the night's date has come since, and it was not over by then."""
        ahead = datetime.now(tz=UTC) + timedelta(hours=20)
        with pipeline.store.transaction() as connection:
            write(connection, NightRun(FIRST, noon(FIRST), "timer", 1, ahead, ahead, "done"))
        run, is_new = NightlyJob(pipeline, FREEZE).run_now(FIRST, noon(FIRST), again=False)
        assert (run.status, is_new, run.started_at < ahead) == ("done", True, True)

    def test_keeps_the_nights_that_were_restored_without_their_record(
        self, pipeline: Pipeline, job: NightlyJob
    ) -> None:
        """The record of runs is lost with ``events.duckdb``; frozen nights come back from the archive."""
        job.run_if_due(noon(after(1)))
        for table in ("nightly_runs", "nightly_steps"):
            pipeline.store.connection.execute(f"delete from events.main.{table}")
        assert withdraw_nights_ahead(pipeline.store, after(2)) == []
        assert len(rows_of(pipeline.store, "events.main.nightly_roll_ups")) == 2

    def test_that_was_never_set_owes_no_night(self, pipeline: Pipeline, job: NightlyJob) -> None:
        unset = datetime(1971, 1, 2, tzinfo=UTC)
        assert job.run_if_due(unset) is None
        with pytest.raises(ConfigurationError, match="the clock of this machine was never set"):
            job.run_now(None, unset, again=False)
        assert len(rows_of(pipeline.store, "events.main.nightly_roll_ups")) == 9


@pytest.mark.parametrize(
    ("zone", "jumps"),
    [
        ("America/Los_Angeles", [date(2026, 3, 8), date(2026, 11, 1)]),
        ("Europe/Berlin", [date(2026, 3, 29), date(2026, 10, 25)]),
    ],
)
def test_a_night_on_which_the_clock_jumps_runs_exactly_once(
    tmp_path: Path, zone: str, jumps: list[date]
) -> None:
    """02:00 does not exist on the first of the two dates; in Berlin it exists twice on the second."""
    ran: dict[date, int] = {}

    def count(night: Night) -> str:
        ran[night.night_date] = ran.get(night.night_date, 0) + 1
        return "counted"

    with Pipeline(settings_for(tmp_path / "data", timezone=zone)) as pipeline:
        job = NightlyJob(pipeline, (Step("count", count),))
        for jump in jumps:
            job.run_now(jump - timedelta(days=1), noon(jump - timedelta(days=1)), again=False)
            ran.clear()
            now = job.clock.due_at(jump) - timedelta(hours=3)
            while now < job.clock.due_at(jump) + timedelta(hours=30):
                job.run_if_due(now)
                now += timedelta(minutes=10)
            assert ran == {jump: 1, jump + timedelta(days=1): 1}
