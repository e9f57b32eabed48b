"""A full build of any history stays within its memory limit, and gives the same tables as one without."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import duckdb
import pytest

from benchmarks.running.peak import peak_of
from cbw.settings import load_settings
from ingest.inbox.delivery import NewDelivery
from ingest.inbox.writer import InboxWriter
from ingest.load.raw_events import load, watermark
from ingest.simulation.simulator import simulate
from tests.amounts import IS_LONG, some_of
from tests.histories import published_receipts, receive, sale, settings_for
from tests.oracle import RawDelivery
from tests.sql.harness import GRAPH, source_of
from tests.sql.one_store import differing
from transforms.build.portions import BODIES, KEYS, bodies_within, conditions, portions
from transforms.build.rebuild import rebuild
from transforms.definitions.checks import read_checks
from transforms.pipeline.pipeline import Pipeline
from transforms.store.store import Store
from transforms.verify.verify import verify

if TYPE_CHECKING:
    from pathlib import Path

END = datetime(2026, 6, 30, 12, tzinfo=UTC)
EVENTS = 8_000 if IS_LONG else 3_000
# Memory of the interpreter, the libraries and the statements, which DuckDB's limit does not cover, in bytes.
OVERHEAD = 250_000_000
# DuckDB's allocator reads the variable once, at the import of duckdb.
PRINT_VARIABLE_AT_IMPORT = """
import json, os, sys
from cbw.command import cli
seen = []
def hook(event, arguments):
    if event == "import" and arguments[0] == "duckdb":
        seen.append(os.environ.get("DUCKDB_JE_MALLOC_CONF"))
sys.addaudithook(hook)
cli.get_command(None, "refresh")
import duckdb
json.dump(seen[0], sys.stdout)
"""
(CORES,) = duckdb.connect().execute("select current_setting('threads')").fetchall()[0]


def test_building_in_portions_gives_the_same_tables_as_building_at_once(tmp_path: Path) -> None:
    events = simulate(200, days=365, seed=3, end=END)
    deliveries = [RawDelivery(END + timedelta(minutes=5), event.body) for event in events]
    store = Store.open(load_settings(data_dir=tmp_path))
    try:
        store.define_aliases(GRAPH)
        load(store.connection, [source_of(deliveries + deliveries[::9])])
        with store.transaction() as connection:
            rebuild(connection, GRAPH, bodies=67)
        assert differing(store) == []
    finally:
        store.close()


def test_models_that_are_local_to_a_body_are_built_in_portions_and_no_others() -> None:
    for model in GRAPH.models:
        parts = list(portions(model, 1000, bodies=100))
        assert len(parts) == (10 if model.refresh.columns in KEYS else 1), model.name


def test_a_portion_reads_its_bodies_alone() -> None:
    for model in GRAPH.models:
        if model.refresh.columns in KEYS:
            *_, last = portions(model, 1000, bodies=100)
            assert last.count("between 901 and 1000") == len(model.inputs), model.name


@pytest.mark.long
def test_comparing_in_portions_finds_every_difference(tmp_path: Path) -> None:
    events = simulate(60, days=365, seed=3, end=END)
    settings = load_settings(data_dir=tmp_path)
    store = Store.open(settings)
    try:
        store.define_aliases(GRAPH)
        load(store.connection, [source_of([RawDelivery(END, event.body) for event in events])])
        with store.transaction() as connection:
            rebuild(connection, GRAPH)
        last = watermark(store.connection)
        assert verify(store, GRAPH, last, settings, bodies=40).is_equal
        # One row inside a range, one without a body, one after the last body.
        store.connection.execute("delete from build.stg_typed_items where body_id = 30")
        store.connection.execute("insert into build.stg_typed_items (body_id) values (null), (1000)")
        tables = {item.table: item for item in verify(store, GRAPH, last, settings, bodies=40).comparisons}
        assert (tables["stg_typed_items"].missing, tables["stg_typed_items"].unexpected) == (1, 2)
        assert len(tables["stg_typed_items"].examples) == 3
    finally:
        store.close()


def test_every_row_meets_one_condition_of_its_model() -> None:
    for model in GRAPH.models:
        parts = list(conditions(model, 95, bodies=10))
        assert len(parts) == (11 if model.refresh.columns in KEYS else 1), model.name
        ids = (
            f"select unnest([null, -1, 0, 1, 10, 11, 95, 96]) as {(model.refresh.columns or ('body_id',))[0]}"
        )
        met = " + ".join(f"coalesce(cast({part} as integer), 0)" for part in parts)
        assert set(duckdb.sql(f"select {met} from ({ids})").fetchall()) == {(1,)}, model.name


def test_portions_are_as_large_as_the_memory_suffices_for() -> None:
    assert bodies_within(300_000_000) == 60_000
    assert bodies_within(600_000_000) == 120_000
    assert bodies_within(64_000_000_000) == BODIES


def test_a_short_history_is_built_at_once() -> None:
    assert all(list(portions(model, 100, bodies=100)) == [model.sql] for model in GRAPH.models)


@pytest.mark.parametrize(("limit", "most"), [("300MB", 1), ("999MB", 1), ("1GB", 2), ("1TB", 10**6)])
def test_there_are_as_many_threads_as_the_memory_suffices_for(tmp_path: Path, limit: str, most: int) -> None:
    store = Store.open(load_settings(data_dir=tmp_path, memory_limit=limit))
    try:
        store.use_threads(1)
        store.use_threads(None)
        assert store.one("select current_setting('threads')") == (min(CORES, most),)
    finally:
        store.close()


@pytest.mark.parametrize("limit", some_of(("300MB", "1GB"), 2))
def test_the_command_builds_within_its_limit(tmp_path: Path, limit: str) -> None:
    (tmp_path / "inbox").mkdir()
    writer = InboxWriter(tmp_path / "inbox" / "inbox-00.sqlite")
    bodies = [event.body for event in simulate(EVENTS, days=60, seed=5, end=END)]
    writer.commit([NewDelivery.now(body, "current", content_type=None, peer=None) for body in bodies])
    writer.close()
    peak = peak_of(
        [sys.executable, "-m", "cbw", "refresh"],
        {"CBW_DATA_DIR": str(tmp_path), "CBW_MEMORY_LIMIT": limit},
    )
    assert peak < load_settings(memory_limit=limit).memory_limit_bytes + OVERHEAD


@pytest.mark.parametrize(
    ("variables", "file", "chosen"),
    [
        ({}, "", "dirty_decay_ms:1000,muzzy_decay_ms:0"),
        ({"CBW_MEMORY_LIMIT": "500MB"}, "", "dirty_decay_ms:1000,muzzy_decay_ms:0"),
        ({"CBW_MEMORY_LIMIT": "499MB"}, "", "dirty_decay_ms:0,muzzy_decay_ms:0"),
        ({}, "CBW_MEMORY_LIMIT=300MB", "dirty_decay_ms:0,muzzy_decay_ms:0"),
        ({"CBW_MEMORY_LIMIT": "300MB", "DUCKDB_JE_MALLOC_CONF": "zero:true"}, "", "zero:true"),
        ({"CBW_MEMORY_LIMIT": "little"}, "", None),  # the command reports the wrong value
    ],
)
def test_freed_memory_is_released_at_once_where_there_is_none_to_spare(
    tmp_path: Path, variables: dict[str, str], file: str, chosen: str | None
) -> None:
    (tmp_path / ".env").write_text(file, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "DUCKDB_JE_MALLOC_CONF"}
    done = subprocess.run(
        [sys.executable, "-c", PRINT_VARIABLE_AT_IMPORT],
        env=environment | variables, cwd=tmp_path, capture_output=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout) == chosen


@pytest.mark.long
@pytest.mark.skipif(CORES < 2, reason="one core has one thread")
def test_a_build_that_several_threads_have_no_memory_for_is_done_by_one(tmp_path: Path) -> None:
    (tmp_path / "greedy.sql").write_text(
        "-- No thread of several has enough memory for this.\n-- severity: blocking\n"
        "select 1 from (select list(number) as numbers from range(\n"
        "case when current_setting('threads') > 1 then 200000000 else 1 end) as t(number)) where len(numbers) > 1\n",
        encoding="utf-8",
    )
    settings = settings_for(tmp_path / "data", memory_limit="1GB")
    receive(settings.data_dir, [sale("FIRST001")])
    with Pipeline(settings, checks=read_checks(tmp_path)) as pipeline:
        assert pipeline.run("command").status == "published"
        assert pipeline.store.one("select current_setting('threads')") == (1,)
    assert published_receipts(settings.warehouse_path) == ["FIRST001"]
