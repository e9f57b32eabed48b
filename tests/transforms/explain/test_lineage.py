"""The lineage of a row is complete: computed again from its deliveries alone, the row comes out the same.

The second computation is the oracle's, which shares no code with the models. CI runs a slice; the full run:
``CBW_EXAMPLES=500 pytest tests/transforms/explain/test_lineage.py --timeout 0``. An example is one history and one row
of each table.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.amounts import amount
from tests.oracle import build_warehouse
from tests.sql.agreement import is_same, translated
from tests.sql.harness import GRAPH, rows_of
from tests.sql.nasty_histories import histories
from tests.sql.one_store import opened, refill
from tests.sql.source_histories import told_by_some
from tests.sql.test_models_equal_oracle import simulated, thorough
from transforms.definitions.key_hash import stored_hashes
from transforms.explain.lineage import Lineage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.oracle import RawDelivery
    from transforms.definitions.model import Model
    from transforms.store.store import Store

EXAMPLES = amount(1, 3)
# A rank depends on every affiliate or product, so that the lineage of one row does not explain it.
RANKS = {"rank"}
EXPLAINED = [model for model in GRAPH.published if model.name != "metric_definitions"]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    yield from opened(tmp_path_factory.mktemp("data"))


def behind(store: Store, model: Model, row_number: int) -> list[int]:
    """Return the load sequences of the deliveries that explain a row."""
    lineage = Lineage(store.connection, GRAPH)
    with lineage.of(model, row_number):
        rows = store.connection.execute(f"select sequence from {lineage.rows('raw_events')} order by 1")
        return [int(sequence) for (sequence,) in rows.fetchall()]


def unexplained(store: Store, deliveries: list[RawDelivery], model: Model, rng: random.Random) -> str | None:
    """Explain a random row of a table, and describe how it differs when computed again from its deliveries alone."""
    rows = rows_of(store, model.name)
    if not rows:
        return None
    number = rng.randrange(len(rows))
    [(row_number,)] = store.connection.execute(
        f"select rowid from {model.name} limit 1 offset {number}"
    ).fetchall()
    [row] = rows_of(store, f"{model.name} where rowid = {row_number}")
    names = {each["event_key"]: each["body_sha256"] for each in rows_of(store, "events")}
    first = store.connection.execute("select min(sequence) from raw_events").fetchall()[0][0]
    sequences = behind(store, model, row_number)
    again = build_warehouse([deliveries[sequence - first] for sequence in sequences])[model.name]
    wanted = translated(row, names)
    computed = [each for each in again if all(each[column] == wanted[column] for column in model.key)]
    return difference(model.name, wanted, computed, sequences)


def difference(
    table: str, wanted: dict[str, Any], computed: list[dict[str, Any]], by: list[int]
) -> str | None:
    if len(computed) != 1:
        return f"{table}: {len(computed)} rows instead of {wanted} by {by}"
    wrong = {
        column: (wanted[column], value)
        for column, value in computed[0].items()
        if column not in RANKS and not is_same(wanted[column], value)
    }
    return f"{table}: {wrong} in {wanted} by {by}" if wrong else None


@settings(thorough, max_examples=EXAMPLES)
@given(deliveries=histories(max_size=40), rng=st.randoms(use_true_random=False))
def test_a_row_comes_again_from_its_deliveries(
    store: Store, deliveries: list[RawDelivery], rng: random.Random
) -> None:
    refill(store, deliveries)
    differences = [unexplained(store, deliveries, model, rng) for model in EXPLAINED]
    assert [line for line in differences if line] == []


@pytest.mark.parametrize("model", EXPLAINED, ids=lambda model: model.name)
def test_a_row_of_a_long_history_comes_again_from_its_deliveries(
    long_history: tuple[Store, list[RawDelivery]], model: Model
) -> None:
    store, deliveries = long_history
    rng = random.Random(model.name)
    differences = [unexplained(store, deliveries, model, rng) for _ in range(3)]
    assert [line for line in differences if line] == []


@pytest.mark.parametrize("model", EXPLAINED, ids=lambda model: model.name)
def test_no_row_is_found_twice(long_history: tuple[Store, list[RawDelivery]], model: Model) -> None:
    store, _ = long_history
    lineage = Lineage(store.connection, GRAPH)
    [(row_number,)] = store.connection.execute(f"select max(rowid) from {model.name}").fetchall()
    with lineage.of(model, row_number):
        for table, count in lineage.counts.items():
            query = f"select count(*), count(distinct source_rowid) from {lineage.row_table(table)}"
            assert store.connection.execute(query).fetchall() == [(count, count)], table


@pytest.fixture(scope="module")
def long_history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, list[RawDelivery]]]:
    deliveries = [*simulated(5), *told_by_some(40, 5)]
    for store in opened(tmp_path_factory.mktemp("long")):
        refill(store, deliveries)
        yield store, deliveries


def test_every_column_named_like_the_hash_of_a_key_is_one(
    long_history: tuple[Store, list[RawDelivery]],
) -> None:
    """The search trusts the name: a column of other values would hide rows."""
    store, _ = long_history
    lineage = Lineage(store.connection, GRAPH)
    hashes = {model.name: set(stored_hashes(lineage.types(model.name))) for model in GRAPH.models}
    assert hashes == {name: set(columns) for name, columns in GRAPH.hashed_keys.items()}
    assert stored_hashes(lineage.types("raw_events")) == {}


@pytest.mark.long
def test_the_search_for_few_rows_and_the_one_for_many_find_the_same(
    long_history: tuple[Store, list[RawDelivery]], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, _ = long_history
    for model in EXPLAINED:
        [(row_number,)] = store.connection.execute(f"select max(rowid) from {model.name}").fetchall()
        deliveries = behind(store, model, row_number)
        for few in (0, 10**9):
            monkeypatch.setattr("transforms.explain.lineage_query.FEW", few)
            assert behind(store, model, row_number) == deliveries, model.name
        monkeypatch.undo()


def test_a_row_is_not_explained_by_everything(long_history: tuple[Store, list[RawDelivery]]) -> None:
    """A lineage of all deliveries would pass the tests above."""
    store, deliveries = long_history
    for model in EXPLAINED:
        # Most paths occur in every event of their type.
        order = "event_count, rowid" if model.name == "schema_paths" else "rowid"
        query = f"select rowid from {model.name} order by {order} limit 1"
        [(row_number,)] = store.connection.execute(query).fetchall()
        named = behind(store, model, row_number)
        assert 0 < len(named) < len(deliveries) / 2, model.name
