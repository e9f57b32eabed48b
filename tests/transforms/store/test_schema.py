"""A private file of an earlier release is brought up to date when it is opened, and one of a newer is refused."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from tests.histories import history, receive, settings_for
from tests.processes import cbw
from transforms.pipeline.pipeline import Pipeline
from transforms.store.schema import Schema
from transforms.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbw.settings import Settings

FIRST_RELEASE = Path(__file__).with_name("schema_1")
FILES = ("events", "build")
RUN = "20260101T000000.000000-abcd"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for(tmp_path / "data")


def write(path: Path, *statements: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(path)) as connection:
        for statement in statements:
            connection.execute(statement)


def made_by_the_first_release(data_dir: Path) -> None:
    """Make both files as the first release did, with a run and the positions of an earlier life in them."""
    for name in FILES:
        write(data_dir / f"{name}.duckdb", (FIRST_RELEASE / f"{name}.sql").read_text(encoding="utf-8"))
    write(data_dir / "events.duckdb", "insert into inbox_positions values ('an earlier inbox', 7)")
    write(
        data_dir / "build.duckdb",
        f"insert into pipeline_runs values ('{RUN}', 'timer', 'full', now(), now(), 'failed', 1, 2, 3, null, 'why')",
    )


def columns(store: Store) -> list[tuple[object, ...]]:
    """Return every column of both files' own tables, in order: the loader inserts by position."""
    return store.connection.execute(
        "select database_name, table_name, column_index, column_name, data_type, is_nullable from duckdb_columns() "
        "where database_name in ('events', 'build') order by all"
    ).fetchall()


def versions(store: Store, name: str) -> list[int]:
    rows = store.connection.execute(f"select version from {name}.schema_versions order by 1").fetchall()
    return [int(version) for (version,) in rows]


def test_a_file_of_the_first_release_gets_the_tables_of_a_fresh_one_and_keeps_its_rows(
    settings: Settings, tmp_path: Path
) -> None:
    made_by_the_first_release(settings.data_dir)
    upgraded, fresh = Store.open(settings), Store.open(settings_for(tmp_path / "fresh"))
    assert columns(upgraded) == columns(fresh)
    assert upgraded.one("select inbox_id, inbox_sequence from inbox_positions") == ("an earlier inbox", 7)
    assert upgraded.one("select run_id, detail from pipeline_runs") == (RUN, "why")
    upgraded.close()
    fresh.close()


def test_the_pipeline_goes_on_with_the_files_of_the_first_release(settings: Settings) -> None:
    made_by_the_first_release(settings.data_dir)
    receive(settings.data_dir, history(20))
    with Pipeline(settings) as pipeline:
        run = pipeline.run("command")
    assert (run.status, run.events_in) == ("published", 20)


def test_a_fresh_file_records_the_version_it_was_made_with_once(settings: Settings) -> None:
    for _ in range(2):
        store = Store.open(settings)
        assert [versions(store, name) for name in FILES] == [
            [Schema.of("events", "raw").version], [Schema.of("build", "operations").version],
        ]  # fmt: skip
        store.close()


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_a_newer_release_is_refused_in_one_line_and_left_alone(
    settings: Settings, name: str
) -> None:
    Store.open(settings).close()
    path = settings.data_dir / f"{name}.duckdb"
    write(path, "insert into schema_versions values (99, now())")
    before = path.read_bytes()
    refused = cbw("refresh", cwd=settings.data_dir.parent, data_dir=settings.data_dir)
    [line] = refused.err.splitlines()
    assert refused.code == 1
    assert f"{name}.duckdb has schema version 99" in line
    assert "or a newer one" in line
    assert path.read_bytes() == before


class TestMigrations:
    """The mechanism itself, on a schema of two later versions that are invented here."""

    @pytest.fixture
    def schema(self, tmp_path: Path) -> Schema:
        definitions, migrations = tmp_path / "definitions", tmp_path / "migrations"
        definitions.mkdir()
        migrations.mkdir()
        (definitions / "things.sql").write_text("create table if not exists things (a int, b int, c int)")
        (migrations / "0002_add_b.sql").write_text(
            "alter table things add column b int; update things set b = 2"
        )
        (migrations / "0003_add_c.sql").write_text(
            "alter table things add column c int; update things set c = b + 1"
        )
        return Schema("events", definitions, migrations)

    @pytest.fixture
    def connection(self, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
        path = tmp_path / "events.duckdb"
        write(path, "create table things (a int)", "insert into things values (1)")
        with duckdb.connect(":memory:") as connection:
            connection.execute(f"attach '{path}' as events")
            yield connection

    def test_run_in_the_order_of_their_numbers_and_once(
        self, schema: Schema, connection: duckdb.DuckDBPyConnection
    ) -> None:
        for _ in range(2):
            schema.apply(connection)
            assert connection.execute("select * from events.things").fetchall() == [(1, 2, 3)]
            assert connection.execute("select version from events.schema_versions").fetchall() == [(2,), (3,)]

    def test_go_on_from_the_version_that_the_file_has(
        self, schema: Schema, connection: duckdb.DuckDBPyConnection
    ) -> None:
        last = schema.migrations / "0003_add_c.sql"
        text = last.read_text()
        last.unlink()
        schema.apply(connection)
        assert schema.version_of(connection) == 2
        last.write_text(text)
        schema.apply(connection)
        assert connection.execute("select * from events.things").fetchall() == [(1, 2, 3)]

    def test_that_fail_undo_their_own_step_and_keep_those_before(
        self, schema: Schema, connection: duckdb.DuckDBPyConnection
    ) -> None:
        wrong = "alter table things add column c int; update things set no_such_column = 1"
        (schema.migrations / "0003_add_c.sql").write_text(wrong)
        with pytest.raises(duckdb.BinderException):
            schema.apply(connection)
        assert connection.execute("select * from events.things").fetchall() == [(1, 2)]
        assert schema.version_of(connection) == 2
