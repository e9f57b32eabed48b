"""Refreshes share plans and temporary tables, and never see rows of an earlier refresh."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from ingest.load.raw_events import load, watermark
from tests.oracle.builders import refund, sale
from tests.sql.harness import GRAPH, source_of
from tests.sql.one_store import differing, opened
from transforms.build import workspace
from transforms.build.builder import Builder
from transforms.build.workspace import Workspace
from transforms.definitions.key_hash import hash_of
from transforms.store.optimizers import JOIN_FILTERS, UNSAFE, leave_out

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.oracle import RawDelivery
    from transforms.store.store import Store


@pytest.fixture
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    yield from opened(tmp_path_factory.mktemp("data"))


class Arrivals:
    """Batches of deliveries, all refreshed by one builder."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.builder = Builder(GRAPH, ())
        self.received: list[RawDelivery] = []
        store.use_threads(1)
        with store.transaction() as connection:
            self.builder.build_all(connection)

    def arrive(self, *deliveries: RawDelivery, clears_changes: bool = True) -> None:
        self.received += deliveries
        since = watermark(self.store.connection)
        load(self.store.connection, [source_of(self.received)])
        self.builder.initialise(self.store.connection)
        with self.store.transaction() as connection:
            self.builder.build_changed(connection, since)
        if clears_changes:
            self.builder.clear_changes()


def plans(store: Store) -> set[str]:
    rows = store.connection.execute("select statement from duckdb_prepared_statements()").fetchall()
    return {statement for (statement,) in rows}


@pytest.mark.long
def test_two_keys_with_one_hash_are_two_keys(store: Store) -> None:
    [(one, other)] = store.connection.execute(
        "select min(receipt), max(receipt)"
        " from (select 'R' || cast(range as varchar) as receipt from range(200000)) as receipts"
        f" group by {hash_of('receipt')} having count(*) > 1 limit 1"
    ).fetchall()
    arrivals = Arrivals(store)
    arrivals.arrive(sale(one, "2026-05-01T12:00:00Z", 70), sale("C", "2026-05-01T12:00:00Z"))
    arrivals.arrive(sale(other, "2026-05-02T12:00:00Z", 30))
    arrivals.arrive(refund(one, "2026-05-03T12:00:00Z", 70))
    assert differing(store) == []
    assert store.connection.execute(
        "select receipt, net_amount from fct_orders where receipt != 'C' order by net_amount"
    ).fetchall() == [(one, 0), (other, 30)]


def test_readers_see_neither_the_hash_nor_the_place_of_a_key(store: Store) -> None:
    held = {column for columns in GRAPH.hashed_keys.values() for column in columns}
    assert {"receipt", "event_key"} <= held
    Arrivals(store).arrive(sale("A", "2026-05-01T12:00:00Z"))
    for model in GRAPH.published:
        cursor = store.connection.execute(f"select {GRAPH.shown(model)} from {model.name}")
        assert [column[0] for column in cursor.description or []] == list(model.shown_columns)


def test_a_refresh_uses_the_plans_of_those_before(store: Store) -> None:
    arrivals = Arrivals(store)
    arrivals.arrive(sale("A", "2026-05-01T12:00:00Z"))
    arrivals.arrive(sale("B", "2026-05-01T12:00:00Z"))
    planned = plans(store)
    assert len(planned) > 100
    arrivals.arrive(sale("C", "2026-05-01T12:00:00Z"))
    assert plans(store) == planned


def test_a_plan_made_on_an_empty_table_sees_later_rows(store: Store) -> None:
    connection = store.connection
    connection.execute("create table build.main.facts as select 1 as a limit 0")
    connection.execute("create table build.main.other as select 1 as a limit 0")
    kept = Workspace(connection)
    kept.make("matches", "select * from facts")
    query = "select f.a from facts as f inner join other as o on f.a = o.a where f.a is not null and f.a > 3"
    for number in (0, 5, 9, 100_000):
        connection.execute(f"insert into facts select {number}")
        connection.execute(f"insert into other select {number}")
        kept.begin(keeps_plans=True)
        kept.fill("matches", query)
        assert connection.execute("select max(a) from matches").fetchone() == (number or None,)
        kept.end()
    assert connection.execute("select count(*) from matches").fetchone() == (0,)


def test_only_the_changes_for_the_publish_outlive_the_transaction_of_a_refresh(store: Store) -> None:
    arrivals = Arrivals(store)
    arrivals.arrive(sale("A", "2026-05-01T12:00:00Z"))
    arrivals.arrive(refund("A", "2026-05-03T12:00:00Z", 70), clears_changes=False)
    tables = store.connection.execute("select table_name from duckdb_tables() where database_name = 'temp'")
    filled = {
        name
        for (name,) in tables.fetchall()
        if store.one(f"select exists (select 1 from temp.main.{name})") == (True,)
    }
    assert {"new_fct_refunds", "removed_fct_orders"} <= filled
    assert filled <= {f"{kind}_{model.name}" for kind in ("new", "removed") for model in GRAPH.published}


@pytest.mark.long
def test_clearing_the_changes_releases_their_memory_and_keeps_the_plans(store: Store) -> None:
    def held() -> int:
        [(taken,)] = store.connection.execute(
            "select sum(memory_usage_bytes) from duckdb_memory() where tag = 'IN_MEMORY_TABLE'"
        ).fetchall()
        return int(taken)

    arrivals = Arrivals(store)
    arrivals.arrive(
        *(sale(f"A{number}", "2026-05-01T12:00:00Z") for number in range(50)), clears_changes=False
    )
    planned = plans(store)
    store.checkpoint(above=0)  # the rows of the WAL are in memory as well
    before = held()
    arrivals.builder.clear_changes()
    if can_release(store):
        assert (before > 1_000_000, held()) == (True, 0)
    arrivals.arrive(refund("A1", "2026-05-03T12:00:00Z", 100))
    assert planned <= plans(store)
    assert differing(store) == []


def can_release(store: Store) -> bool:
    """Return whether DuckDB can checkpoint temporary tables, which DuckDB 2.0 cannot."""
    try:
        store.connection.execute("checkpoint temp")
    except duckdb.BinderException:
        return False
    return True


@pytest.mark.long
def test_a_workspace_full_of_deleted_rows_is_replaced(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    arrivals = Arrivals(store)
    arrivals.arrive(sale("A", "2026-05-01T12:00:00Z"))
    monkeypatch.setattr(workspace, "MOST_ROWS", 10)
    arrivals.arrive(sale("B", "2026-05-01T12:00:00Z"))
    if not can_release(store):
        assert plans(store) == set()
    arrivals.arrive(refund("A", "2026-05-03T12:00:00Z", 100))
    assert differing(store) == []


def test_rows_left_by_a_run_that_failed_to_publish_do_not_come_again(store: Store) -> None:
    arrivals = Arrivals(store)
    arrivals.arrive(sale("A", "2026-05-01T12:00:00Z"), clears_changes=False)
    arrivals.arrive(sale("B", "2026-05-01T12:00:00Z"), clears_changes=False)
    arrivals.arrive(refund("A", "2026-05-03T12:00:00Z", 100))
    assert differing(store) == []


@pytest.mark.parametrize("is_small", [True, False])
def test_builds_disable_the_optimizers_that_lose_rows(store: Store, *, is_small: bool) -> None:
    def left_out() -> set[str]:
        [(names,)] = store.connection.execute("select current_setting('disabled_optimizers')").fetchall()
        return set(str(names).split(","))

    assert left_out() == set(UNSAFE)
    arrivals = Arrivals(store)
    arrivals.builder.initialise(store.connection)
    with store.transaction() as connection:
        arrivals.builder.build_changed(connection, watermark(connection), is_small=is_small)
    assert left_out() == {*UNSAFE, *(["statistics_propagation"] if is_small else [])} - {JOIN_FILTERS}
    with store.transaction() as connection:
        arrivals.builder.build_all(connection)
    assert left_out() == set(UNSAFE)


def test_an_optimizer_that_this_release_lacks_is_no_obstacle(store: Store) -> None:
    leave_out(store.connection, "common_subplan", "nosuch")
    assert store.one("select current_setting('disabled_optimizers')") == ("common_subplan",)
