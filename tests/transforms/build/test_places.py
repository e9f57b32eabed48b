"""A refresh reads tables at the places of its keys only, and misses no row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ingest.load.raw_events import load, watermark
from tests.oracle.builders import chargeback, refund, sale
from tests.sql.harness import GRAPH, source_of
from tests.sql.one_store import differing, misplaced, opened
from transforms.build.builder import Builder
from transforms.build.incremental import SOURCE, IncrementalRefresh
from transforms.build.lookup import Lookup
from transforms.build.near import NO_PLACES
from transforms.build.places import Places
from transforms.build.workspace import Workspace
from transforms.definitions.checks import checks_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.oracle import RawDelivery
    from transforms.store.store import Store


CHECKS = checks_of(GRAPH)


@pytest.fixture
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    for each in opened(tmp_path_factory.mktemp("data")):
        each.use_threads(1)  # as a refresh does
        yield each


@pytest.fixture
def filled(store: Store) -> Store:
    load(store.connection, [source_of([sale(receipt, "2026-05-01T12:00:00Z") for receipt in "ABC"])])
    with store.transaction() as connection:
        Builder(GRAPH, ()).build_all(connection)
    return store


def near(places: Places, work: Workspace, model: str, receipt: str) -> list[tuple[object, ...]]:
    """Return the places of one receipt's rows that a model collects."""
    lookup = Lookup.of(GRAPH[model], work.columns_of, model)
    work.make("keys", lookup.keys_of_any())
    work.fill("keys", f"select distinct receipt_hash from int_sales where receipt = '{receipt}'")
    receipt_places = places.near_model(GRAPH[model], lookup, work.table("keys"))
    return work.connection.execute(f"select * from {receipt_places.places}").fetchall()


def test_a_refresh_collects_the_places_of_a_key(filled: Store) -> None:
    work = Workspace(filled.connection)
    places = Places(work, GRAPH, SOURCE)
    work.begin(keeps_plans=True)
    places.begin(is_used=True)
    [(body,)] = filled.connection.execute("select body_id from int_sales where receipt = 'B'").fetchall()
    assert near(places, work, "fct_orders", "B") == [(body,)]


def test_a_place_that_a_refresh_removed_counts_as_well(filled: Store) -> None:
    work = Workspace(filled.connection)
    places = Places(work, GRAPH, SOURCE)
    work.begin(keeps_plans=True)
    places.begin(is_used=True)
    places.record_removed("stg_typed_items", "(select * replace (77 as body_id) from stg_typed_items)")
    assert (77,) in near(places, work, "fct_orders", "B")


def test_places_that_are_not_used_are_not_collected(filled: Store) -> None:
    work = Workspace(filled.connection)
    places = Places(work, GRAPH, SOURCE)
    places.begin(is_used=False)
    lookup = Lookup.of(GRAPH["fct_orders"], work.columns_of, "fct_orders")
    assert places.near_model(GRAPH["fct_orders"], lookup, "nothing") == NO_PLACES


def test_a_list_that_is_not_refreshed_yet_is_not_used(filled: Store) -> None:
    work = Workspace(filled.connection)
    places = Places(work, GRAPH, SOURCE)
    work.begin(keeps_plans=True)
    places.begin(is_used=True)
    lookup = Lookup.of(GRAPH["int_winners"], work.columns_of, "int_winners")
    assert places.near_model(GRAPH["stg_typed_items"], lookup, "nothing") == NO_PLACES


@pytest.mark.parametrize("model", [model.name for model in GRAPH.models if model.placed_by])
def test_a_placed_table_has_its_own_place_in_each_row(model: str) -> None:
    listed = {key for each in GRAPH.models for key in each.lists_places_by} | {"body_hash"}
    assert set(GRAPH[model].placed_by) <= listed & set(GRAPH[model].columns)
    assert "body_id" in GRAPH[model].columns


@pytest.mark.long
def test_every_row_is_at_a_listed_place_after_each_refresh(store: Store) -> None:
    builder = Builder(GRAPH, (), many=0)
    with store.transaction() as connection:
        builder.build_all(connection)
    received: list[RawDelivery] = []
    for deliveries in (
        [refund("A", "2026-05-03T12:00:00Z", 70)],  # an orphan: the place of its order is the refund's body
        [sale("A", "2026-05-01T12:00:00Z", 70), sale("A-B002", "2026-06-01T12:00:00Z", 70)],
        [chargeback("A", "2026-05-20T12:00:00Z", 70), sale("B", "2026-05-02T12:00:00Z")],
        [sale("A", "2026-05-01T12:00:00Z", 71)],  # corrected: another body may win
    ):
        received += deliveries
        since = watermark(store.connection)
        load(store.connection, [source_of(received)])
        builder.initialise(store.connection)
        with store.transaction() as connection:
            builder.build_changed(connection, since)
        builder.clear_changes()
        assert differing(store) == []
        assert misplaced(store) == []


def test_a_check_finds_a_row_at_a_place_that_is_not_listed(filled: Store) -> None:
    work = Workspace(filled.connection)
    places = Places(work, GRAPH, SOURCE)
    work.begin(keeps_plans=True)
    places.begin(is_used=True)
    filled.connection.execute("insert into fct_orders select * replace (99 as body_id) from fct_orders")
    lookup = Lookup.of(GRAPH["fct_orders"], work.columns_of, "fct_orders")
    keys = "(select distinct receipt_hash from fct_orders)"
    listed = places.near_model(GRAPH["fct_orders"], lookup, keys)
    assert (99,) not in work.connection.execute(f"select * from {listed.places}").fetchall()
    [check] = [each for each in CHECKS if each.name == "fct_orders_key_is_unique"]
    near_checks = places.near_checks(
        [Lookup.of(check, work.columns_of)], keys, {"fct_orders": "(select * from fct_orders)"}
    )
    assert (99,) in work.connection.execute(f"select * from {near_checks.places}").fetchall()


def test_a_row_at_a_place_that_is_not_listed_is_reported(filled: Store) -> None:
    filled.connection.execute("update fct_sale_lines set body_id = 99 where receipt = 'B'")
    assert misplaced(filled) == ["fct_sale_lines by receipt", "fct_sale_lines by event_key"]


def test_refreshes_locate_rows_by_their_places(filled: Store) -> None:
    refresh = IncrementalRefresh(filled.connection, GRAPH, many=0)
    since = watermark(filled.connection)
    load(
        filled.connection,
        [source_of([sale(receipt, "2026-05-01T12:00:00Z") for receipt in "ABCD"])],
    )
    with filled.transaction():
        refresh.run(since)
        rows = filled.connection.execute("select statement from duckdb_prepared_statements()").fetchall()
    statements = [statement for (statement,) in rows if "old_fct_orders" in statement]
    assert any("places_receipt_hash" in statement for statement in statements)
