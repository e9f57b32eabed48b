"""Build a changed model and the models that read it, as far as rows differ, and say where a reader would see it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import duckdb

from transforms.store.optimizers import UNSAFE, leave_out

if TYPE_CHECKING:
    from tests.mutants.catalogue import Catalogue
    from tests.mutants.mutant import Mutant
    from transforms.definitions.model import Model
    from transforms.store.store import Store

SHADOW = "mutated"
# In seconds; the slowest model takes a hundredth of it.
PATIENCE = 30.0
# Amounts divided by amounts differ in the last digits when DuckDB adds in another order.
_FLOATS = ("DOUBLE", "FLOAT")


@dataclass(frozen=True)
class Digest:
    """The digest of a table's rows in any order, and whether the declared key is one."""

    columns: tuple[object, ...]
    hashes: tuple[object, ...]
    has_unique_keys: bool


@dataclass
class Judge:
    """A store with the tables of a proven history, and the digest of each.

    Attributes:
        store: All tables are built in it.
        catalogue: The models, unchanged.
        digests: Of each table, whatever the order of its rows.
    """

    store: Store
    catalogue: Catalogue
    digests: dict[str, Digest] = field(default_factory=dict)

    def __post_init__(self) -> None:
        connection = self.store.connection
        connection.execute(f"attach ':memory:' as {SHADOW}")
        connection.execute(f"set search_path = '{SHADOW}.main,build.main,events.main,memory.main'")
        connection.execute("set threads = 1")
        leave_out(connection, *UNSAFE)
        self._graph = self.catalogue.graph()
        self._read = {name for model in self._graph.models for name in model.inputs}
        self._order = {model.name: place for place, model in enumerate(_published_first(self._graph.models))}
        self.digests = {model.name: self._digest(model, "build") for model in self._graph.models}
        repeated = [name for name, digest in self.digests.items() if not digest.has_unique_keys]
        assert repeated == [], f"keys that name several rows: {repeated}"

    def close(self) -> None:
        """Leave the store as it was."""
        self.store.use_tables()
        self.store.connection.execute(f"detach {SHADOW}")

    def evidence(self, mutant: Mutant) -> str | None:
        """Return how a mutant is noticed, or None if no published table and no key shows it."""
        try:
            changed = self.catalogue.graph(**{mutant.model: mutant.sql})
        except Exception as error:  # noqa: BLE001 - whatever the product raises about a query is a notice
            return f"refused: {type(error).__name__}"
        timer = threading.Timer(PATIENCE, self.store.connection.interrupt)
        timer.start()
        try:
            return self._first_difference(changed.models)
        except duckdb.Error as error:
            return f"error: {str(error).splitlines()[0]}"
        finally:
            timer.cancel()
            self._forget()

    def _first_difference(self, models: tuple[Model, ...]) -> str | None:
        """Build what differs, in order; a table that comes out the same ends the ripple.

        A table that no model reads is there for the checks.
        """
        differing: set[str] = set()
        for model in sorted(models, key=lambda model: self._order[model.name]):
            if model.sql == self._graph[model.name].sql and not model.inputs & differing:
                continue
            table = f"{SHADOW}.main.{model.name}"
            self.store.connection.execute(f"create table {table} as {self._graph.stored(model)}")
            digest = self._digest(model, SHADOW)
            if digest == self.digests[model.name]:
                self.store.connection.execute(f"drop table {table}")
            elif model.is_published or model.name not in self._read:
                return model.name
            elif not digest.has_unique_keys:
                return f"key of {model.name}"
            else:
                differing.add(model.name)
        return None

    def _digest(self, model: Model, database: str) -> Digest:
        """Return the digest of a table: of a published one, of the columns that readers see."""
        shown = self._graph.shown(model) if model.is_published else "*"
        table = f"(select {shown} from {database}.main.{model.name})"
        columns = self.store.connection.execute(f"describe from {table}").fetchall()
        values = [f"round({name}, 9)" if kind in _FLOATS else f'"{name}"' for name, kind, *_ in columns]
        row, key = ", ".join(values), ", ".join(model.key) or "1"
        count, distinct, *hashes = self.store.one(
            f"select count(*), count(distinct hash({key})), sum(hash({row})), bit_xor(hash({row})) from {table}"
        )
        return Digest(tuple(columns), tuple(hashes), has_unique_keys=count == distinct)

    def _forget(self) -> None:
        connection = self.store.connection
        made = connection.execute(
            f"select table_name from duckdb_tables() where database_name = '{SHADOW}'"
        ).fetchall()
        for (name,) in made:
            connection.execute(f"drop table {SHADOW}.main.{name}")


def _published_first(models: tuple[Model, ...]) -> list[Model]:
    """Order models so that each comes after its inputs, and a published one as soon as it can."""
    waiting = list(models)
    ordered: list[Model] = []
    while waiting:
        names = {model.name for model in waiting}
        possible = [model for model in waiting if not model.inputs & names]
        ordered.append(next((model for model in possible if model.is_published), possible[0]))
        waiting.remove(ordered[-1])
    return ordered
