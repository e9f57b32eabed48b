"""Where the rows of a key stand: the bodies that say it, found once in a refresh and not once for each table.

A table of ten million rows is looked through for a few keys in some 40 ms, by their hashes, and a refresh looks through
a hundred tables. But what was received together was written together: rows that stand close in one table do in all. So
one table lists for each value of a key the bodies that say it (``-- lists places by: receipt``), and a table whose rows
each carry one of these (``-- placed by: receipt``, its ``body_id``) is read only where such bodies stand: DuckDB passes
over the blocks of rows whose bodies are others.

The promise of ``placed by``: after every refresh, for every row of the table with a value of the column, the table that
lists places by it has a row with the same value and the same ``body_id``. So a row that is looked for stands at a place
that is listed now, or was listed before this refresh: what a refresh took off the list counts as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from transforms.key_hash import hash_column

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from transforms.lookup import Lookup
    from transforms.models import Model, ModelGraph
    from transforms.workspace import Workspace

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
        for key in lists:
            column = hash_column(key) if hash_column(key) in columns else key
            self._lists[column] = PlaceList(table, column, place)
            self._workspace.make(f"sought_{column}", f"select {column} from {table}")
            self._workspace.make(f"coming_{column}", f"select {column} from {table}")
            self._workspace.make(f"places_{column}", f"select {place} as place from {table}")
        for key in (*lists, *placed):
            column = hash_column(key) if hash_column(key) in columns else key
            self._placed[table, column] = place

    def begin(self, *, is_small: bool) -> None:
        """Begin a refresh; the places of many keys are everywhere, and none is looked for."""
        self._is_used = is_small
        self._gone = {}

    def take_off(self, table: str, gone: str) -> None:
        """Know what a refresh removed from a table, before anybody asks for places that it lists."""
        self._gone[table] = gone

    def near(self, lookups: Sequence[Lookup], keys: str, model: Model | None = None) -> Near:
        """Find where the rows with some keys stand, as far as this refresh has not before.

        Args:
            lookups: How they are looked for, all by the same key.
            keys: A relation of keys.
            model: Whose rows they are, when it is being refreshed; what it does not depend on may not be up to date.
        """
        columns = lookups[0].keys
        known = self._lists.get(columns[0]) if len(columns) == 1 else None
        if not self._is_used or known is None or not self._serves(known, lookups, model):
            return NOWHERE
        self._gather(known, keys)
        placed = {table: place for (table, key), place in self._placed.items() if key == known.key}
        return Near(known.key, placed, self._workspace.table(f"places_{known.key}"))

    def _serves(self, known: PlaceList, lookups: Sequence[Lookup], model: Model | None) -> bool:
        if model is not None and known.table not in self._graph.ancestors(model.name):
            return False
        tables = {name for lookup in lookups for name in lookup.inputs}
        if model is not None:
            tables.add(model.name)
        return any((table, known.key) in self._placed for table in tables)

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
                work.fill(
                    f"places_{key}",
                    f"select distinct listed.{place} from {rows} as listed"
                    f" semi join {coming} as c on listed.{key} = c.{key}",
                )
        work.fill(f"sought_{key}", f"select * from {coming}")
        work.number(f"delete from {coming}")


class Near(NamedTuple):
    """Where rows with some keys stand.

    Attributes:
        key: The column of the key or of its hash.
        placed: For each table that is placed by it, its column of places.
        places: The relation of places.
    """

    key: str
    placed: Mapping[str, str]
    places: str

    def join(self, alias: str, table: str, columns: tuple[str, ...]) -> str:
        """Return the join that leaves out what stands elsewhere; empty for a table that is not placed by the key."""
        if columns != (self.key,) or table not in self.placed:
            return ""
        return f" semi join {self.places} as near on {alias}.{self.placed[table]} = near.place"


NOWHERE = Near("", {}, "")
"""Where no place is known: a table is looked through from end to end."""
