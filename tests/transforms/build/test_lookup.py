"""A query locates scattered rows by their numbers, and reads rows that are stored together in one go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sql.harness import GRAPH
from tests.sql.one_store import opened
from transforms.build.builder import Builder
from transforms.build.lookup import Lookup
from transforms.build.near import Near

if TYPE_CHECKING:
    from collections.abc import Iterator

    from transforms.store.store import Store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    for each in opened(tmp_path_factory.mktemp("data")):
        with each.transaction() as connection:
            Builder(GRAPH, ()).build_all(connection)
        yield each


def lookup_of(store: Store, model: str) -> Lookup:
    def columns_of(relation: str) -> list[str]:
        return [name for (name, *_) in store.connection.execute(f"describe {relation}").fetchall()]

    return Lookup.of(GRAPH[model], columns_of, model)


@pytest.mark.parametrize(
    ("model", "is_contiguous"),
    [("daily_sales", True), ("int_shape_blocks", True), ("int_path_buckets", True),
     ("fct_orders", False), ("stg_typed_items", False)],
)  # fmt: skip
def test_rows_that_are_stored_together_are_not_located_one_by_one(
    store: Store, model: str, *, is_contiguous: bool
) -> None:
    lookup = lookup_of(store, model)
    assert lookup.is_contiguous == is_contiguous
    filters = lookup.filters("keys")
    assert filters
    assert {("rowid" not in relation) for relation in filters.values()} == {is_contiguous}


def test_known_row_numbers_are_not_located_again(store: Store) -> None:
    lookup = lookup_of(store, "int_payments")
    rows = {place: f"known_{place[0]}" for place in lookup.inputs.items()}
    filters = lookup.filters("keys", rows)
    assert "semi join known_fct_sales as r on source.rowid = r.row_number" in filters["fct_sales"]
    assert not any("keyed" in relation for relation in filters.values())


def test_a_table_that_is_placed_is_read_only_around_the_places(store: Store) -> None:
    lookup = lookup_of(store, "int_payments")
    near = Near("receipt_hash", {"fct_sales": "body_id"}, "places")
    filters = lookup.filters("keys", near=near)
    assert filters["fct_sales"].count("semi join places as near") == 2
    assert "near" not in filters["fct_refunds"]
