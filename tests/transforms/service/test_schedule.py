"""The schedule starts runs: on the timer, at once after a sync, and again after a failure."""

from __future__ import annotations

import time
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING

import duckdb
import pytest

from ingest.send.samples import sample
from tests.e2e.conftest import wait_until
from tests.histories import END, receive, sale, settings_for
from transforms.pipeline.pipeline import Pipeline
from transforms.publish.versions import current_version
from transforms.service.schedule import ScheduledPipeline
from transforms.store.heartbeat import Heartbeat
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cbw.settings import Settings

NEVER = 3600
OFTEN = 0.1


@contextmanager
def scheduled(settings: Settings, clock: Callable[[], float] = time.monotonic) -> Iterator[None]:
    """Run a scheduled pipeline for as long as the block lasts; it has published once when the block begins."""
    before = current_version(settings.data_dir)
    with Pipeline(settings) as pipeline:
        running = ScheduledPipeline(pipeline, settings, clock=clock)
        running.start()
        try:
            wait_until(lambda: current_version(settings.data_dir) != before)
            yield
        finally:
            running.stop()


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    receive(tmp_path / "data", [sale("FIRST001")])
    return tmp_path / "data"


def wait_for_receipt(settings: Settings, receipt: str) -> None:
    query = "select count(*) from fct_sales where receipt = ?"
    with Warehouse(settings.warehouse_path) as reader:
        wait_until(lambda: reader.rows(query, [receipt]) == [(1,)])


def wait_for_syncs(settings: Settings, number: int) -> None:
    with Warehouse(settings.warehouse_path) as reader:
        wait_until(lambda: reader.rows("select count(*) from fct_data_syncs") == [(number,)])


def runs(settings: Settings) -> list[tuple[object, ...]]:
    with Warehouse(settings.warehouse_path) as reader:
        return reader.rows("select trigger, status from pipeline_runs order by run_id")


def test_the_timer_brings_what_was_received(data_dir: Path) -> None:
    settings = settings_for(data_dir, refresh_seconds=OFTEN)
    with scheduled(settings):
        receive(data_dir, [sale("SECOND02")])
        wait_for_receipt(settings, "SECOND02")
    assert runs(settings) == [("startup", "published"), ("timer", "published")]


def test_a_sync_is_worked_on_at_once_and_brings_what_came_with_it(data_dir: Path) -> None:
    settings = settings_for(data_dir, refresh_seconds=NEVER)
    with scheduled(settings):
        receive(data_dir, [sale("SECOND02"), sample("data.synced", now=END)])
        wait_for_receipt(settings, "SECOND02")
    assert runs(settings) == [("startup", "published"), ("data_synced", "published")]


@pytest.mark.long
def test_one_sync_after_the_other_is_worked_on_at_once(data_dir: Path) -> None:
    """The first must not be taken for one that still waits: that would hide the second until the timer."""
    settings = settings_for(data_dir, refresh_seconds=NEVER)
    with scheduled(settings):
        for number in (1, 2, 3):
            receive(data_dir, [sample("data.synced", now=END)])
            wait_for_syncs(settings, number)
    assert runs(settings) == [("startup", "published"), *[("data_synced", "published")] * 3]


@pytest.mark.long
def test_nothing_but_a_sync_hurries_it(data_dir: Path) -> None:
    settings = settings_for(data_dir, refresh_seconds=NEVER)
    with scheduled(settings):
        receive(data_dir, [sale("SECOND02")])
        receive(data_dir, [sample("data.synced", now=END)])
        wait_for_syncs(settings, 1)
    assert [trigger for trigger, _ in runs(settings)] == ["startup", "data_synced"]


@pytest.mark.long
def test_after_a_rest_what_is_received_does_not_wait_for_the_timer(data_dir: Path) -> None:
    settings = settings_for(data_dir, refresh_seconds=NEVER)
    hours = count()
    with scheduled(settings, clock=lambda: NEVER * next(hours)):  # an hour passes whenever it is looked at
        for receipt in ("RESTED01", "RESTED02"):
            receive(data_dir, [sale(receipt)])
            wait_for_receipt(settings, receipt)
    assert runs(settings) == [("startup", "published"), *[("timer", "published")] * 2]


def test_a_failed_run_is_repeated_until_it_succeeds_for_the_reason_it_had(data_dir: Path) -> None:
    settings = settings_for(data_dir, refresh_seconds=OFTEN)
    published, aside = data_dir / "published", data_dir / "aside"
    with scheduled(settings):
        published.rename(aside)
        published.touch()
        receive(data_dir, [sample("data.synced", now=END)])
        wait_until(lambda: last_status(data_dir) == "failed")
        published.unlink()
        aside.rename(published)
        wait_for_syncs(settings, 1)
    first, *failed, last = runs(settings)
    assert first == ("startup", "published")
    assert {status for _, status in failed} == {"failed"}
    assert last == (failed[-1][0], "published")


def last_status(data_dir: Path) -> str | None:
    beat = Heartbeat.read(data_dir)
    return None if beat is None else beat.last_status


def test_stopping_closes_the_files(data_dir: Path) -> None:
    settings = settings_for(data_dir, refresh_seconds=OFTEN)
    with scheduled(settings):
        receive(data_dir, [sale("SECOND02")])
    with duckdb.connect(str(data_dir / "events.duckdb"), read_only=True) as events:
        assert events.execute("select count(*) >= 1 from raw_events").fetchone() == (True,)
