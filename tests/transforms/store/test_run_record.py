"""The record of a run names its mode, its counts and every check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.histories import read, receive, sale

if TYPE_CHECKING:
    from cbw.settings import Settings
    from transforms.definitions.model import Model
    from transforms.pipeline.pipeline import Pipeline


def test_of_a_run_says_what_it_did(pipeline: Pipeline, settings: Settings) -> None:
    receive(settings.data_dir, [sale("SECOND02"), sale("THIRD003")])
    run = pipeline.run("data_synced")
    [row] = read(
        settings,
        f"select * exclude (started_at, finished_at) from pipeline_runs where run_id = '{run.run_id}'",
    )
    assert row == (run.run_id, "data_synced", run.mode, "published", 2, run.rows_changed, 3, 2, None)
    assert run.rows_changed > 0
    assert read(settings, "select bool_and(finished_at >= started_at) from pipeline_runs") == [(True,)]


def test_run_ids_are_in_the_order_of_time(pipeline: Pipeline) -> None:
    ids = [pipeline.run("timer").run_id for _ in range(50)]
    assert ids == sorted(set(ids))


def test_the_events_of_all_runs_are_the_deliveries(pipeline: Pipeline, settings: Settings) -> None:
    receive(settings.data_dir, [sale("SECOND02")] * 2)
    pipeline.run("timer")
    assert read(settings, "select sum(events_in) from pipeline_runs") == [(3,)]
    assert read(settings, "select sum(delivery_count) from events") == [(3,)]


def test_every_model_is_announced_once_in_order(pipeline: Pipeline) -> None:
    announced: list[Model] = []
    pipeline.run("command", full=True, on_model=announced.append)
    assert announced == list(pipeline.graph.models)
