"""A run brings the published warehouse up to date, or leaves readers the last good version and says why."""

from __future__ import annotations

import shutil
from datetime import date
from typing import TYPE_CHECKING

import duckdb
import pytest

from cbw.errors import AlreadyServedError, ConfigurationError
from ingest.inbox.reader import InboxReader, list_inboxes
from tests.amounts import some_of
from tests.histories import read, receive, sale, settings_for
from transforms.definitions.checks import read_checks
from transforms.pipeline.pipeline import Pipeline
from transforms.publish.versions import current_version
from transforms.store.heartbeat import Heartbeat

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cbw.settings import Settings
    from transforms.store.runs import Run


@pytest.fixture
def settings(first_version: Path, tmp_path: Path) -> Settings:
    shutil.copytree(first_version, tmp_path / "data", symlinks=True)
    return settings_for(tmp_path / "data")


@pytest.fixture
def pipeline(settings: Settings) -> Iterator[Pipeline]:
    with Pipeline(settings) as opened:
        yield opened


def receipts(settings: Settings) -> list[object]:
    return [row[0] for row in read(settings, "select receipt from fct_sales order by 1")]


def recorded(pipeline: Pipeline, run: Run) -> tuple[object, ...]:
    """Return the private record of a run, which is there even when nothing could be published."""
    return pipeline.store.one(
        "select trigger, status, events_in, published_version, detail from build.pipeline_runs where run_id = ?",
        [run.run_id],
    )


class TestIdempotence:
    def test_a_run_with_nothing_new_changes_nothing_and_publishes_nothing(
        self, pipeline: Pipeline, settings: Settings
    ) -> None:
        before = settings.warehouse_path.resolve()
        run = pipeline.run("timer")
        assert (run.status, run.events_in, run.published_version) == ("unchanged", 0, 1)
        assert settings.warehouse_path.resolve() == before
        assert read(settings, "select count(*) from pipeline_runs") == [(1,)]

    def test_nothing_new_stays_nothing_new_after_a_restart(self, settings: Settings) -> None:
        for _ in range(2):
            with Pipeline(settings) as pipeline:
                assert pipeline.run("startup").status == "unchanged"

    def test_full_builds_again_even_if_nothing_is_new(self, pipeline: Pipeline, settings: Settings) -> None:
        run = pipeline.run("command", full=True)
        assert (run.status, run.events_in, run.published_version) == ("published", 0, 2)
        assert receipts(settings) == ["FIRST001"]

    def test_the_same_body_again_changes_its_count_and_no_fact(
        self, pipeline: Pipeline, settings: Settings
    ) -> None:
        with InboxReader(list_inboxes(settings.inbox_dir)[0]) as inbox:
            [first] = inbox.read_after(0, 10, 10**6)
        receive(settings.data_dir, [first.body, first.body])
        before = read(settings, "select * from fct_sales")
        assert pipeline.run("timer").events_in == 2
        assert read(settings, "select * from fct_sales") == before
        assert read(settings, "select delivery_count from events") == [(3,)]

    def test_an_installation_that_received_nothing_publishes_empty_tables_once(self, tmp_path: Path) -> None:
        settings = settings_for(tmp_path / "empty")
        with Pipeline(settings) as pipeline:
            assert [pipeline.run("startup").status, pipeline.run("timer").status] == [
                "published",
                "unchanged",
            ]
        assert receipts(settings) == []
        assert read(settings, "select count(*) from metric_definitions")[0] > (0,)


class TestWhatElseMakesTablesStale:
    def test_a_new_alias_is_applied_to_what_was_received_before(self, settings: Settings) -> None:
        body = sale("ALIAS001").replace(b'"vendor"', b'"shopOfMine"')
        receive(settings.data_dir, [body])
        with Pipeline(settings) as pipeline:
            pipeline.run("timer")
        vendor_of = "select vendor from fct_sales where receipt = 'ALIAS001'"
        assert read(settings, vendor_of) == [(None,)]
        table = "scope,field,path,unit\ntransaction,vendor,shopOfMine,\n"
        (settings.data_dir / "aliases.csv").write_text(table, encoding="utf-8")
        with Pipeline(settings) as pipeline:
            run = pipeline.run("startup")
        assert (run.status, run.events_in) == ("published", 0)
        assert read(settings, vendor_of) == [("brightketo",)]

    def test_a_wrong_alias_table_stops_the_start_and_names_the_line(self, settings: Settings) -> None:
        table = "scope,field,path,unit\ntransaction,no_such_field,x,\n"
        (settings.data_dir / "aliases.csv").write_text(table, encoding="utf-8")
        with pytest.raises(
            ConfigurationError, match=r"aliases\.csv: there is no field transaction\.no_such_field"
        ):
            Pipeline(settings)

    def test_another_zone_moves_the_dates_of_what_was_received_before(self, settings: Settings) -> None:
        assert read(settings, "select sold_date from fct_sales") == [(date(2026, 6, 30),)]
        elsewhere = settings_for(settings.data_dir, timezone="Pacific/Auckland")
        with Pipeline(elsewhere) as pipeline:
            assert pipeline.run("startup").status == "published"
            assert pipeline.run("timer").status == "unchanged"
        assert read(settings, "select sold_date from fct_sales") == [(date(2026, 7, 1),)]


class TestABlockingCheck:
    @pytest.fixture
    def checks(self, tmp_path: Path) -> Path:
        """Checks of the test's own: no sale may have the receipt that starts with BAD."""
        directory = tmp_path / "checks"
        directory.mkdir()
        (directory / "no_bad_sale.sql").write_text(
            "-- A sale that must not be.\n-- severity: blocking\n"
            "select receipt from fct_sales where receipt like 'BAD%'\n",
            encoding="utf-8",
        )
        (directory / "few_sales.sql").write_text(
            "-- More than one sale is worth a look.\n-- severity: warning\n"
            "select receipt from fct_sales offset 1\n",
            encoding="utf-8",
        )
        return directory

    @pytest.fixture
    def pipeline(self, settings: Settings, checks: Path) -> Iterator[Pipeline]:
        with Pipeline(settings, checks=read_checks(checks)) as opened:
            yield opened

    def test_keeps_readers_on_the_last_version(self, pipeline: Pipeline, settings: Settings) -> None:
        receive(settings.data_dir, [sale("BADSALE1")])
        run = pipeline.run("timer")
        assert (run.status, run.events_in, run.published_version) == ("blocked", 1, None)
        assert run.detail == "no_bad_sale: 1"
        assert current_version(settings.data_dir) == 1
        assert receipts(settings) == ["FIRST001"]

    def test_is_recorded_with_what_every_check_said(self, pipeline: Pipeline, settings: Settings) -> None:
        receive(settings.data_dir, [sale("BADSALE1")])
        run = pipeline.run("timer")
        assert recorded(pipeline, run) == ("timer", "blocked", 1, None, "no_bad_sale: 1")
        results = pipeline.store.connection.execute(
            "select check_name, severity, violations from build.check_results where run_id = ? order by 1",
            [run.run_id],
        ).fetchall()
        assert results == [("few_sales", "warning", 1), ("no_bad_sale", "blocking", 1)]

    def test_shows_in_the_heartbeat(self, pipeline: Pipeline, settings: Settings) -> None:
        receive(settings.data_dir, [sale("BADSALE1")])
        pipeline.run("timer")
        beat = Heartbeat.read(settings.data_dir)
        assert beat is not None
        assert (beat.last_status, beat.last_error, beat.published_version) == ("blocked", "no_bad_sale: 1", 1)

    def test_goes_on_blocking_until_the_check_holds(self, pipeline: Pipeline, settings: Settings) -> None:
        receive(settings.data_dir, [sale("BADSALE1")])
        assert [pipeline.run("timer").status for _ in range(2)] == ["blocked", "blocked"]
        pipeline.close()
        with Pipeline(settings, checks=()) as mended:
            assert mended.run("startup").status == "published"
        assert receipts(settings) == ["BADSALE1", "FIRST001"]

    def test_that_only_warns_lets_the_version_out_and_publishes_the_warning(
        self, pipeline: Pipeline, settings: Settings
    ) -> None:
        receive(settings.data_dir, [sale("SECOND02")])
        assert pipeline.run("timer").status == "published"
        results = read(
            settings,
            "select check_name, severity, violations from check_results "
            "where run_id = (select max(run_id) from check_results) order by 1",
        )
        assert results == [("few_sales", "warning", 1), ("no_bad_sale", "blocking", 0)]


class TestAFailingPublish:
    def test_is_recorded_and_made_up_for_by_the_next_run(
        self, pipeline: Pipeline, settings: Settings
    ) -> None:
        """A file stands where the directory of versions should be."""
        receive(settings.data_dir, [sale("SECOND02")])
        directory = settings.data_dir / "published"
        aside = directory.rename(settings.data_dir / "aside")
        directory.touch()
        with pytest.raises(FileExistsError):
            pipeline.run("timer")
        status, detail = pipeline.store.one(
            "select status, detail from build.pipeline_runs order by run_id desc limit 1"
        )
        assert status == "failed"
        assert "FileExistsError" in str(detail)
        directory.unlink()
        aside.rename(directory)
        assert receipts(settings) == ["FIRST001"]
        run = pipeline.run("timer")
        assert (run.status, run.published_version) == ("published", 2)
        assert receipts(settings) == ["FIRST001", "SECOND02"]
        assert read(settings, "select status from pipeline_runs order by run_id")[-2:] == [
            ("failed",),
            ("published",),
        ]

    def test_leaves_the_pipeline_usable_when_it_failed_half_way(
        self, pipeline: Pipeline, settings: Settings
    ) -> None:
        """A directory of the unfinished file's name makes the copy itself fail."""
        receive(settings.data_dir, [sale("SECOND02")])
        in_the_way = settings.data_dir / "published" / "warehouse-2.tmp"
        (in_the_way / "full").mkdir(parents=True)
        for _ in range(2):
            with pytest.raises((OSError, duckdb.Error)):
                pipeline.run("timer")
        shutil.rmtree(in_the_way)
        assert pipeline.run("timer").status == "published"
        assert receipts(settings) == ["FIRST001", "SECOND02"]


class TestACrash:
    def test_between_build_and_publish_is_made_up_for_by_the_next_run(self, settings: Settings) -> None:
        """The link still names the version before the build, as after a kill at that moment."""
        receive(settings.data_dir, [sale("SECOND02")])
        with Pipeline(settings) as pipeline:
            assert pipeline.run("timer").published_version == 2
        (settings.data_dir / "warehouse.duckdb").unlink()
        (settings.data_dir / "published" / "warehouse-2.duckdb").unlink()
        (settings.data_dir / "warehouse.duckdb").symlink_to("published/warehouse-1.duckdb")
        with Pipeline(settings) as pipeline:
            run = pipeline.run("startup")
        assert (run.status, run.events_in) == ("published", 0)
        assert receipts(settings) == ["FIRST001", "SECOND02"]

    def test_between_load_and_build_loses_nothing(self, settings: Settings) -> None:
        receive(settings.data_dir, [sale("SECOND02")])
        with Pipeline(settings) as pipeline:
            assert pipeline.load() == 1
        with Pipeline(settings) as pipeline:
            assert pipeline.run("startup").status == "published"
        assert receipts(settings) == ["FIRST001", "SECOND02"]

    def test_a_lost_build_file_is_made_again_from_raw_events(self, settings: Settings) -> None:
        (settings.data_dir / "build.duckdb").unlink()
        with Pipeline(settings) as pipeline:
            run = pipeline.run("startup")
        assert (run.status, run.events_in, run.published_version) == ("published", 0, 2)
        assert receipts(settings) == ["FIRST001"]

    def test_a_lost_link_is_set_again(self, settings: Settings) -> None:
        settings.warehouse_path.unlink()
        with Pipeline(settings) as pipeline:
            assert pipeline.run("startup").status == "published"
        assert receipts(settings) == ["FIRST001"]


def test_a_data_directory_has_one_pipeline(pipeline: Pipeline, settings: Settings) -> None:
    """Within one process DuckDB itself refuses; tests/cbw/test_commands.py has the case of two processes."""
    assert pipeline.run("timer").status == "unchanged"
    with pytest.raises((AlreadyServedError, duckdb.Error)):
        Pipeline(settings)


@pytest.mark.parametrize("is_lasting", some_of((True, False), 2))
def test_only_a_pipeline_that_lasts_plans_for_the_next_refresh(
    settings: Settings, *, is_lasting: bool
) -> None:
    with Pipeline(settings, is_lasting=is_lasting) as pipeline:
        receive(settings.data_dir, [sale(f"EARLY00{number}") for number in range(4)])
        pipeline.run("command")
        for receipt in ("SECOND02", "THIRD003"):
            receive(settings.data_dir, [sale(receipt)])
            run = pipeline.run("command")
            assert (run.status, run.mode) == ("published", "incremental")
        assert pipeline.store.one("select count(*) > 0 from duckdb_prepared_statements()") == (is_lasting,)
        assert pipeline.compare()[0].is_equal
