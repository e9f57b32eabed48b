"""The owner of the private files: it opens them, runs on them and closes them."""

from __future__ import annotations

import os
import sqlite3
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

import duckdb

from cbw.data_dir import USER_ALIASES
from cbw.errors import CbwError, WarehouseError
from cbw.locks import hold_files
from cbw.place import Place
from ingest.inbox.sources import Sources
from ingest.load.raw_events import load
from transforms.archive.nights import restore_nights_if_whole
from transforms.build.builder import Builder
from transforms.build.portions import bodies_within
from transforms.definitions.aliases import read_aliases
from transforms.definitions.checks import checks_of, read_checks, run_checks
from transforms.definitions.graph import ModelGraph
from transforms.definitions.sql_file import SQL_DIR
from transforms.pipeline.fingerprint import fingerprint, stamp
from transforms.pipeline.run import do_run
from transforms.pipeline.table_state import TableState
from transforms.privacy.redacting_source import without_forgotten
from transforms.publish.versions import current_version
from transforms.recovery.recovery import open_store
from transforms.store.failure import describe
from transforms.store.heartbeat import Heartbeat
from transforms.store.optimizers import UNSAFE, leave_out
from transforms.store.runs import Run, last_run_id, log_run, record
from transforms.store.state import PUBLISHED_VERSION, remove_state
from transforms.verify.verification import record as record_verification
from transforms.verify.verify import verify

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from cbw.settings import Settings
    from transforms.definitions.checks import Check, CheckResult
    from transforms.definitions.model import Model
    from transforms.verify.verification import Verification

BEAT_SECONDS = 5.0
# A scheduled run, or a step of an import, loads about this many deliveries: a long import must not delay new events.
MAX_DELIVERIES = 100_000
# Above this size closing the files checkpoints them, in bytes of the WAL. A checkpoint visits every table and would
# take a fifth of a short command's time; the next start replays a MB of WAL in 20 ms.
MAX_WAL_BYTES_AT_CLOSE = 8_000_000


class Pipeline:
    """The only owner of the private files; use it as a context manager, from one thread at a time.

    Args:
        settings: The data directory and the report zone.
        checks: The checks that a version must pass before it is published; None for the product's.
        graph: The models; None for those of ``sql/``, which alone have sentences of conservation.
        is_lasting: Whether many runs follow, so that the plans of a small one are worth keeping for the next.

    Raises:
        AlreadyServedError: Another pipeline works on the same data directory.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        checks: tuple[Check, ...] | None = None,
        graph: ModelGraph | None = None,
        is_lasting: bool = True,
    ) -> None:
        self.settings = settings
        self.graph = ModelGraph.of_product() if graph is None else graph
        self.checks = checks_of(self.graph) if checks is None else checks
        self.sources = Sources(settings.inbox_dir)
        self.builder = Builder(self.graph, self.checks, bodies=bodies_within(settings.memory_limit_bytes))
        self.is_lasting = is_lasting
        self.keeps_plans = is_lasting and settings.has_memory_to_spare
        self._is_product = graph is None
        self._beat_at = datetime.min.replace(tzinfo=UTC)
        self._last_run_id = ""
        self._lock: int | None = hold_files(settings.data_dir)
        try:
            self.place = Place.at_start(settings.data_dir)
            self._open()
        except BaseException:
            self._release_lock()
            raise

    def _open(self, suspicion: BaseException | None = None) -> None:
        self._is_open = False
        self._alias_stamp = stamp(self.settings.data_dir / USER_ALIASES)
        self.store = open_store(self.settings, suspicion)
        self._is_open = True
        self._last_run_id = max(self._last_run_id, last_run_id(self.store.connection))
        restore_nights_if_whole(self.store)
        self.fingerprint = fingerprint(self.graph, self.store.aliases.fingerprint, self.settings.timezone)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the files and release their lock; a second time does nothing."""
        if self._is_open:
            self._is_open = False
            if self.place.is_here and not self.store.moved_files():
                self.store.close(keep_wal_bytes=MAX_WAL_BYTES_AT_CLOSE)
            else:
                self.store.abandon()
        self._release_lock()

    def _release_lock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def reopen(self, after: BaseException | None = None) -> None:
        """Close the files and open them again, after a failure that may have left one unusable.

        Args:
            after: The failure. A file that it reports as damaged is restored.

        Raises:
            MovedError: The data directory is another; nothing is made in it.
        """
        self.place.require()
        self.builder.reset()
        self.store.close()
        self._open(after)

    def run(
        self,
        trigger: str,
        *,
        full: bool = False,
        limit: int | None = None,
        on_model: Callable[[Model], None] | None = None,
    ) -> Run:
        """Bring the published warehouse up to date.

        Idempotent: without new events it changes nothing and publishes nothing. A failed blocking check rolls the
        build back; readers keep the last good version, and the run names the check.

        Args:
            trigger: Why it runs: ``startup``, ``timer``, ``data_synced``, ``nightly`` or ``command``.
            full: Build all tables, even if no event is new.
            limit: Load about so many deliveries at most; None for all.
            on_model: Called before each model, for a progress bar.

        Raises:
            duckdb.Error, sqlite3.Error, OSError: The run failed; the failure is recorded, and the run can be repeated.
            ConfigurationError: The user's alias table was changed and is wrong; recorded too.
            MovedError: The data directory is another; nothing was written.
            WarehouseError: A private file was moved away or replaced; nothing was written.
        """
        self.require_place()
        run = Run.start(trigger, "full", after=self._last_run_id)
        self._last_run_id = run.run_id
        try:
            self._apply_new_aliases()
            run = do_run(self, run, full=full, limit=limit, on_model=on_model)
        except CbwError as exc:
            run = run.ended("failed", detail=str(exc))
            self.record(run)
            raise
        except (duckdb.Error, OSError, sqlite3.Error) as exc:
            run = run.ended("failed", detail=describe(exc))
            self.reopen(exc)
            self.record(run)
            raise
        finally:
            log_run(run)
            # Not when a file is damaged and cannot be restored whole, and never in another directory.
            if self._is_open and self.place.is_here:
                self._beat(run)
        return run

    def require_place(self) -> None:
        """Raise unless the directory and the private files in it are those that were opened; call it from any thread.

        Raises:
            MovedError: The directory was moved away or replaced.
            WarehouseError: A file was.
        """
        self.place.require()
        if moved := self.store.moved_files():
            raise WarehouseError(
                f"{', '.join(moved)} was moved away or replaced while the pipeline had it open",
                hint="the next start restores a missing file from the archive and the inboxes, or names what is lost",
            )

    def load(self, limit: int | None = None) -> int:
        """Load the new deliveries of all inboxes, or about ``limit`` of them, and return their number."""
        with self.sources.opened() as inboxes:
            loaded = load(self.store.connection, without_forgotten(self.store, inboxes), limit).deliveries
            if limit is None or loaded < limit:
                self.sources.note_emptied(inboxes)
            return loaded

    def record(self, run: Run) -> None:
        """Write the record of a run into the private files."""
        with self.store.transaction() as connection:
            record(connection, run)

    def verify(
        self, *, on_model: Callable[[Model], None] | None = None
    ) -> tuple[Verification, list[CheckResult]]:
        """Bring the tables up to date, build them a second time, compare the two and publish the result.

        Args:
            on_model: Called before each model is built a second time, for a progress bar.

        Returns:
            The comparison of every table, and every blocking check and sentence of conservation on whole tables.
        """
        self.run("command")
        result = self.compare(on_model=on_model)
        self.republish("command")
        return result

    def compare(
        self, *, on_model: Callable[[Model], None] | None = None
    ) -> tuple[Verification, list[CheckResult]]:
        """Verify tables that are up to date, and record the result without publishing it."""
        self.store.define_aliases(self.graph)
        self.store.use_threads(None)
        try:
            covered = TableState.of(self.store, self.fingerprint).watermark
            verification = verify(self.store, self.graph, covered, self.settings, on_model=on_model)
        except duckdb.Error as exc:
            self.reopen(exc)
            raise
        blocking = [check for check in self.checks if check.is_blocking]
        sentences = read_checks(SQL_DIR / "conservation") if self._is_product else ()
        with self.store.transaction() as connection:
            checks = run_checks(connection, (*blocking, *sentences))
            record_verification(connection, verification, checks)
        return verification, checks

    def republish(self, trigger: str) -> Run:
        """Run, and publish even if no event is new: a version with every record written since the last one."""
        with self.store.transaction() as connection:
            remove_state(connection, PUBLISHED_VERSION)
        return self.run(trigger)

    def release_memory(self) -> None:
        """Drop the rows that the last refresh kept; on a small machine also the tables and plans of refreshes."""
        self.builder.clear_changes()
        if not self.settings.has_memory_to_spare:
            self.builder.close()

    def drop_plans(self) -> None:
        """Return the connection to its usual state, after an action that made temporary tables or chose optimizers."""
        self.builder.close()
        leave_out(self.store.connection, *UNSAFE)

    def _apply_new_aliases(self) -> None:
        if stamp(self.settings.data_dir / USER_ALIASES) != self._alias_stamp:
            read_aliases(self.settings)  # a wrong table is reported while the files are still open
            self.reopen()

    def _beat(self, run: Run) -> None:
        now = datetime.now(tz=UTC)
        if run.status != "unchanged" or (now - self._beat_at).total_seconds() >= BEAT_SECONDS:
            self._beat_at = now
            version = current_version(self.settings.data_dir)
            Heartbeat.from_run(run, self.store.positions(), version).write(self.settings.data_dir)
