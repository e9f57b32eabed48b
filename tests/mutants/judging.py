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
    digests: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        connection = self.store.connection
        connection.execute(f"attach ':memory:' as {SHADOW}")
        connection.execute(f"set search_path = '{SHADOW}.main,build.main,events.main,memory.main'")
        connection.execute("set threads = 1")
        leave_out(connection, *UNSAFE)
        self._graph = self.catalogue.graph()
        self.digests = {model.name: self._digest(f"build.main.{model.name}") for model in self._graph.models}

    def close(self) -> None:
        """Leave the store as it was."""
        self.store.use_tables()
        self.store.connection.execute(f"detach {SHADOW}")

    def evidence(self, mutant: Mutant) -> str | None:
        """Return how a mutant is noticed, or None if no published table shows it."""
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
        """Build what differs, in order; a table that comes out the same ends the ripple."""
        differing: set[str] = set()
        for model in models:
            if model.sql == self._graph[model.name].sql and not model.inputs & differing:
                continue
            table = f"{SHADOW}.main.{model.name}"
            self.store.connection.execute(f"create table {table} as {self._graph.stored(model)}")
            if self._digest(table) == self.digests[model.name]:
                self.store.connection.execute(f"drop table {table}")
            elif model.is_published:
                return model.name
            else:
                differing.add(model.name)
        return None

    def _digest(self, table: str) -> object:
        columns = self.store.connection.execute(f"describe {table}").fetchall()
        values = [f"round({name}, 9)" if kind in _FLOATS else f'"{name}"' for name, kind, *_ in columns]
        row = ", ".join(values)
        return columns, self.store.one(
            f"select count(*), sum(hash({row})), bit_xor(hash({row})) from {table}"
        )

    def _forget(self) -> None:
        connection = self.store.connection
        made = connection.execute(
            f"select table_name from duckdb_tables() where database_name = '{SHADOW}'"
        ).fetchall()
        for (name,) in made:
            connection.execute(f"drop table {SHADOW}.main.{name}")
