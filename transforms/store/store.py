"""The pipeline's private DuckDB files: one in-memory connection with ``events`` and ``build`` attached.

Each attached file has its own lock, WAL and checkpoints, so that a fault in one (a full disk during a checkpoint) is
cured by attaching it again and never stops the process. A transaction writes to one of them only.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb

from cbw.data_dir import SPILL, make_data_dir
from cbw.duck import first_row, literal
from cbw.errors import AlreadyServedError, WarehouseError
from cbw.event_types import EVENT_TYPES
from cbw.logs import Logger
from transforms.definitions.alias_macros import alias_macros
from transforms.definitions.aliases import AliasTable, read_aliases
from transforms.definitions.event_type_macros import event_type_macros
from transforms.definitions.sql_file import SQL_DIR
from transforms.definitions.vocabulary import vocabulary_macros
from transforms.store.failure import describe
from transforms.store.files import BUILD, FILES, discard, new_build_path, wal_of
from transforms.store.optimizers import UNSAFE, leave_out
from transforms.store.schema import Schema, transaction

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from cbw.settings import Settings
    from transforms.definitions.graph import ModelGraph

log = Logger(__name__)

# Older releases cannot read the newest storage format; nothing here needs it.
STORAGE_VERSION = "v1.2.0"
# The block size of new files, in bytes; an existing file keeps its own. Every column of a small table takes a block of
# its own, and a commit buffers a block for each column that it adds to: DuckDB's 256 KiB make the file of 10,000 events
# three times as large after some publishes, and the process 260 MB larger. With 16 KiB a full build of 200,000 events
# takes a tenth longer and its files are a quarter larger.
BLOCK_SIZE = 65_536
# The row group size of new tables, in rows. DuckDB keeps a row group in memory, uncompressed, until it is full: with
# its default of 122,880 rows a build of 100,000 events holds every table before it writes the first.
ROW_GROUP_SIZE = 32_768
# The memory that a thread needs, in bytes: two threads ran out of 600 MB while they built two million events, and had
# enough with 1 GB.
MEMORY_A_THREAD = 500_000_000
# The options of a file whose tables are made from raw events.
TABLE_FILE = f"storage_version '{STORAGE_VERSION}', row_group_size {ROW_GROUP_SIZE}"
# The DuckDB type of `alias_paths`, which is read from JSON.
ALIAS_PATHS = '[{"scope": "VARCHAR", "path": "VARCHAR"}]'
_WORD = re.compile(r"\w+")
_MACRO = re.compile(r"^create or replace macro (\w+)")


class Store:
    """The open private files.

    Args:
        connection: An in-memory connection with ``events`` and ``build`` attached.
        data_dir: The directory of the files.
        aliases: The alias table: the keys of a body that may hold a field.
        memory: DuckDB's memory limit, in bytes.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, data_dir: Path, aliases: AliasTable, memory: int
    ) -> None:
        self.connection = connection
        self.data_dir = data_dir
        self.aliases = aliases
        self._memory = memory
        self._has_aliases = False
        self._inodes: dict[str, tuple[Path, int]] = {}

    @classmethod
    def open(cls, settings: Settings, *, is_read_only: bool = False) -> Store:
        """Open both files: create missing ones; or, to read only, require both and define no macros.

        Raises:
            AlreadyServedError: Another pipeline process holds the files.
            WarehouseError: A file cannot be opened, or is of a newer release; to read only, also when a file is
                missing or of an older release.
            ConfigurationError: The user's alias table is wrong, or the data directory cannot be made.
        """
        aliases = read_aliases(settings)
        make_data_dir(settings.data_dir)
        connection = duckdb.connect(":memory:")
        store = cls(connection, settings.data_dir, aliases, settings.memory_limit_bytes)
        try:
            store._configure(settings)
            if not is_read_only:
                discard(new_build_path(settings.data_dir))
            store.attach("events", is_read_only=is_read_only)
            store.attach(BUILD, is_read_only=is_read_only)
            if is_read_only:
                store._require_this_release()
            else:
                store._define(settings)
            store.use_tables()
        except BaseException:
            connection.close()
            raise
        return store

    def close(self, *, keep_wal_bytes: int = 0) -> None:
        """Checkpoint both files and close them.

        Args:
            keep_wal_bytes: Leave the tables' WAL as it is, up to this size; see `checkpoint`.
        """
        if keep_wal_bytes:
            try:
                self.connection.execute("checkpoint events")
                self.checkpoint(above=keep_wal_bytes)
                self.connection.execute("pragma disable_checkpoint_on_shutdown")
            except duckdb.Error as exc:  # committed rows stay in the WAL
                log.warning("store.not_checkpointed", detail=describe(exc))
        self._inodes.clear()
        self.connection.close()

    def abandon(self) -> None:
        """Close the files as they are, without a checkpoint, which deletes a WAL by name."""
        self._inodes.clear()
        self.connection.execute("pragma disable_checkpoint_on_shutdown")
        self.connection.close()

    def moved_files(self) -> list[str]:
        """Return the names of attached files that have another inode by now, or none; call it from any thread."""
        return [path.name for path, inode in list(self._inodes.values()) if _inode(path) != inode]

    def transaction(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """Commit the whole block, or nothing of it."""
        return transaction(self.connection)

    def checkpoint(self, *, above: int = 0) -> None:
        """Checkpoint both files; the quiet moment after a run is the time for it.

        Args:
            above: Leave a WAL of up to so many bytes as it is. It is as durable as its file, and DuckDB replays it when
                it opens the file. A checkpoint visits every table and costs more than a small refresh writes.
        """
        for name, file in FILES.items():
            wal = wal_of(self.data_dir / file)
            if wal.exists() and wal.stat().st_size > above:
                self.connection.execute(f"checkpoint {name}")

    def define_aliases(self, graph: ModelGraph) -> None:
        """Define the macros of aliases and event types, before models are built; a second time does nothing.

        Only those that a model names: DuckDB takes a third of a millisecond for a macro, and no model names half of
        them.
        """
        if self._has_aliases:
            return
        named = {word for model in graph.models for word in _WORD.findall(model.sql)}
        for scope in self.aliases.scopes():
            if (name := f"{scope}_structure") in named:
                self.connection.execute(f"set variable {name} = {literal(self.aliases.structure(scope))}")
        if "alias_paths" in named:
            # As one text: DuckDB would take five times as long for a thousand literals.
            paths = json.dumps([{"scope": scope, "path": path} for scope, path in self.aliases.paths()])
            self.connection.execute(
                f"set variable alias_paths = from_json({literal(paths)}, '{ALIAS_PATHS}')"
            )
        every = (*vocabulary_macros(), *alias_macros(self.aliases), *event_type_macros(EVENT_TYPES))
        macros = (macro for macro in every if named.intersection(_MACRO.findall(macro)))
        self.connection.execute("use memory")
        self.connection.execute(";".join(macros))
        self.use_tables()
        self._has_aliases = True

    def use_threads(self, count: int | None) -> None:
        """Set the number of DuckDB's threads; None for one a core, as far as its memory suffices for them."""
        if count is None:
            self.connection.execute("reset threads")
            (cores,) = self.one("select current_setting('threads')")
            count = max(min(int(str(cores)), self._memory // MEMORY_A_THREAD), 1)
        self.connection.execute(f"set threads = {count}")

    @contextmanager
    def less_memory(self) -> Iterator[None]:
        """Lower DuckDB's memory limit by a third, for work that needs little: its cache would fill the rest."""
        self._limit(self._memory * 2 // 3)
        try:
            yield
        finally:
            self._limit(self._memory)

    def release_memory(self) -> None:
        """Return freed memory to the system: DuckDB writes the unused end of a block with the memory's old bytes."""
        self._limit(self._memory)

    def _limit(self, size: int) -> None:
        # At every change of the limit DuckDB's allocator releases all of its free memory.
        self.connection.execute(f"set memory_limit = '{size}B'")

    def positions(self) -> dict[str, int]:
        """Return the last loaded number of each inbox."""
        rows = self.connection.execute(
            "select inbox_id, inbox_sequence from events.inbox_positions"
        ).fetchall()
        return {str(inbox_id): int(sequence) for inbox_id, sequence in rows}

    def one(self, sql: str, parameters: list[object] | None = None) -> tuple[object, ...]:
        """Return the first row of a query that always has one."""
        row = first_row(self.connection, sql, parameters)
        assert row is not None
        return tuple(row)

    def attach(self, name: str, path: Path | None = None, *, is_read_only: bool = False) -> None:
        """Attach a private file; create it where it is missing and may be written.

        Args:
            name: The name of the database.
            path: The file; None for the private file of that database.
            is_read_only: Whether it is only read.
        """
        path = path or self.data_dir / FILES[name]
        options = TABLE_FILE if name == BUILD else f"storage_version {literal(STORAGE_VERSION)}"
        options = "read_only" if is_read_only else options
        try:
            self.connection.execute(f"attach {literal(str(path))} as {name} ({options})")
        except duckdb.IOException as exc:
            if is_shut_out(exc):
                raise AlreadyServedError(
                    f"another pipeline process already works on {self.data_dir}",
                    hint="stop it, or ask it with `cbw status`; the published warehouse.duckdb can always be read",
                ) from exc
            raise WarehouseError(f"{path} cannot be opened: {exc}") from exc
        self.note_attached(name, path)

    def note_attached(self, name: str, path: Path) -> None:
        """Remember which file a database is, to notice when another has its name."""
        self._inodes[name] = (path, path.stat().st_ino)

    def note_detached(self, name: str) -> None:
        """Expect a database's file no longer: it may be replaced."""
        self._inodes.pop(name, None)

    def detach(self, name: str) -> None:
        """Detach a private file if it is attached; until `use_tables`, every table name needs its catalog."""
        self.note_detached(name)
        self.connection.execute("use memory")
        self.connection.execute(f"detach database if exists {name}")

    def _configure(self, settings: Settings) -> None:
        spill = settings.data_dir / SPILL
        self.connection.execute("set timezone = 'UTC'")
        self._limit(self._memory)
        self.connection.execute("set temp_directory = " + literal(str(spill)))
        self.use_threads(None)
        self.connection.execute("set enable_progress_bar = false")
        self.connection.execute("set preserve_insertion_order = false")
        self.connection.execute("set checkpoint_threshold = '64MB'")
        # DuckDB buffers written row groups uncompressed, five full ones by default.
        self.connection.execute("set write_buffer_row_group_count = 1")
        leave_out(self.connection, *UNSAFE)
        self.connection.execute(f"set default_block_size = {BLOCK_SIZE}")
        # A refresh joins with the row numbers that it needs; up to this number DuckDB skips the rows between them.
        self.connection.execute("set dynamic_or_filter_threshold = 10000")

    def _define(self, settings: Settings) -> None:
        for scope in self.aliases.scopes():
            self.aliases.structure(scope)  # raises for a key of two kinds, before anything runs
        self.connection.execute(f"set variable report_zone = {literal(settings.timezone)}")
        for path in sorted((SQL_DIR / "macros").glob("*.sql")):
            self.connection.execute(path.read_text(encoding="utf-8"))
        for layer in ("raw", "nightly"):
            Schema.of("events", layer).apply(self.connection)
        Schema.of(BUILD, "operations").apply(self.connection)

    def _require_this_release(self) -> None:
        for name, layer in (("events", "raw"), (BUILD, "operations")):
            schema = Schema.of(name, layer)
            if schema.version_of(self.connection) != schema.version:
                raise WarehouseError(f"{FILES[name]} has the schema of another release")

    def use_tables(self) -> None:
        """Resolve unqualified names to the real tables, and to ``raw_events``."""
        self.connection.execute("set search_path = 'build.main,events.main,memory.main'")


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None


def is_shut_out(error: duckdb.Error) -> bool:
    """Tell whether another process locks the file; DuckDB's words for damage hold "block", and so "lock", too."""
    return "could not set lock" in str(error).lower()
