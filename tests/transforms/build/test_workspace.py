"""What a refresh leaves to the next serves it, and never tells it what is no longer so."""

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
    """Deliveries that come one batch after the other, each refreshed by one builder."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.builder = Builder(GRAPH, ())
        self.received: list[RawDelivery] = []
        store.use_threads(1)
        with store.transaction() as connection:
            self.builder.build_all(connection)

    def come(self, *deliveries: RawDelivery, is_let_go: bool = True) -> None:
        self.received += deliveries
        since = watermark(self.store.connection)
        load(self.store.connection, [source_of(self.received)])
        self.builder.make_ready(self.store.connection)
        with self.store.transaction() as connection:
            self.builder.build_changed(connection, since)
        if is_let_go:
            self.builder.forget()


def plans(store: Store) -> set[str]:
    rows = store.connection.execute("select statement from duckdb_prepared_statements()").fetchall()
    return {statement for (statement,) in rows}


def test_two_keys_with_one_hash_are_two_keys(store: Store) -> None:
    [(one, other)] = store.connection.execute(
        "select min(receipt), max(receipt)"
        " from (select 'R' || cast(range as varchar) as receipt from range(200000)) as receipts"
        f" group by {hash_of('receipt')} having count(*) > 1 limit 1"
    ).fetchall()
    arrivals = Arrivals(store)
    arrivals.come(sale(one, "2026-05-01T12:00:00Z", 70), sale("C", "2026-05-01T12:00:00Z"))
    arrivals.come(sale(other, "2026-05-02T12:00:00Z", 30))
    arrivals.come(refund(one, "2026-05-03T12:00:00Z", 70))
    assert differing(store) == []
    assert store.connection.execute(
        "select receipt, net_amount from fct_orders where receipt != 'C' order by net_amount"
    ).fetchall() == [(one, 0), (other, 30)]


def test_readers_see_neither_the_hash_nor_the_place_of_a_key(store: Store) -> None:
    held = {column for columns in GRAPH.hashed_keys.values() for column in columns}
    assert {"receipt", "event_key"} <= held
    Arrivals(store).come(sale("A", "2026-05-01T12:00:00Z"))
    for model in GRAPH.published:
        cursor = store.connection.execute(f"select {GRAPH.shown(model)} from {model.name}")
        assert [column[0] for column in cursor.description or []] == list(model.shown_columns)


def test_what_was_planned_once_serves_the_next_refresh(store: Store) -> None:
    arrivals = Arrivals(store)
    arrivals.come(sale("A", "2026-05-01T12:00:00Z"))
    arrivals.come(sale("B", "2026-05-01T12:00:00Z"))
    planned = plans(store)
    assert len(planned) > 100
    arrivals.come(sale("C", "2026-05-01T12:00:00Z"))
    assert plans(store) == planned


def test_a_plan_made_on_an_empty_table_sees_what_comes_later(store: Store) -> None:
    connection = store.connection
    connection.execute("create table build.main.facts as select 1 as a limit 0")
    connection.execute("create table build.main.other as select 1 as a limit 0")
    kept = Workspace(connection)
    kept.make("found", "select * from facts")
    query = "select f.a from facts as f inner join other as o on f.a = o.a where f.a is not null and f.a > 3"
    for number in (0, 5, 9, 100_000):
        connection.execute(f"insert into facts select {number}")
        connection.execute(f"insert into other select {number}")
        kept.begin(keeps_plans=True)
        kept.fill("found", query)
        assert connection.execute("select max(a) from found").fetchone() == (number or None,)
        kept.end()
    assert connection.execute("select count(*) from found").fetchone() == (0,)


def test_only_what_a_publish_reads_outlives_the_transaction_of_a_refresh(store: Store) -> None:
    arrivals = Arrivals(store)
    arrivals.come(sale("A", "2026-05-01T12:00:00Z"))
    arrivals.come(refund("A", "2026-05-03T12:00:00Z", 70), is_let_go=False)
    tables = store.connection.execute("select table_name from duckdb_tables() where database_name = 'temp'")
    filled = {
        name
        for (name,) in tables.fetchall()
        if store.one(f"select exists (select 1 from temp.main.{name})") == (True,)
    }
    assert {"new_fct_refunds", "gone_fct_orders"} <= filled
    assert filled <= {f"{kind}_{model.name}" for kind in ("new", "gone") for model in GRAPH.published}


def test_rows_that_were_let_go_take_no_memory_and_no_plan_with_them(store: Store) -> None:
    def held() -> int:
        [(taken,)] = store.connection.execute(
            "select sum(memory_usage_bytes) from duckdb_memory() where tag = 'IN_MEMORY_TABLE'"
        ).fetchall()
        return int(taken)

    arrivals = Arrivals(store)
    arrivals.come(*(sale(f"A{number}", "2026-05-01T12:00:00Z") for number in range(50)), is_let_go=False)
    planned = plans(store)
    store.checkpoint(above=0)  # what the file's log holds is in memory too
    before = held()
    arrivals.builder.forget()
    if can_give_back(store):
        assert (before > 1_000_000, held()) == (True, 0)
    arrivals.come(refund("A1", "2026-05-03T12:00:00Z", 100))
    assert planned <= plans(store)
    assert differing(store) == []


def can_give_back(store: Store) -> bool:
    """DuckDB 2.0 does not checkpoint temporary tables."""
    try:
        store.connection.execute("checkpoint temp")
    except duckdb.BinderException:
        return False
    return True


def test_a_workspace_full_of_deleted_rows_is_made_anew(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    arrivals = Arrivals(store)
    arrivals.come(sale("A", "2026-05-01T12:00:00Z"))
    monkeypatch.setattr(workspace, "MOST_ROWS", 10)
    arrivals.come(sale("B", "2026-05-01T12:00:00Z"))
    if not can_give_back(store):
        assert plans(store) == set()
    arrivals.come(refund("A", "2026-05-03T12:00:00Z", 100))
    assert differing(store) == []


def test_rows_left_by_a_run_that_failed_to_publish_do_not_come_again(store: Store) -> None:
    arrivals = Arrivals(store)
    arrivals.come(sale("A", "2026-05-01T12:00:00Z"), is_let_go=False)
    arrivals.come(sale("B", "2026-05-01T12:00:00Z"), is_let_go=False)
    arrivals.come(refund("A", "2026-05-03T12:00:00Z", 100))
    assert differing(store) == []


@pytest.mark.parametrize("is_small", [True, False])
def test_builds_leave_out_what_is_known_to_lose_rows(store: Store, *, is_small: bool) -> None:
    def left_out() -> set[str]:
        [(names,)] = store.connection.execute("select current_setting('disabled_optimizers')").fetchall()
        return set(str(names).split(","))

    assert left_out() == set(UNSAFE)
    arrivals = Arrivals(store)
    arrivals.builder.make_ready(store.connection)
    with store.transaction() as connection:
        arrivals.builder.build_changed(connection, watermark(connection), is_small=is_small)
    assert left_out() == {*UNSAFE, *(["statistics_propagation"] if is_small else [])} - {JOIN_FILTERS}
    with store.transaction() as connection:
        arrivals.builder.build_all(connection)
    assert left_out() == set(UNSAFE)


def test_an_optimizer_that_this_release_has_not_is_no_obstacle(store: Store) -> None:
    leave_out(store.connection, "common_subplan", "nosuch")
    assert store.one("select current_setting('disabled_optimizers')") == ("common_subplan",)
