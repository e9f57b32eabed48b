"""What one refresh leaves to the next: temporary tables, and statements that are planned once.

A refresh by what changed is some four hundred statements on a few rows each, and planning one takes as long as running
it. They read and write temporary tables that stay, so that their text is the same every time and DuckDB keeps the plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from transforms.store.optimizers import UNSAFE, UNSAFE_FOR_ONE_THREAD, leave_out

if TYPE_CHECKING:
    from collections.abc import Iterable

# A deleted row keeps its place in DuckDB 2.0: after so many, all is made anew.
MOST_ROWS = 500_000


class Workspace:
    """Temporary tables and prepared statements of one connection.

    A plan that outlives its moment must not rest on what the tables held then. Of DuckDB's optimizers it is the
    propagation of statistics that does (duckdb#24696), so it is left out while plans are kept.

    DuckDB drops what it planned as soon as a table of the same database is made or dropped: so all temporary tables are
    made at once, outside of any transaction, before anything is planned.

    Args:
        connection: What else it makes in its temporary database costs the plans.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self._columns: dict[str, tuple[str, ...]] = {}
        self._tables: set[str] = set()
        self._filled: set[str] = set()
        self._plans: dict[str, str] = {}
        self._keeps_plans = False
        self._rows = 0

    def begin(self, *, keeps_plans: bool) -> None:
        """Begin a refresh.

        Only one of few rows keeps plans: a plan that is kept does not know how many rows it will meet.
        """
        self._empty()  # a run that failed left its rows
        self._keeps_plans = keeps_plans
        # Join filters are what a refresh finds its rows by.
        leave_out(
            self.connection, *UNSAFE_FOR_ONE_THREAD, *(("statistics_propagation",) if keeps_plans else ())
        )

    def keep(self, names: Iterable[str]) -> None:
        """Empty all tables but these, inside of the transaction that filled them.

        At its end DuckDB writes to the tables what is left in them, with a block for each column; to delete it then
        takes as long again.
        """
        for name in sorted(self._filled.difference(names)):
            self.number(f"delete from {self.table(name)}")
            self._filled.discard(name)

    def end(self) -> None:
        """Empty the tables, and plan as ever again, outside of any transaction."""
        self._empty()
        self._give_back()
        leave_out(self.connection, *UNSAFE)

    def _give_back(self) -> None:
        """Free the places of deleted rows: a block or more for each column that has any, hundreds of MB together."""
        try:
            self.connection.execute("checkpoint temp")
        except duckdb.BinderException:  # DuckDB 2.0 cannot: see `is_worn`
            return
        self._rows = 0

    @property
    def is_worn(self) -> bool:
        """Whether deleted rows take more than it costs to begin with a new one."""
        return self._rows > MOST_ROWS

    def close(self) -> None:
        """Drop the tables and the plans, outside of any transaction."""
        for plan in self._plans.values():
            self.connection.execute(f"deallocate {plan}")
        for name in self._tables:
            self.connection.execute(f"drop table {self.table(name)}")

    def _empty(self) -> None:
        for name in self._filled:
            self.connection.execute(f"delete from {self.table(name)}")
        self._filled.clear()

    def columns_of(self, relation: str) -> tuple[str, ...]:
        """Return the columns of a table; they are looked up once."""
        if relation not in self._columns:
            cursor = self.connection.execute(f"select * from {relation} limit 0")
            self._columns[relation] = tuple(column[0] for column in cursor.description or [])
            cursor.fetchall()
        return self._columns[relation]

    def table(self, name: str) -> str:
        """Return the temporary table of this name."""
        return f"temp.main.{name}"

    def make(self, name: str, like: str) -> None:
        """Make a temporary table that is missing, empty, with the columns of a SELECT."""
        if name not in self._tables:
            self.connection.execute(f"create or replace temp table {name} as {like} limit 0")
            self._tables.add(name)

    def fill(self, name: str, query: str, *, is_repeated: bool = True) -> int:
        """Add a SELECT's rows to a table, and return how many they are."""
        rows = self.number(f"insert into {self.table(name)} {query}", is_repeated=is_repeated)
        if rows:
            self._filled.add(name)
        self._rows += rows
        return rows

    def number(self, statement: str, *, is_repeated: bool = True) -> int:
        """Run a statement and return the number that it gives: a count, or the rows that it wrote.

        Args:
            statement: A SELECT, INSERT or DELETE.
            is_repeated: Whether the next refreshes say it in the same words.
        """
        if self._keeps_plans and is_repeated:
            if statement not in self._plans:
                plan = f"plan_{len(self._plans)}"
                self.connection.execute(f"prepare {plan} as {statement}")
                self._plans[statement] = plan
            statement = f"execute {self._plans[statement]}"
        row = self.connection.execute(statement).fetchone()
        assert row is not None
        return int(row[0])
