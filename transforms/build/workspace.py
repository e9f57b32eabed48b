"""The temporary tables and prepared statements that all refreshes of a connection share.

An incremental refresh runs some four hundred statements on a few rows each, and DuckDB takes as long to plan one as to
run it. The statements read and write temporary tables that stay, so that each has the same text in every refresh and
DuckDB can prepare it once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from transforms.store.optimizers import UNSAFE, UNSAFE_FOR_ONE_THREAD, leave_out

if TYPE_CHECKING:
    from collections.abc import Iterable

# Most rows written to the tables. DuckDB 2.0 never frees the space of deleted rows in temporary tables, so that after
# these a new workspace is cheaper.
MOST_ROWS = 500_000


class Workspace:
    """The temporary tables and prepared statements of one connection.

    A prepared plan must not depend on the rows that the tables held when DuckDB planned it. Of DuckDB's optimizers,
    statistics propagation makes it depend on them (duckdb#24696), so a refresh with prepared statements disables it.

    DuckDB drops prepared plans as soon as anybody creates or drops a table in the same database: so a refresh creates
    all temporary tables at the start, outside of any transaction, before it prepares a statement.

    Args:
        connection: The connection; any other temporary table in it would cost the plans.
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

        Args:
            keeps_plans: Whether to prepare the statements; only for few rows, because DuckDB planned a prepared
                statement without knowing how many rows it will meet.
        """
        self._empty()  # a failed run leaves its rows
        self._keeps_plans = keeps_plans
        # A refresh, in one thread, needs join filters: DuckDB locates rows by them.
        leave_out(
            self.connection, *UNSAFE_FOR_ONE_THREAD, *(("statistics_propagation",) if keeps_plans else ())
        )

    def empty_except(self, names: Iterable[str]) -> None:
        """Empty all tables except these, inside the transaction that filled them.

        At the commit DuckDB writes the remaining rows to the tables, with a block for each column; deleting them
        afterwards takes as long again.
        """
        for name in sorted(self._filled.difference(names)):
            self.run(f"delete from {self.table(name)}")
            self._filled.discard(name)

    def end(self) -> None:
        """Empty the tables, and enable all safe optimizers again, outside of any transaction."""
        self._empty()
        self._release()
        leave_out(self.connection, *UNSAFE)

    def _release(self) -> None:
        """Release the space of deleted rows: a block or more for each column, hundreds of MB together."""
        try:
            self.connection.execute("checkpoint temp")
        except (
            duckdb.BinderException
        ):  # DuckDB 2.0 cannot checkpoint temporary tables: see `must_be_replaced`
            return
        self._rows = 0

    @property
    def must_be_replaced(self) -> bool:
        """Whether deleted rows take more memory than a new workspace is worth."""
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
        """Return the columns of a table, from memory after the first time."""
        if relation not in self._columns:
            cursor = self.connection.execute(f"select * from {relation} limit 0")
            self._columns[relation] = tuple(column[0] for column in cursor.description or [])
            cursor.fetchall()
        return self._columns[relation]

    def table(self, name: str) -> str:
        """Return the qualified name of a temporary table."""
        return f"temp.main.{name}"

    def make(self, name: str, like: str) -> None:
        """Create an empty temporary table with the columns of a SELECT, unless it exists."""
        if name not in self._tables:
            self.connection.execute(f"create or replace temp table {name} as {like} limit 0")
            self._tables.add(name)

    def fill(self, name: str, query: str, *, is_repeated: bool = True) -> int:
        """Add the rows of a SELECT to a table, and return their number."""
        rows = self.run(f"insert into {self.table(name)} {query}", is_repeated=is_repeated)
        if rows:
            self._filled.add(name)
        self._rows += rows
        return rows

    def run(self, statement: str, *, is_repeated: bool = True) -> int:
        """Run a statement, and return its only value: a count, or the number of rows written.

        Args:
            statement: A SELECT, INSERT or DELETE.
            is_repeated: Whether other refreshes run it with the same text, so that it is worth preparing.
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
