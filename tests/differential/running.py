"""Build a history in the product, batch by batch, and hold it against the oracle; shrink a history that differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.load.raw_events import load, watermark
from tests.differential.comparison import differences, published
from tests.second_oracle import Delivery, tables
from tests.sql.harness import GRAPH, source_of
from tests.sql.one_store import differing, refill
from transforms.build.builder import Builder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.differential.histories import History
    from transforms.store.store import Store

# Columns that share their name with the oracle's and not their meaning.
SKIPPED: frozenset[str] = frozenset()


def arrive(store: Store, history: History) -> None:
    """Load a history in its batches: the first builds all tables, each further one refreshes them."""
    store.connection.execute("delete from events.raw_events")
    store.connection.execute("delete from events.inbox_positions")
    source = source_of(history.deliveries)
    everything = source.deliveries
    builder = Builder(GRAPH, ())
    for number, end in enumerate([*history.cuts, len(everything)]):
        source.deliveries = everything[:end]
        since = watermark(store.connection)
        load(store.connection, [source])
        if number == 0:
            with store.transaction() as connection:
                builder.build_all(connection)
        else:
            builder.initialise(store.connection)
            with store.transaction() as connection:
                builder.build_changed(connection, since)
            builder.clear_changes()
    builder.close()


def disagreements(store: Store, deliveries: Sequence[Delivery]) -> list[str]:
    """Return how the tables of a store differ from the oracle's for these deliveries."""
    names = [model.name for model in GRAPH.published]
    return differences(published(store.connection, names), tables(deliveries), SKIPPED)


def verdict(store: Store, history: History) -> list[str]:
    """Return every difference: of incremental tables to the oracle's, and to those of a rebuild."""
    arrive(store, history)
    return disagreements(store, history.deliveries) + differing(store)


def shrunk(
    deliveries: list[Delivery], is_wrong: Callable[[list[Delivery]], bool], *, least: int = 1
) -> list[Delivery]:
    """Leave out deliveries as long as the rest is still wrong: first halves, then smaller pieces, then each."""
    size = len(deliveries) // 2
    while size >= least:
        start = 0
        while start < len(deliveries):
            rest = deliveries[:start] + deliveries[start + size :]
            if rest and is_wrong(rest):
                deliveries = rest
            else:
                start += size
        size //= 2
    return deliveries


def smallest(store: Store, deliveries: list[Delivery]) -> tuple[list[Delivery], list[str]]:
    """Return the fewest deliveries of a history whose rebuilt tables still differ, and the differences."""

    def is_wrong(some: list[Delivery]) -> bool:
        refill(store, some)
        return bool(disagreements(store, some))

    few = shrunk(deliveries, is_wrong)
    refill(store, few)
    return few, disagreements(store, few)
