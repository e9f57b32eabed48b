"""Readers get whole versions: one switch, no locks, nothing left behind, and nobody's personal data."""

from __future__ import annotations

import json
import re
import shutil
import stat
import struct
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from ingest.simulator import simulate
from tests.histories import END, receive, sale, settings_for
from transforms.documentation import NIGHTLY
from transforms.models import ModelGraph
from transforms.pipeline import Pipeline
from transforms.publish import KEEP_VERSIONS, current_version, publish, versions
from transforms.runs import Run, record
from transforms.store import BLOCK_SIZE, STORAGE_VERSION
from transforms.warehouse import Warehouse
from transforms.working_copy import MOST_UNUSED, PUBLISHES_BETWEEN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingest.settings import Settings
    from transforms.models import Model

GRAPH = ModelGraph.from_directory()
# The number of the storage format that DuckDB 1.2.0 introduced, and every later release reads.
STORAGE_OF_1_2_0 = 65


@pytest.fixture(scope="module")
def first_version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory whose first version has been published."""
    data_dir = tmp_path_factory.mktemp("template") / "data"
    receive(data_dir, [sale("FIRST001")])
    with Pipeline(settings_for(data_dir)) as opened:
        opened.run("command")
    return data_dir


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for(tmp_path / "data")


@pytest.fixture
def pipeline(first_version: Path, settings: Settings) -> Iterator[Pipeline]:
    shutil.copytree(first_version, settings.data_dir, symlinks=True)
    with Pipeline(settings) as opened:
        yield opened


def receipts(path: Path) -> list[str]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return [row[0] for row in connection.execute("select receipt from fct_sales order by 1").fetchall()]


def go_on(pipeline: Pipeline, receipt: str) -> None:
    receive(pipeline.settings.data_dir, [sale(receipt)])
    assert pipeline.run("command").status == "published"


class TestVersions:
    def test_readers_are_switched_to_the_next_version(self, pipeline: Pipeline, settings: Settings) -> None:
        assert receipts(settings.warehouse_path.resolve()) == ["FIRST001"]
        go_on(pipeline, "SECOND02")
        assert receipts(settings.warehouse_path) == ["FIRST001", "SECOND02"]
        assert current_version(settings.data_dir) == 2

    def test_the_link_is_relative_so_that_the_directory_can_be_moved(
        self, pipeline: Pipeline, settings: Settings
    ) -> None:
        pipeline.close()
        moved = settings.data_dir.rename(settings.data_dir.with_name("moved"))
        assert receipts(moved / "warehouse.duckdb") == ["FIRST001"]

    def test_the_last_three_versions_are_kept(self, pipeline: Pipeline, settings: Settings) -> None:
        for _ in range(5):
            publish(pipeline.store, GRAPH)
        assert KEEP_VERSIONS == 3
        assert versions(settings.data_dir) == [4, 5, 6]
        assert current_version(settings.data_dir) == 6

    def test_a_number_is_never_used_twice(self, pipeline: Pipeline, settings: Settings) -> None:
        """A reader that looks at names only would take a second version 2 for the first."""
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
    def test_a_half_made_version_and_its_log_are_removed(
        self, pipeline: Pipeline, settings: Settings
    ) -> None:
        """DuckDB would replay a leftover log onto the next file of that name."""
        directory = settings.data_dir / "published"
        names = ("warehouse-2.tmp", "warehouse-2.tmp.wal", "warehouse-2.duckdb.wal", "warehouse-9.tmp")
        for name in names:
            (directory / name).write_bytes(b"half a file")
        assert publish(pipeline.store, GRAPH) == 2
        assert sorted(path.name for path in directory.iterdir()) == [
            "warehouse-1.duckdb",
            "warehouse-2.duckdb",
        ]
        assert receipts(settings.warehouse_path) == ["FIRST001"]

    def test_a_leftover_of_the_switch_is_no_obstacle(self, pipeline: Pipeline, settings: Settings) -> None:
        (settings.data_dir / "warehouse.duckdb.new").symlink_to("published/warehouse-77.duckdb")
        assert publish(pipeline.store, GRAPH) == 2
        assert current_version(settings.data_dir) == 2
        assert not (settings.data_dir / "warehouse.duckdb.new").is_symlink()

    def test_a_version_that_was_renamed_but_not_switched_to_is_passed_over(
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

    def test_it_says_what_it_holds(self, pipeline: Pipeline, settings: Settings) -> None:
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


# Keys of a body whose values say who a customer is. Countries and states are no secret: many people share them.
PERSONAL = re.compile(r"name|e-?mail|phone|address|street|city|zip|postal", re.IGNORECASE)
NOT_PERSONAL = re.compile(
    r"product|item|vendor|affiliate|title|country|state|event|source|metric|rule", re.IGNORECASE
)


def personal(value: Any, path: str = "") -> Iterator[str]:
    """Give every personal text of a body: what stands below a key that names a person, a place or a way to reach."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from personal(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from personal(inner, path)
    elif isinstance(value, str | int | Decimal) and not isinstance(value, bool):
        *_, parent, leaf = path.split(".")
        if PERSONAL.search(leaf) and not NOT_PERSONAL.search(f"{parent} {leaf}") and len(str(value)) > 3:
            yield str(value)


CANARIES: dict[str, dict[str, Any]] = {
    "sale.created": {"receipt": "CANARY01", "totalOrderAmount": "Canaryfirst"},
    "refund.processed": {"receipt": "CANARY02", "refund_amount": 3},
    "chargeback.received": {"receipt": "CANARY03", "amount": "canarina@example.com"},
    "customer.updated": {"receipt": "CANARY04"},
}
CANARY = {
    "firstName": "Canarina",
    "lastName": "Canarelli",
    "fullName": "Canarina Canarelli",
    "email": "canarina@example.com",
    "phoneNumber": "555-0199-77",
    "address": {"address1": "7 Canary Wharf Rd", "city": "Canaryville", "postalCode": "99887"},
}


def _canary(kind: str, data: dict[str, Any]) -> bytes:
    """Return an event with a person in every place, some where only amounts belong."""
    envelope = {"id": f"evt_{kind}", "type": kind, "created_at": "2026-06-30T12:00:00Z"}
    person = {"customer": {"billing": CANARY}, "customerEmail": "canary.flat@example.com"}
    top = {"firstName": "Canaryfirst", "email": "canary.top@example.com"}
    return json.dumps(envelope | top | {"data": data | person}).encode()


def test_no_name_mail_address_or_phone_of_any_body_is_in_the_published_file(settings: Settings) -> None:
    bodies = [event.body for event in simulate(600, 60, 3, END)]
    canaries = [_canary(kind, data) for kind, data in CANARIES.items()]
    known = {text for body in (*bodies, *canaries) for text in personal(parsed(body))}
    assert {
        "Canarina Canarelli",
        "canarina@example.com",
        "canary.flat@example.com",
        "7 Canary Wharf Rd",
    } <= known
    assert len(known) > 300
    receive(settings.data_dir, [*bodies, *canaries])
    with Pipeline(settings) as pipeline:
        pipeline.run("command")
    assert found_in_the_file(settings.warehouse_path, known) == []


def parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def found_in_the_file(path: Path, known: set[str]) -> list[str]:
    """Return where any of these texts stands, as a whole value or as words inside one."""
    found = []
    with Warehouse(path) as warehouse:
        texts = warehouse.rows(
            "select table_name, column_name from duckdb_columns() "
            "where database_name = 'warehouse' and (data_type like '%VARCHAR%' or data_type like '%STRUCT%')"
        )
        assert len(texts) > 50
        for table, column in texts:
            values = warehouse.rows(
                f"select distinct cast({column} as varchar) from {table} where {column} is not null"
            )
            for (value,) in values:
                if value in known or any(text in value for text in known if " " in text or "@" in text):
                    found.append(f"{table}.{column}: {value}")
    return found


class TestTheWorkingCopy:
    """What readers get is what was built, however little of it was copied."""

    def test_after_refreshes_by_what_changed_every_published_table_is_the_built_one(
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

    def test_one_that_is_lost_damaged_or_of_another_day_is_made_anew(
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

    def test_a_publish_that_failed_is_made_good_by_the_next(
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
        assert receipts(settings.warehouse_path) == ["FIRST001", "SECOND02", "THIRD003"]
        assert differing(pipeline, settings.warehouse_path) == []

    def test_one_of_which_too_much_is_unused_is_made_anew_but_not_at_every_publish(
        self, settings: Settings
    ) -> None:
        bodies = [event.body for event in simulate(202, 60, 5, END)]
        with Pipeline(settings) as pipeline:
            receive(settings.data_dir, bodies[:200])
            pipeline.run("command")
            leave_unused(pipeline)
            receive(settings.data_dir, bodies[200:201])
            assert pipeline.run("command").mode == "incremental"
            assert unused_share(settings.warehouse_path) > MOST_UNUSED
            with pipeline.store.transaction() as connection:
                for _ in range(PUBLISHES_BETWEEN):
                    record(connection, Run.start("timer", "incremental").ended("published"))
            receive(settings.data_dir, bodies[201:])
            assert pipeline.run("command").mode == "incremental"
            assert unused_share(settings.warehouse_path) < MOST_UNUSED
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


def leave_unused(pipeline: Pipeline) -> None:
    """Leave most of the working copy unused, in front of what is used."""
    connection = pipeline.store.connection
    connection.execute("create table working.main.filler as select hash(range) from range(500000)")
    connection.execute("checkpoint working")
    connection.execute("create table working.main.behind as select hash(range) from range(50000)")
    connection.execute("checkpoint working")
    connection.execute("drop table working.main.filler")
    connection.execute("checkpoint working")


def unused_share(path: Path) -> float:
    with duckdb.connect(str(path.resolve()), read_only=True) as reader:
        [row] = reader.execute("select free_blocks / total_blocks from pragma_database_size()").fetchall()
    return float(row[0])


def differing(pipeline: Pipeline, published: Path) -> list[str]:
    """Return the tables whose published rows are not exactly the built ones."""
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
