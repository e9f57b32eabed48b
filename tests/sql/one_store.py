"""One store for many small histories: opening its files costs more than a history does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from cbw.settings import load_settings
from ingest.load.raw_events import load
from tests.sql.harness import GRAPH, rows_of, source_of
from transforms.build.places import PLACE_COLUMNS, SOURCE_LISTS
from transforms.build.rebuild import rebuild
from transforms.definitions.graph import ModelGraph
from transforms.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.oracle import RawDelivery


def opened(data_dir: Path, *, threads: int | None = None) -> Iterator[Store]:
    """Yield a store below ``data_dir`` to a fixture, and close it in the end.

    Args:
        data_dir: The directory of its files.
        threads: The number of DuckDB's threads, None for one a core; for a few rows a second thread costs more time
            than it saves.
    """
    store = Store.open(load_settings(data_dir=data_dir))
    store.define_aliases(GRAPH)
    store.use_threads(threads)
    yield store
    store.close()


def refill(store: Store, deliveries: Sequence[RawDelivery]) -> None:
    """Replace everything in the store by the tables of these deliveries."""
    reload(store, deliveries)
    with store.transaction() as connection:
        rebuild(connection, GRAPH)


def reload(store: Store, deliveries: Sequence[RawDelivery]) -> None:
    """Replace the raw events in the store by these deliveries; its tables still hold those of earlier ones."""
    Tables.latest = None
    store.connection.execute("delete from events.raw_events")
    store.connection.execute("delete from events.inbox_positions")
    load(store.connection, [source_of(deliveries)])


class Tables(Mapping[str, list[dict[str, Any]]]):
    """The published tables of some deliveries, each built with its inputs when a test first reads it.

    Most tests read one or two of them; building all takes twice as long.
    """

    latest: ClassVar[Tables | None] = None
    """The instance that used its store last; the store may no longer hold the tables of any other."""

    def __init__(self, store: Store, deliveries: Sequence[RawDelivery]) -> None:
        self._store = store
        self._deliveries = deliveries
        self._built: frozenset[str] = frozenset()
        self._rows: dict[str, list[dict[str, Any]]] = {}

    def __getitem__(self, name: str) -> list[dict[str, Any]]:
        if name not in self._rows:
            assert GRAPH[name].is_published
            self._build(GRAPH.ancestors(name) | {name})
            self._rows[name] = rows_of(self._store, name)
        return self._rows[name]

    def __iter__(self) -> Iterator[str]:
        return (model.name for model in GRAPH.published)

    def __len__(self) -> int:
        return len(GRAPH.published)

    def _build(self, names: frozenset[str]) -> None:
        if Tables.latest is not self:
            reload(self._store, self._deliveries)
            Tables.latest, self._built = self, frozenset()
        with self._store.transaction() as connection:
            rebuild(connection, _part(names - self._built))
        self._built |= names


@cache
def _part(names: frozenset[str]) -> ModelGraph:
    return ModelGraph(tuple(model for model in GRAPH.models if model.name in names))


def tables_of(store: Store, *deliveries: RawDelivery) -> Tables:
    """Return the published tables of these deliveries."""
    return Tables(store, deliveries)


def differing(store: Store) -> list[str]:
    """Return the tables that differ from those of a full rebuild, with an example of each."""
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
    """Return a checksum that equals another table's only when both hold the same rows: cheaper than comparing rows."""
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
