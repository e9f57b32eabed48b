"""The pipeline's private DuckDB files: one in-memory connection with ``events`` and ``build`` attached.

Each attached file has its own lock, log and checkpoints, so that trouble with one (a full disk during a checkpoint)
is cured by attaching it again and never stops the process. A transaction writes to one of them only.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb

from ingest.errors import AlreadyServedError, ConfigurationError, WarehouseError
from ingest.literal import literal
from ingest.logger import Logger
from ingest.result import first_row
from transforms.alias_macros import alias_macros
from transforms.aliases import AliasTable
from transforms.failure import describe
from transforms.models import SQL_DIR
from transforms.optimizers import UNSAFE, leave_out
from transforms.schema import Schema, transaction
from transforms.vocabulary import vocabulary_macros

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from ingest.settings import Settings
    from transforms.models import ModelGraph

log = Logger(__name__)

# Older releases cannot read the newest storage format; nothing here needs it.
STORAGE_VERSION = "v1.2.0"
# In bytes, of new files; one that exists keeps its own. Every column of a small table takes a block of its own, and a
# commit buffers one for each column that it adds to: DuckDB's 256 KiB make the file of 10,000 events three times as
# large after some publishes and the process 260 MB larger. With 16 KiB a full build of 200,000 events takes a tenth
# longer and its files are a quarter larger.
BLOCK_SIZE = 65_536
# In rows, of tables made anew. What is written waits in memory, uncompressed, until a row group is full: with DuckDB's
# 122,880 rows a build of 100,000 events holds every table before it writes the first.
ROW_GROUP_SIZE = 32_768
# In bytes. Two threads ran out of 600 MB while they built two million events, and had enough with 1 GB.
MEMORY_A_THREAD = 500_000_000
# The options of a file whose tables are made from raw events.
TABLE_FILE = f"storage_version '{STORAGE_VERSION}', row_group_size {ROW_GROUP_SIZE}"
# The file of the tables, and the name it is attached as.
BUILD = "build"
# How `alias_paths` is read from JSON.
ALIAS_PATHS = '[{"scope": "VARCHAR", "path": "VARCHAR"}]'
_WORD = re.compile(r"\w+")
_MACRO = re.compile(r"^create or replace macro (\w+)")
# Where a user adds keys to the alias table.
USER_ALIASES = "aliases.csv"


class Store:
    """The open private files.

    Args:
        connection: An in-memory connection with ``events`` and ``build`` attached.
        data_dir: Where the files are.
        aliases: Which keys of a body may hold which field.
        memory: How many bytes DuckDB may hold.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, data_dir: Path, aliases: AliasTable, memory: int
    ) -> None:
        self.connection = connection
        self.data_dir = data_dir
        self.aliases = aliases
        self._memory = memory
        self._has_aliases = False

    @classmethod
    def open(cls, settings: Settings, *, is_read_only: bool = False) -> Store:
        """Open both files; create what is missing, or else only read what is there, without macros to build by.

        Raises:
            AlreadyServedError: Another pipeline process holds the files.
            WarehouseError: A file cannot be opened, or is of a newer release; only to read, also when one is
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

    def close(self, *, log_bytes: int = 0) -> None:
        """Write everything into the main files and let them go.

        Args:
            log_bytes: Leave a log of the tables of up to so many bytes; see `checkpoint`.
        """
        if log_bytes:
            try:
                self.connection.execute("checkpoint events")
                self.checkpoint(above=log_bytes)
                self.connection.execute("pragma disable_checkpoint_on_shutdown")
            except duckdb.Error as exc:  # what is committed stays in the logs
                log.warning("store.not_folded", detail=describe(exc))
        self.connection.close()

    def transaction(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """Commit what the block did, or nothing of it."""
        return transaction(self.connection)

    def checkpoint(self, *, above: int = 0) -> None:
        """Fold the logs into the main files; a quiet moment after a run is the time for it.

        Args:
            above: Leave a log of up to so many bytes as it is. It is as durable as the file and is read when the file
                is opened; folding looks at every table, which costs a small refresh more than its own writing.
        """
        for name in ("events", "build"):
            written = self.data_dir / f"{name}.duckdb.wal"
            if written.exists() and written.stat().st_size > above:
                self.connection.execute(f"checkpoint {name}")

    def define_aliases(self, graph: ModelGraph) -> None:
        """Make what the alias table means to models, before they are built; a second time does nothing.

        Only what they name is made: DuckDB takes a third of a millisecond for a macro, and half are named nowhere.
        """
        if self._has_aliases:
            return
        named = {word for model in graph.models for word in _WORD.findall(model.sql)}
        for scope in self.aliases.scopes():
            if (name := f"{scope}_structure") in named:
                self.connection.execute(f"set variable {name} = {literal(self.aliases.structure(scope))}")
        if "alias_paths" in named:
            # As one text: a thousand literals would take DuckDB five times as long.
            paths = json.dumps([{"scope": scope, "path": path} for scope, path in self.aliases.paths()])
            self.connection.execute(
                f"set variable alias_paths = from_json({literal(paths)}, '{ALIAS_PATHS}')"
            )
        known = [*vocabulary_macros(), *alias_macros(self.aliases)]
        macros = (macro for macro in known if named.intersection(_MACRO.findall(macro)))
        self.connection.execute("use memory")
        self.connection.execute(";".join(macros))
        self.use_tables()
        self._has_aliases = True

    def use_threads(self, count: int | None) -> None:
        """Let DuckDB work with so many threads; None for one a core, as far as its memory suffices for them."""
        if count is None:
            self.connection.execute("reset threads")
            (cores,) = self.one("select current_setting('threads')")
            count = max(min(int(str(cores)), self._memory // MEMORY_A_THREAD), 1)
        self.connection.execute(f"set threads = {count}")

    @contextmanager
    def less_memory(self) -> Iterator[None]:
        """Let DuckDB hold two thirds of its memory, for work that needs little: it fills the rest with what it read."""
        self._limit(self._memory * 2 // 3)
        try:
            yield
        finally:
            self._limit(self._memory)

    def give_back(self) -> None:
        """Return to the system what was freed: unused ends of blocks are written with what memory held before."""
        self._limit(self._memory)

    def _limit(self, size: int) -> None:
        # Whatever it was, DuckDB then has its allocator give back all that is free.
        self.connection.execute(f"set memory_limit = '{size}B'")

    def one(self, sql: str, parameters: list[object] | None = None) -> tuple[object, ...]:
        """Return the first row of a query that always has one."""
        row = first_row(self.connection, sql, parameters)
        assert row is not None
        return tuple(row)

    def attach(self, name: str, path: Path | None = None, *, is_read_only: bool = False) -> None:
        """Take a private file; make it when it is missing and may be written.

        Args:
            name: What it is attached as.
            path: Where it is; None for the file that is named so.
            is_read_only: Whether it is only read.
        """
        path = path or self.data_dir / f"{name}.duckdb"
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

    def detach(self, name: str) -> None:
        """Let a private file go if it is attached; until `use_tables`, no name without a catalog means anything."""
        self.connection.execute("use memory")
        self.connection.execute(f"detach database if exists {name}")

    def _configure(self, settings: Settings) -> None:
        spill = settings.data_dir / "tmp"
        self.connection.execute("set timezone = 'UTC'")
        self._limit(self._memory)
        self.connection.execute("set temp_directory = " + literal(str(spill)))
        self.use_threads(None)
        self.connection.execute("set enable_progress_bar = false")
        self.connection.execute("set preserve_insertion_order = false")
        self.connection.execute("set checkpoint_threshold = '64MB'")
        # What is written is buffered uncompressed, five full row groups by default.
        self.connection.execute("set write_buffer_row_group_count = 1")
        leave_out(self.connection, *UNSAFE)
        self.connection.execute(f"set default_block_size = {BLOCK_SIZE}")
        # A refresh joins with the numbers of the rows it needs; up to so many, what lies between them is not read.
        self.connection.execute("set dynamic_or_filter_threshold = 10000")

    def _define(self, settings: Settings) -> None:
        for scope in self.aliases.scopes():
            self.aliases.structure(scope)  # a key of two kinds is told before anything runs
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
                raise WarehouseError(f"{name}.duckdb has the schema of another release")

    def use_tables(self) -> None:
        """Let unqualified names mean the real tables, and ``raw_events``."""
        self.connection.execute("set search_path = 'build.main,events.main,memory.main'")


def is_shut_out(error: duckdb.Error) -> bool:
    """Tell whether DuckDB refused a file because another process holds it; damage is told of a "block" as well."""
    return "could not set lock" in str(error).lower()


def new_build_path(data_dir: Path) -> Path:
    """Return where a full build makes its file."""
    return data_dir / f"{BUILD}.new.duckdb"


def discard(path: Path) -> None:
    """Remove a DuckDB file that is not attached, and its log, which would be replayed into the next of that name."""
    for leftover in (path, path.with_name(f"{path.name}.wal")):
        leftover.unlink(missing_ok=True)


def make_data_dir(data_dir: Path) -> None:
    """Make the data directory where it is missing.

    Raises:
        ConfigurationError: It cannot be made.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise ConfigurationError(
            f"CBW_DATA_DIR: {data_dir} cannot be made: {exc.strerror}",
            hint="name a directory that this user may write",
        ) from exc


def read_aliases(settings: Settings) -> AliasTable:
    """Return the built-in alias table and the user's additions.

    Raises:
        ConfigurationError: A line of the user's is not understood.
    """
    return AliasTable.from_files(SQL_DIR / "staging" / "aliases.csv", settings.data_dir / USER_ALIASES)
