"""Locate rows by zone map: collect the places of a refresh's keys once, instead of scanning every table for the keys.

To find a few keys in a table of ten million rows, DuckDB scans their hashes in some 35 ms, takes another 10 ms to
compare a thousand row numbers with all row groups, and does so a hundred times in a refresh. But events received
together are stored together, in every table. The place of a row is therefore the load sequence of a body. One table
lists the places of each value of a key, which are the bodies that contain it (``-- lists places by: receipt``). In a
table that is placed by the key (``-- placed by: receipt``), each row has one of these places, its ``body_id``. A query
joins the places, and DuckDB skips by zone map the row groups that hold none of them.

The invariant of ``placed by``: after every refresh, for every row of the table with a value of the column, the table
that lists places by it has a row with the same value and the same ``body_id``. Every row to locate is therefore at a
place that is listed now or was listed before this refresh, so that places removed by the refresh count as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from transforms.build.near import NO_PLACES, Near
from transforms.definitions.key_hash import hash_column

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from transforms.build.lookup import Lookup
    from transforms.build.workspace import Workspace
    from transforms.definitions.graph import ModelGraph
    from transforms.definitions.model import Model

# Names of the column of places, the load sequence of a body; a table has the first of these that exists.
PLACE_COLUMNS = ("body_id", "event_body_id", "sequence")
# The keys by which raw events list places; they are no model, and have no header that would name them.
SOURCE_LISTS = ("body_hash",)


class PlaceList(NamedTuple):
    """A table that lists the places of a key."""

    table: str
    key: str
    """The column of the key or of its hash."""
    place: str


class Places:
    """The places of the keys that a refresh touches.

    Args:
        workspace: The temporary tables of keys and places.
        graph: The models.
        source: The table of raw events.
    """

    def __init__(self, workspace: Workspace, graph: ModelGraph, source: str) -> None:
        self._is_used = False
        # table that lists places -> a relation of the rows that this refresh removed from it
        self._removed: dict[str, str] = {}
        self._workspace = workspace
        self._graph = graph
        self._lists: dict[str, PlaceList] = {}
        # (table, column of the key or of its hash) -> the table's column of places
        self._placed: dict[tuple[str, str], str] = {}
        self._add(source, SOURCE_LISTS, ())
        for model in graph.models:
            self._add(model.name, model.lists_places_by, model.placed_by)

    def _add(self, table: str, lists: tuple[str, ...], placed: tuple[str, ...]) -> None:
        if not lists and not placed:
            return
        columns = self._workspace.columns_of(table)
        place = next(column for column in PLACE_COLUMNS if column in columns)
        for key in (*lists, *placed):
            column = hash_column(key) if hash_column(key) in columns else key
            self._placed[table, column] = place
            if key in lists:
                self._lists[column] = PlaceList(table, column, place)
                self._workspace.make(f"located_{column}", f"select {column} from {table}")
                self._workspace.make(f"pending_{column}", f"select {column} from {table}")
                self._workspace.make(f"places_{column}", f"select {place} as place from {table}")

    def begin(self, *, is_used: bool) -> None:
        """Begin a refresh, which collects places only if ``is_used``."""
        self._is_used = is_used
        self._removed = {}

    def record_removed(self, table: str, rows: str) -> None:
        """Record the rows that the refresh removed from a table, before it collects any place that these list."""
        self._removed[table] = rows

    def near_model(self, model: Model, lookup: Lookup, keys: str) -> Near:
        """Collect the places of the rows that the refresh of a model reads and replaces.

        Args:
            model: The model. A list of places that it does not depend on may not be refreshed yet, and is not used.
            lookup: The columns by which the model locates rows.
            keys: A relation of keys.
        """
        known = self._list_of(lookup)
        if known is None or known.table not in self._graph.ancestors(model.name):
            return NO_PLACES
        return self._near(known, {model.name, *lookup.inputs}, keys)

    def near_checks(self, lookups: Sequence[Lookup], keys: str, changed: Mapping[str, str]) -> Near:
        """Collect the places of the rows that checks read.

        A check must also see a row that should not exist, and that therefore no list has a place for: so the places of
        all changed rows count as well.

        Args:
            lookups: The columns by which each check locates rows; all have the same key.
            keys: A relation of keys.
            changed: For each relation with changed rows, a relation of these rows.
        """
        known = self._list_of(lookups[0])
        if known is None:
            return NO_PLACES
        near = self._near(known, {name for lookup in lookups for name in lookup.inputs}, keys)
        for table, place in near.placed.items():
            if table in changed:
                self._add_places(known.key, changed[table], place, keys)
        return near

    def _list_of(self, lookup: Lookup) -> PlaceList | None:
        return self._lists.get(lookup.keys[0]) if self._is_used and len(lookup.keys) == 1 else None

    def _near(self, known: PlaceList, tables: Collection[str], keys: str) -> Near:
        placed = {
            table: place
            for (table, key), place in self._placed.items()
            if key == known.key and table in tables
        }
        if not placed:
            return NO_PLACES
        self._collect(known, keys)
        return Near(known.key, placed, self._workspace.table(f"places_{known.key}"))

    def _collect(self, known: PlaceList, keys: str) -> None:
        """Add the places of those keys that this refresh has not located yet."""
        table, key, place = known
        work = self._workspace
        pending, located = work.table(f"pending_{key}"), work.table(f"located_{key}")
        if not work.fill(
            f"pending_{key}", f"select k.{key} from {keys} as k anti join {located} as l on k.{key} = l.{key}"
        ):
            return
        for rows in (table, self._removed.get(table)):
            if rows is not None:
                self._add_places(key, rows, place, pending)
        work.fill(f"located_{key}", f"select * from {pending}")
        work.run(f"delete from {pending}")

    def _add_places(self, key: str, rows: str, place: str, keys: str) -> None:
        self._workspace.fill(
            f"places_{key}",
            f"select distinct r.{place} from {rows} as r semi join {keys} as k on r.{key} = k.{key}",
        )
