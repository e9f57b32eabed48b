"""The working copy: a private file with the next version's tables, so that the cost of a publish follows the change.

``working.duckdb`` holds every published table and nothing else. A publish applies the rows that the refresh changed,
and copies the file. The working copy is derived: a publish rebuilds one that is missing, damaged or not known to be
current from ``build.duckdb``, and so releases its free blocks too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from cbw.data_dir import WORKING_COPY as WORKING_COPY_FILE
from cbw.duck import first_row, literal
from transforms.definitions.documentation import NIGHTLY, OPERATIONS, Documentation, documentation_of
from transforms.store.files import discard
from transforms.store.state import WORKING_COPY, WORKING_COPY_MADE, get_state, remove_state, set_state
from transforms.store.store import STORAGE_VERSION, Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from transforms.build.incremental import Change
    from transforms.definitions.graph import ModelGraph
    from transforms.definitions.model import Model

# Largest share of free blocks. DuckDB writes changed blocks elsewhere before it frees the old ones, so that a large
# change leaves more, and in a small file any change does.
MOST_FREE = 1 / 8
# Fewest publishes between two rebuilds; a large file waits for as many as it has MiB, so that a publish pays for
# rebuilding 1 MiB on average.
PUBLISHES_BETWEEN = 10
MIB = 1024 * 1024
# Long tables whose rows never change: a publish adds and removes whole runs instead of writing the table again.
BY_RUN = ("pipeline_runs", "check_results")


class WorkingCopy:
    """The working copy of an open store.

    Args:
        store: The private files; the working copy is attached to their connection.
        graph: The models; the working copy holds the published ones.
    """

    def __init__(self, store: Store, graph: ModelGraph) -> None:
        self._store = store
        self._connection = store.connection
        self._graph = graph
        self.path = store.data_dir / WORKING_COPY_FILE

    def is_current(self) -> bool:
        """Return whether it equals the tables, so that the next update needs only the changes from now on.

        The last run in the file must be the one of the last update: an operator may have restored the file of another
        day.
        """
        state = get_state(self._connection, WORKING_COPY)
        return state is not None and self._attach() and state == self._last_run()

    def discard(self) -> None:
        """Make the next update rebuild the file, without free blocks."""
        with self._store.transaction() as connection:
            remove_state(connection, WORKING_COPY)

    def update(self, changes: Mapping[str, Change] | None) -> Path:
        """Apply changes, checkpoint the file so that it needs no WAL, and return it for copying.

        Args:
            changes: The changes of each table since the file was current; None to rebuild the file.

        Raises:
            duckdb.Error, OSError: The file could not be written; the next update rebuilds it.
        """
        # DuckDB pads blocks with old memory: no piece of a customer's body may reach a file for readers.
        self._store.release_memory()
        if changes is None or not self._attach() or self._is_fragmented():
            with self._store.less_memory():
                self._rebuild()
            states: tuple[str, ...] = (WORKING_COPY, WORKING_COPY_MADE)
        else:
            self._patch(changes)
            states = (WORKING_COPY,)
        self._connection.execute("checkpoint working")
        with self._store.transaction() as connection:
            for name in states:
                set_state(connection, name, self._last_run())
        return self.path

    def _is_fragmented(self) -> bool:
        """Return whether too many blocks are free, and the last rebuild is long enough ago."""
        row = first_row(
            self._connection,
            "select free_blocks, total_blocks, block_size from pragma_database_size()"
            " where database_name = 'working'",
        )
        assert row is not None
        free, total, block_size = row
        between = max(PUBLISHES_BETWEEN, total * block_size // MIB)
        return bool(free > MOST_FREE * total and self._publishes_since_rebuild() >= between)

    def _publishes_since_rebuild(self) -> int:
        run = get_state(self._connection, WORKING_COPY_MADE) or ""
        row = first_row(
            self._connection,
            f"select count(*) from build.main.pipeline_runs where status = 'published' and run_id > {literal(run)}",
        )
        return 0 if row is None else int(row[0])

    def _last_run(self) -> str | None:
        row = first_row(self._connection, "select max(run_id) from working.main.pipeline_runs")
        return None if row is None or row[0] is None else str(row[0])

    def _attach(self) -> bool:
        """Attach the file, and return whether DuckDB can read it."""
        if self._is_attached():
            return True
        if not self.path.exists():
            return False
        try:
            self._connection.execute(f"attach {literal(str(self.path))} as working")
            self._store.note_attached("working", self.path)
            self._last_run()
        except duckdb.Error:  # damaged or of another release: `update` rebuilds it
            self._detach()
            return False
        return True

    def _is_attached(self) -> bool:
        return (
            first_row(self._connection, "select 1 from duckdb_databases() where database_name = 'working'")
            is not None
        )

    def _detach(self) -> None:
        if self._is_attached():
            self._store.note_detached("working")
            self._connection.execute("detach working")

    def _rebuild(self) -> None:
        self._detach()
        discard(self.path)
        self._connection.execute(
            f"attach {literal(str(self.path))} as working (storage_version {literal(STORAGE_VERSION)})"
        )
        self._store.note_attached("working", self.path)
        with self._store.transaction():
            for model in self._graph.published:
                described = Documentation(model.grain, model.column_comments)
                self._copy(f"build.main.{model.name}", _order(model), described, self._graph.shown(model))
            for name, documentation in documentation_of("operations", OPERATIONS).items():
                self._copy(f"build.main.{name}", "", documentation)
            for name, documentation in documentation_of("nightly", NIGHTLY).items():
                self._copy(f"events.main.{name}", "", documentation)

    def _copy(self, source: str, order: str, documentation: Documentation, columns: str = "*") -> None:
        name = source.rpartition(".")[2]
        self._connection.execute(f"create table working.main.{name} as select {columns} from {source}{order}")
        self._connection.execute(";".join(_comments(name, documentation)))

    def _patch(self, changes: Mapping[str, Change]) -> None:
        with self._store.transaction():
            for name, change in changes.items():
                self._patch_table(self._graph[name], change)
            for name in OPERATIONS:
                self._patch_operations(name)
            for name in NIGHTLY:
                self._patch_nightly(name)

    def _patch_table(self, model: Model, change: Change) -> None:
        table, columns = f"working.main.{model.name}", self._graph.shown(model)
        if change.removed_rows is not None and not model.key:
            self._connection.execute(f"delete from {table}")
            self._connection.execute(f"insert into {table} select {columns} from build.main.{model.name}")
            return
        if change.removed_rows is not None:
            same = " and ".join(f"t.{column} is not distinct from r.{column}" for column in model.key)
            self._connection.execute(
                f"delete from {table} as t using {change.removed_rows} as r where {same}"
            )
        if change.new_rows is not None:
            self._connection.execute(f"insert into {table} select {columns} from {change.new_rows}")

    def _patch_operations(self, name: str) -> None:
        ours, theirs = f"working.main.{name}", f"build.main.{name}"
        unknown = " where run_id not in (select run_id from {other})" if name in BY_RUN else ""
        self._connection.execute(f"delete from {ours}{unknown.format(other=theirs)}")
        self._connection.execute(f"insert into {ours} select * from {theirs}{unknown.format(other=ours)}")

    def _patch_nightly(self, name: str) -> None:
        """Write a table of the nightly job whole, but only if it changed: once a night."""
        ours, theirs = f"working.main.{name}", f"events.main.{name}"
        content = "select sum(hash(whole_row)) from {table} as whole_row"
        row = first_row(
            self._connection,
            f"select ({content.format(table=ours)}) is distinct from ({content.format(table=theirs)})",
        )
        assert row is not None
        if row[0]:
            self._connection.execute(f"delete from {ours}")
            self._connection.execute(f"insert into {ours} select * from {theirs}")


def _order(model: Model) -> str:
    # People browse reports in their stored order; sorting the large facts would cost more than a reader gains.
    return f" order by {', '.join(model.key)}" if model.layer == "reports" and model.key else ""


def _comments(name: str, documentation: Documentation) -> Iterable[str]:
    yield f"comment on table working.main.{name} is {literal(documentation.grain)}"
    for column, text in documentation.columns.items():
        yield f"comment on column working.main.{name}.{column} is {literal(text.strip())}"
