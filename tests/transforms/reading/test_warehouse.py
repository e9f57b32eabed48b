"""Readers never wait for a lock, always see the newest version, and never see half of one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import duckdb
import pytest

from cbw.errors import WarehouseError
from tests.amounts import amount
from tests.histories import receive, sale, settings_for
from transforms import warehouse
from transforms.pipeline.pipeline import Pipeline
from transforms.publish.publish import publish
from transforms.publish.versions import versions
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from pathlib import Path

    from cbw.settings import Settings

READERS = 2
PUBLISHES = amount(3, 20)

# Until the file ``ending`` exists, reads by one lasting and one new connection at a time; then prints all rows read.
READER = """
import json, sys, time
from pathlib import Path
import duckdb
from transforms.warehouse import Warehouse

QUERY = '''
select
    (select max(published_version) from pipeline_runs),
    (select sum(gross_sales) from daily_sales) = (select sum(gross_amount) from fct_orders),
    (select sum(net_sales) from daily_sales) = (select sum(net_amount) from fct_orders),
    (select sum(sale_count + rebill_count) from daily_sales) = (select count(sold_at) from fct_orders),
    (select count(*) from events where status = 'mapped') > 0
'''
link, ending = map(Path, sys.argv[1:])
seen = []
with Warehouse(link) as following:
    print("ready", flush=True)
    while not ending.exists():
        with duckdb.connect(str(link.resolve()), read_only=True) as fresh:
            for [row] in (following.rows(QUERY), fresh.execute(QUERY).fetchall()):
                seen.append(row)
        time.sleep(0.05)
print(json.dumps(seen))
"""


@pytest.fixture
def settings(published_history: Path, tmp_path: Path) -> Settings:
    shutil.copytree(published_history, tmp_path / "data", symlinks=True)
    return settings_for(tmp_path / "data")


def test_a_reader_follows_new_versions_while_another_connection_of_its_process_holds_an_old_one(
    settings: Settings,
) -> None:
    """DuckDB keeps one instance per path, so that a plain second connection would still show the first version."""
    with (
        duckdb.connect(str(settings.warehouse_path), read_only=True) as plain,
        warehouse.connect(settings.warehouse_path) as reader,
        Pipeline(settings) as pipeline,
    ):
        before = plain.execute("select count(*) from fct_sales").fetchall()
        assert reader.rows("select count(*) from fct_sales") == before
        receive(settings.data_dir, [sale("NEWSALE1")])
        assert pipeline.run("command").status == "published"
        assert reader.rows("select count(*) from fct_sales") == [(before[0][0] + 1,)]
        assert reader.rows("select 1 from fct_sales where receipt = 'NEWSALE1'") == [(1,)]
        assert plain.execute("select count(*) from fct_sales").fetchall() == before


def test_a_reader_says_whether_there_was_a_newer_version(settings: Settings) -> None:
    with Warehouse(settings.warehouse_path) as reader, Pipeline(settings) as pipeline:
        first = reader.file
        assert not reader.refresh()
        publish(pipeline.store, pipeline.graph)
        assert reader.refresh()
        assert not reader.refresh()
        assert reader.file != first


def test_a_reader_that_slept_through_many_versions_goes_on_with_the_newest(settings: Settings) -> None:
    with Warehouse(settings.warehouse_path) as reader, Pipeline(settings) as pipeline:
        for _ in range(5):
            newest = publish(pipeline.store, pipeline.graph)
        assert not reader.file.exists()
        assert reader.rows("select count(*) > 0 from fct_sales") == [(True,)]
        assert reader.file.name == f"warehouse-{newest}.duckdb"


def test_a_result_can_be_read_to_its_end_after_a_newer_version_appeared(settings: Settings) -> None:
    with Warehouse(settings.warehouse_path) as reader, Pipeline(settings) as pipeline:
        cursor = reader.execute("select event_key from events")
        first = cursor.fetchone()
        publish(pipeline.store, pipeline.graph)
        rest = cursor.fetchall()
    assert first is not None
    assert len(rest) > 100


def test_a_frame_has_the_columns_of_the_query(settings: Settings) -> None:
    with warehouse.connect(settings.data_dir) as reader:
        frame = reader.sql(
            "select vendor, sum(gross_sales) as gross from daily_sales where currency = ? group by 1", ["USD"]
        )
    assert list(frame.columns) == ["vendor", "gross"]
    assert len(frame) > 0


def test_instants_are_shown_in_utc_whatever_the_zone_of_the_machine(settings: Settings) -> None:
    script = (
        "import sys; from transforms import warehouse\n"
        "with warehouse.connect(sys.argv[1]) as reader:\n"
        "    print(reader.rows(\"select cast(timestamptz '2026-06-01 12:00:00+00' as varchar)\")[0][0])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", script, str(settings.data_dir)],
        env={"PATH": os.environ["PATH"], "TZ": "America/New_York"},
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert shown.stdout.strip() == "2026-06-01 12:00:00+00"


def test_nobody_can_write_through_a_reader(settings: Settings) -> None:
    with Warehouse(settings.warehouse_path) as reader, pytest.raises(duckdb.Error, match="read-only"):
        reader.execute("delete from fct_sales")


def test_before_the_first_publish_a_reader_gets_a_hint(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError) as caught:
        warehouse.connect(tmp_path)
    assert str(tmp_path / "warehouse.duckdb") in caught.value.message
    assert "cbw refresh" in caught.value.hint


def test_a_link_to_nothing_is_no_warehouse(tmp_path: Path) -> None:
    (tmp_path / "warehouse.duckdb").symlink_to("published/warehouse-1.duckdb")
    with pytest.raises(WarehouseError, match="no published warehouse"):
        warehouse.connect(tmp_path)


def test_the_default_place_is_the_data_directory_of_the_settings(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CBW_DATA_DIR", str(settings.data_dir))
    with warehouse.connect() as reader:
        assert reader.file == settings.warehouse_path.resolve()


def test_readers_in_other_processes_see_only_whole_versions_during_many_publishes(
    settings: Settings, tmp_path: Path
) -> None:
    ending = tmp_path / "ending"
    with ExitStack() as stack, Pipeline(settings) as pipeline:
        readers = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", READER, str(settings.warehouse_path), str(ending)],
                    stdout=subprocess.PIPE, text=True,
                )
            )
            for _ in range(READERS)
        ]  # fmt: skip
        try:
            for reader in readers:
                assert reader.stdout is not None
                assert reader.stdout.readline() == "ready\n"
            last = publish_often(pipeline)
        finally:
            ending.touch()
        outputs = [reader.communicate(timeout=300)[0] for reader in readers]
        assert [reader.returncode for reader in readers] == [0] * READERS
    assert last == versions(settings.data_dir)[-1]
    for output in outputs:
        seen = json.loads(output)
        assert all(row[1:] == [True] * 4 for row in seen)
        assert [row[0] for row in seen[::2]] == sorted(row[0] for row in seen[::2])
        assert len({row[0] for row in seen}) > 1


def publish_often(pipeline: Pipeline) -> int:
    """Publish many versions, with a new sale half-way, and return the last."""
    last = 0
    for number in range(PUBLISHES):
        if number == PUBLISHES // 2:
            receive(pipeline.settings.data_dir, [sale("DURING01")])
            last = pipeline.run("command").published_version or 0
        else:
            last = publish(pipeline.store, pipeline.graph)
        time.sleep(0.02)
    return last
