"""Each update leaves the working copy equal to the built tables, even after the file was lost or damaged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from ingest.simulation.simulator import simulate
from tests.histories import END, go_on, published_receipts, receive, sale
from transforms.definitions.graph import ModelGraph
from transforms.pipeline.pipeline import Pipeline
from transforms.publish.working_copy import MOST_FREE, PUBLISHES_BETWEEN
from transforms.store.runs import Run, record
from transforms.store.store import BLOCK_SIZE, STORAGE_VERSION

if TYPE_CHECKING:
    from pathlib import Path

    from cbw.settings import Settings
    from transforms.definitions.model import Model

GRAPH = ModelGraph.of_product()


class TestTheWorkingCopy:
    """Readers get the built tables, however few rows an update copied."""

    @pytest.mark.long
    def test_after_incremental_refreshes_every_published_table_equals_the_built_one(
        self, settings: Settings
    ) -> None:
        bodies = [event.body for event in simulate(300, 60, 5, END)]
        with Pipeline(settings) as pipeline:
            modes = []
            for first, last in ((0, 200), (200, 250), (250, 251), (251, 300)):
                receive(settings.data_dir, bodies[first:last])
                modes.append(pipeline.run("command").mode)
            assert modes == ["full", "incremental", "incremental", "incremental"]
            assert differing(pipeline, settings.warehouse_path) == []

    @pytest.mark.long
    def test_one_that_is_lost_damaged_or_of_another_day_is_rebuilt(
        self, pipeline: Pipeline, settings: Settings
    ) -> None:
        working = settings.data_dir / "working.duckdb"
        go_on(pipeline, "SECOND02")
        pipeline.close()
        earlier = working.read_bytes()
        for number, damage in enumerate(
            (
                working.unlink,
                lambda: working.write_bytes(b"no database"),
                lambda: working.write_bytes(earlier),
            )
        ):
            damage()
            with Pipeline(settings) as opened:
                go_on(opened, f"AFTER00{number}")
                assert differing(opened, settings.warehouse_path) == []

    def test_the_publish_after_a_failed_one_has_the_changes_of_both(
        self, pipeline: Pipeline, settings: Settings
    ) -> None:
        published = settings.data_dir / "published"
        moved = published.rename(settings.data_dir / "elsewhere")
        published.write_text("a file where a directory must be")
        receive(settings.data_dir, [sale("SECOND02")])
        with pytest.raises(OSError, match="published"):
            pipeline.run("command")
        published.unlink()
        moved.rename(published)
        go_on(pipeline, "THIRD003")
        assert published_receipts(settings.warehouse_path) == ["FIRST001", "SECOND02", "THIRD003"]
        assert differing(pipeline, settings.warehouse_path) == []

    @pytest.mark.long
    def test_one_with_too_many_free_blocks_is_rebuilt_but_not_at_every_publish(
        self, settings: Settings
    ) -> None:
        bodies = [event.body for event in simulate(202, 60, 5, END)]
        with Pipeline(settings) as pipeline:
            receive(settings.data_dir, bodies[:200])
            pipeline.run("command")
            leave_free_blocks(pipeline)
            receive(settings.data_dir, bodies[200:201])
            assert pipeline.run("command").mode == "incremental"
            assert free_share(settings.warehouse_path) > MOST_FREE
            with pipeline.store.transaction() as connection:
                for _ in range(PUBLISHES_BETWEEN):
                    record(connection, Run.start("timer", "incremental").ended("published"))
            receive(settings.data_dir, bodies[201:])
            assert pipeline.run("command").mode == "incremental"
            assert free_share(settings.warehouse_path) < MOST_FREE
            assert differing(pipeline, settings.warehouse_path) == []

    def test_new_files_have_small_blocks_and_one_that_exists_keeps_its_own(self, settings: Settings) -> None:
        settings.data_dir.mkdir()
        with duckdb.connect() as connection:
            target = settings.data_dir / "events.duckdb"
            connection.execute(f"attach '{target}' as events (storage_version '{STORAGE_VERSION}')")
            connection.execute("create table events.main.of_before as select 1 as one")
        receive(settings.data_dir, [sale("FIRST001")])
        with Pipeline(settings) as opened:
            assert opened.run("command").status == "published"
            blocks = opened.store.connection.execute(
                "select database_name, block_size from pragma_database_size() where database_name != 'memory'"
            ).fetchall()
        assert dict(blocks) == {"events": 262_144, "build": BLOCK_SIZE, "working": BLOCK_SIZE}


def leave_free_blocks(pipeline: Pipeline) -> None:
    """Leave most blocks of the working copy free, before the used ones."""
    connection = pipeline.store.connection
    connection.execute("create table working.main.filler as select hash(range) from range(500000)")
    connection.execute("checkpoint working")
    connection.execute("create table working.main.behind as select hash(range) from range(50000)")
    connection.execute("checkpoint working")
    connection.execute("drop table working.main.filler")
    connection.execute("checkpoint working")


def free_share(path: Path) -> float:
    with duckdb.connect(str(path.resolve()), read_only=True) as reader:
        [row] = reader.execute("select free_blocks / total_blocks from pragma_database_size()").fetchall()
    return float(row[0])


def differing(pipeline: Pipeline, published: Path) -> list[str]:
    """Return the tables whose published rows differ from the built ones."""
    connection = pipeline.store.connection
    connection.execute(f"attach '{published.resolve()}' as readers (read_only)")
    try:
        return [model.name for model in GRAPH.published if _differs(pipeline, model)]
    finally:
        connection.execute("detach readers")


def _differs(pipeline: Pipeline, model: Model) -> bool:
    built = f"select {GRAPH.shown(model)} from build.main.{model.name}"
    read = f"select * from readers.main.{model.name}"
    queries = (f"from ({built} except all {read}) limit 1", f"from ({read} except all {built}) limit 1")
    return any(pipeline.store.connection.execute(query).fetchall() for query in queries)
