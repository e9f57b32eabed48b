"""Readers get whole versions: one switch, no locks, no leftover files, and nobody's personal data."""

from __future__ import annotations

import resource
import stat
import struct
from typing import TYPE_CHECKING

import duckdb
import pytest

from tests.histories import go_on, published_receipts
from transforms.definitions.documentation import NIGHTLY
from transforms.definitions.graph import ModelGraph
from transforms.publish.file_copy import copy_file
from transforms.publish.publish import publish
from transforms.publish.versions import KEEP_VERSIONS, current_version, versions

if TYPE_CHECKING:
    from cbw.settings import Settings
    from transforms.pipeline.pipeline import Pipeline

GRAPH = ModelGraph.of_product()
# The number of the storage format that DuckDB 1.2.0 introduced and every later release reads.
STORAGE_OF_1_2_0 = 65


class TestVersions:
    def test_readers_are_switched_to_the_next_version(self, pipeline: Pipeline, settings: Settings) -> None:
        assert published_receipts(settings.warehouse_path.resolve()) == ["FIRST001"]
        go_on(pipeline, "SECOND02")
        assert published_receipts(settings.warehouse_path) == ["FIRST001", "SECOND02"]
        assert current_version(settings.data_dir) == 2

    def test_the_link_is_relative_so_that_the_directory_can_be_moved(
        self, pipeline: Pipeline, settings: Settings
    ) -> None:
        pipeline.close()
        moved = settings.data_dir.rename(settings.data_dir.with_name("moved"))
        assert published_receipts(moved / "warehouse.duckdb") == ["FIRST001"]

    def test_the_last_three_versions_are_kept(self, pipeline: Pipeline, settings: Settings) -> None:
        for _ in range(5):
            publish(pipeline.store, GRAPH)
        assert KEEP_VERSIONS == 3
        assert versions(settings.data_dir) == [4, 5, 6]
        assert current_version(settings.data_dir) == 6

    def test_a_copy_that_fails_leaves_readers_their_version(
        self, pipeline: Pipeline, settings: Settings
    ) -> None:
        """A limit on the file size stands in for a full disk."""
        limit = resource.getrlimit(resource.RLIMIT_FSIZE)
        working = settings.data_dir / "working.duckdb"
        resource.setrlimit(resource.RLIMIT_FSIZE, (working.stat().st_size // 2, limit[1]))
        try:
            with pytest.raises(OSError, match=r"working\.duckdb could not be copied: \w+"):
                copy_file(working, settings.data_dir / "published" / "half.tmp")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        assert current_version(settings.data_dir) == 1
        assert publish(pipeline.store, GRAPH) == 2
        assert list((settings.data_dir / "published").glob("*.tmp")) == []

    def test_a_number_is_never_used_twice(self, pipeline: Pipeline, settings: Settings) -> None:
        """A reader that compares file names alone would take a second version 2 for the first."""
        publish(pipeline.store, GRAPH)
        settings.warehouse_path.unlink()
        assert publish(pipeline.store, GRAPH) == 3

    def test_there_is_no_version_before_the_first_publish(self, settings: Settings) -> None:
        assert current_version(settings.data_dir) is None
        assert versions(settings.data_dir) == []

    def test_a_reader_of_an_old_version_goes_on_with_its_own_data_even_when_its_file_is_gone(
        self, pipeline: Pipeline, settings: Settings
    ) -> None:
        with duckdb.connect(str(settings.warehouse_path), read_only=True) as reader:
            reader.execute("select 1 from fct_sales").fetchall()
            go_on(pipeline, "SECOND02")
            for _ in range(KEEP_VERSIONS):
                publish(pipeline.store, GRAPH)
            assert 1 not in versions(settings.data_dir)
            for table in ("fct_sales", "fct_orders", "fct_sale_lines", "events", "daily_sales"):
                assert reader.execute(f"select count(*) from {table}").fetchone() == (1,)


class TestWhatAKillLeaves:
    def test_an_unfinished_version_and_its_wal_are_removed(
        self, pipeline: Pipeline, settings: Settings
    ) -> None:
        """DuckDB would replay a leftover WAL onto the next file of that name."""
        directory = settings.data_dir / "published"
        names = ("warehouse-2.tmp", "warehouse-2.tmp.wal", "warehouse-2.duckdb.wal", "warehouse-9.tmp")
        for name in names:
            (directory / name).write_bytes(b"half a file")
        assert publish(pipeline.store, GRAPH) == 2
        assert sorted(path.name for path in directory.iterdir()) == [
            "warehouse-1.duckdb",
            "warehouse-2.duckdb",
        ]
        assert published_receipts(settings.warehouse_path) == ["FIRST001"]

    def test_a_leftover_of_the_switch_is_no_obstacle(self, pipeline: Pipeline, settings: Settings) -> None:
        (settings.data_dir / "warehouse.duckdb.new").symlink_to("published/warehouse-77.duckdb")
        assert publish(pipeline.store, GRAPH) == 2
        assert current_version(settings.data_dir) == 2
        assert not (settings.data_dir / "warehouse.duckdb.new").is_symlink()

    def test_a_version_that_was_renamed_but_not_switched_to_is_skipped(
        self, pipeline: Pipeline, settings: Settings
    ) -> None:
        whole = settings.warehouse_path.read_bytes()
        (settings.data_dir / "published" / "warehouse-2.duckdb").write_bytes(whole)
        assert publish(pipeline.store, GRAPH) == 3
        assert current_version(settings.data_dir) == 3


class TestTheFile:
    def test_nobody_may_write_it(self, pipeline: Pipeline, settings: Settings) -> None:
        assert pipeline.graph.published
        for path in (settings.data_dir / "published").iterdir():
            assert stat.S_IMODE(path.stat().st_mode) == 0o444

    def test_older_releases_can_read_it(self, pipeline: Pipeline, settings: Settings) -> None:
        assert pipeline.graph.published
        head = settings.warehouse_path.read_bytes()[:20]
        assert head[8:12] == b"DUCK"
        assert struct.unpack("<Q", head[12:20]) == (STORAGE_OF_1_2_0,)

    def test_it_describes_its_tables_and_columns(self, pipeline: Pipeline, settings: Settings) -> None:
        assert pipeline.graph.published
        with duckdb.connect(str(settings.warehouse_path), read_only=True) as reader:
            tables = dict(reader.execute("select table_name, comment from duckdb_tables()").fetchall())
            [column] = reader.execute(
                "select comment from duckdb_columns() where table_name = 'fct_sales' and column_name = 'receipt'"
            ).fetchall()
        assert tables["fct_sales"] == GRAPH["fct_sales"].grain
        assert column == (GRAPH["fct_sales"].column_comments["receipt"],)

    def test_it_holds_the_record_of_the_run_that_made_it(
        self, pipeline: Pipeline, settings: Settings
    ) -> None:
        go_on(pipeline, "SECOND02")
        with duckdb.connect(str(settings.warehouse_path), read_only=True) as reader:
            runs = reader.execute(
                "select status, published_version, events_in from pipeline_runs order by run_id"
            ).fetchall()
        assert runs == [("published", 1, 1), ("published", 2, 1)]

    def test_it_holds_tables_and_no_body(self, pipeline: Pipeline, settings: Settings) -> None:
        assert pipeline.graph.published
        with duckdb.connect(str(settings.warehouse_path), read_only=True) as reader:
            held = {row[0] for row in reader.execute("select table_name from duckdb_tables()").fetchall()}
            blobs = reader.execute("select 1 from duckdb_columns() where data_type = 'BLOB'").fetchall()
        assert held == {model.name for model in GRAPH.published} | {
            "pipeline_runs",
            "check_results",
            "verifications",
            *NIGHTLY,
        }
        assert blobs == []


# Keys of a body whose values identify a customer. Countries and states do not: many people share them.
