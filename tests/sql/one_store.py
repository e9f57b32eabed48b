"""One store for many small histories: opening its files costs more than a history does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbw.settings import load_settings
from ingest.load.raw_events import load
from tests.sql.harness import GRAPH, rows_of, source_of
from transforms.build.places import PLACE_COLUMNS, SOURCE_LISTS
from transforms.build.rebuild import rebuild
from transforms.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.oracle import RawDelivery


def opened(data_dir: Path) -> Iterator[Store]:
    """Give a store below ``data_dir`` and close it in the end; what a fixture yields from."""
    store = Store.open(load_settings(data_dir=data_dir))
    store.define_aliases(GRAPH)
    yield store
    store.close()


def refill(store: Store, deliveries: Sequence[RawDelivery]) -> None:
    """Replace everything in the store by the tables of these deliveries."""
    store.connection.execute("delete from events.raw_events")
    store.connection.execute("delete from events.inbox_positions")
    load(store.connection, [source_of(deliveries)])
    with store.transaction() as connection:
        rebuild(connection, GRAPH)


def tables_of(store: Store, *deliveries: RawDelivery) -> dict[str, list[dict[str, Any]]]:
    """Return every published table of these deliveries."""
    refill(store, deliveries)
    return {model.name: rows_of(store, model.name) for model in GRAPH.published}


def differing(store: Store) -> list[str]:
    """Return the tables that are not what a full rebuild gives, with an example of each."""
    connection = store.connection
    connection.execute("attach ':memory:' as shadow")
    connection.execute("set search_path = 'shadow.main,events.main,memory.main'")
    rebuild(connection, GRAPH, schema="shadow.main")
    found = [
        f"{model.name}: {row}"
        for model in GRAPH.models
        if _contents(store, f"build.main.{model.name}") != _contents(store, f"shadow.main.{model.name}")
        for one, other in (("build", "shadow"), ("shadow", "build"))
        for row in connection.execute(
            f"select '{one}' as only_in, * from {one}.main.{model.name}"
            f" except all select '{one}', * from {other}.main.{model.name} limit 1"
        ).fetchall()
    ]
    connection.execute("set search_path = 'build.main,events.main,memory.main'")
    connection.execute("detach shadow")
    return found


def _contents(store: Store, table: str) -> tuple[object, ...]:
    """Return what two tables share only when they hold the same rows: cheaper than to set row against row."""
    return store.one(
        f"select count(*), sum(hash(whole_row)), bit_xor(hash(whole_row)) from {table} as whole_row"
    )


def misplaced(store: Store) -> list[str]:
    """Return the tables with a row whose place is not listed for its key, against the promise of ``placed by``."""
    lists = {key: model.name for model in GRAPH.models for key in model.lists_places_by}
    lists |= dict.fromkeys(SOURCE_LISTS, "raw_events")
    return [
        f"{model.name} by {key}"
        for model in GRAPH.models
        for key in model.placed_by
        for (count,) in [
            store.one(
                f"select count(*) from {model.name} as placed anti join {lists[key]} as listed"
                f" on placed.{key} = listed.{key}"
                f" and placed.{_place(store, model.name)} = listed.{_place(store, lists[key])}"
                f" where placed.{key} is not null"
            )
        ]
        if count
    ]


def _place(store: Store, table: str) -> str:
    columns = [column[0] for column in store.connection.execute(f"describe {table}").fetchall()]
    return next(column for column in PLACE_COLUMNS if column in columns)
