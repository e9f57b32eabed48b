"""Where the rows of a key stand: the bodies that say it, found once in a refresh and not once for each table.

A table of ten million rows is looked through for a few keys in some 35 ms, by their hashes; DuckDB takes another 10 ms
to compare the numbers of a thousand rows with all its blocks; and a refresh does that a hundred times. But what was
received together was written together: rows that stand close in one table do in all. So one table lists for each value
of a key the bodies that say it (``-- lists places by: receipt``), and a table whose rows each carry one of these
(``-- placed by: receipt``, its ``body_id``) is read only where such bodies stand: DuckDB passes over the blocks of rows
whose bodies are others.

The promise of ``placed by``: after every refresh, for every row of the table with a value of the column, the table that
lists places by it has a row with the same value and the same ``body_id``. So a row that is looked for stands at a place
that is listed now, or was listed before this refresh: what a refresh took off the list counts as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from transforms.build.near import NOWHERE, Near
from transforms.definitions.key_hash import hash_column

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from transforms.build.lookup import Lookup
    from transforms.build.workspace import Workspace
    from transforms.definitions.graph import ModelGraph
    from transforms.definitions.model import Model

# What a table calls the load sequence of the body that a row stands at, the first of these that it has.
PLACE_COLUMNS = ("body_id", "event_body_id", "sequence")
# The raw events list where each body is: they are no model and have no header.
SOURCE_LISTS = ("body_hash",)


class PlaceList(NamedTuple):
    """The table that lists the places of a key."""

    table: str
    key: str
    """The column of the key or of its hash."""
    place: str


class Places:
    """The places of the keys that a refresh touches.

    Args:
        workspace: Where keys and places are gathered.
        graph: The models.
        source: The table that no model makes.
    """

    def __init__(self, workspace: Workspace, graph: ModelGraph, source: str) -> None:
        self._is_used = False
        # table that lists places -> the rows that this refresh took off it
        self._gone: dict[str, str] = {}
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
                self._workspace.make(f"sought_{column}", f"select {column} from {table}")
                self._workspace.make(f"coming_{column}", f"select {column} from {table}")
                self._workspace.make(f"places_{column}", f"select {place} as place from {table}")

    def begin(self, *, is_used: bool) -> None:
        """Begin a refresh; where places are not used, none is looked for."""
        self._is_used = is_used
        self._gone = {}

    def take_off(self, table: str, gone: str) -> None:
        """Know what a refresh removed from a table, before anybody asks for places that it lists."""
        self._gone[table] = gone

    def near_model(self, model: Model, lookup: Lookup, keys: str) -> Near:
        """Find where the rows with some keys stand that the refresh of a model reads and replaces.

        Args:
            model: The model. What it does not depend on may not be up to date yet, and is not asked.
            lookup: How it looks for rows.
            keys: A relation of keys.
        """
        known = self._list_of(lookup)
        if known is None or known.table not in self._graph.ancestors(model.name):
            return NOWHERE
        return self._near(known, {model.name, *lookup.inputs}, keys)

    def near_checks(self, lookups: Sequence[Lookup], keys: str, changed: Mapping[str, str]) -> Near:
        """Find where the rows with some keys stand that checks read.

        A check must see the row that has no business in its table, and whose place is therefore listed nowhere: so the
        places of all that changed count as well.

        Args:
            lookups: How they look for rows, all by the same key.
            keys: A relation of keys.
            changed: The rows of each relation that changed, as something to select from.
        """
        known = self._list_of(lookups[0])
        if known is None:
            return NOWHERE
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
            return NOWHERE
        self._gather(known, keys)
        return Near(known.key, placed, self._workspace.table(f"places_{known.key}"))

    def _gather(self, known: PlaceList, keys: str) -> None:
        table, key, place = known
        work = self._workspace
        coming, sought = work.table(f"coming_{key}"), work.table(f"sought_{key}")
        if not work.fill(
            f"coming_{key}", f"select k.{key} from {keys} as k anti join {sought} as s on k.{key} = s.{key}"
        ):
            return
        for rows in (table, self._gone.get(table)):
            if rows is not None:
                self._add_places(key, rows, place, coming)
        work.fill(f"sought_{key}", f"select * from {coming}")
        work.number(f"delete from {coming}")

    def _add_places(self, key: str, rows: str, place: str, keys: str) -> None:
        self._workspace.fill(
            f"places_{key}",
            f"select distinct r.{place} from {rows} as r semi join {keys} as k on r.{key} = k.{key}",
        )
