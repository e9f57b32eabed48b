"""One run of the pipeline: load, build, check, publish."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

import duckdb

from cbw.data_dir import USER_ALIASES
from cbw.errors import CbwError
from cbw.locks import hold_files
from cbw.logs import Logger
from ingest.inbox.sources import Sources
from ingest.load.raw_events import load
from transforms.archive.nights import restore_nights_if_whole
from transforms.build.builder import Builder
from transforms.build.portions import bodies_within
from transforms.definitions.aliases import read_aliases
from transforms.definitions.checks import checks_of, read_checks, run_checks
from transforms.definitions.graph import ModelGraph
from transforms.definitions.sql_file import SQL_DIR
from transforms.pipeline.build_run import BlockedError, BuildRun
from transforms.pipeline.fingerprint import fingerprint, stamp
from transforms.pipeline.table_state import TableState
from transforms.privacy.redacting_source import without_forgotten
from transforms.publish.publish import publish
from transforms.publish.versions import current_version, versions
from transforms.publish.working_copy import WorkingCopy
from transforms.recovery.recovery import open_store
from transforms.store.failure import describe
from transforms.store.heartbeat import Heartbeat
from transforms.store.optimizers import UNSAFE, leave_out
from transforms.store.runs import Run, last_run_id, log_run, record
from transforms.store.state import PUBLISHED_VERSION, forget_state, set_state
from transforms.verify.verification import record as record_verification
from transforms.verify.verify import verify

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from cbw.settings import Settings
    from transforms.build.incremental import Change
    from transforms.definitions.checks import Check, CheckResult
    from transforms.definitions.model import Model
    from transforms.verify.verification import Verification

log = Logger(__name__)
BEAT_SECONDS = 5.0
# What a scheduled run loads at most: a long import must not keep new events from being published.
MOST_DELIVERIES = 100_000
# Above so many bytes, a private file's log is folded into it, after a run and when the files are let go. Folding looks
# at every table: a second and more at a million events. A MB of log takes 20 ms of the next start, and some memory.
LOG_BYTES = 32_000_000
LOG_BYTES_LEFT = 8_000_000


class Pipeline:
    """The only owner of the private files; use it as a context manager, from one thread at a time.

    Args:
        settings: Where the files are, and the report zone.
        checks: What must hold before a version is published; None for those of the product.
        graph: The models; None for those of ``sql/``, the only ones that its checks are about.
        is_lasting: Whether one run follows another, so that what a small one plans is worth keeping for the next.

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
        self.graph = ModelGraph.from_directory() if graph is None else graph
        self.checks = checks_of(self.graph) if checks is None else checks
        self._is_product = graph is None
        self.sources = Sources(settings.inbox_dir)
        bodies = bodies_within(settings.memory_limit_bytes)
        self._builder = Builder(self.graph, self.checks, bodies=bodies)
        self._beat_at = datetime.min.replace(tzinfo=UTC)
        self._keeps_plans = is_lasting and settings.has_memory_to_spare
        self._last_run_id = ""
        self._lock: int | None = hold_files(settings.data_dir)
        try:
            self._open()
        except BaseException:
            self._let_go()
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
        """Let the files go; a second time does nothing."""
        if self._is_open:
            self._is_open = False
            # Folding looks at every table: it would take a short command a fifth of its time.
            self.store.close(log_bytes=LOG_BYTES_LEFT)
        self._let_go()

    def _let_go(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def reopen(self, after: BaseException | None = None) -> None:
        """Let the files go and take them again, after a failure that may have left one unusable.

        Args:
            after: The failure. If it says that a file is damaged, that file is made again.
        """
        self._builder.reset()
        self.store.close()
        self._open(after)

    def positions(self) -> dict[str, int]:
        """Return how far each inbox is loaded."""
        rows = self.store.connection.execute("select inbox_id, inbox_sequence from events.inbox_positions")
        return {str(inbox): int(sequence) for inbox, sequence in rows.fetchall()}

    def run(
        self, trigger: str, *, full: bool = False, on_model: Callable[[Model], None] | None = None
    ) -> Run:
        """Bring the published warehouse up to date.

        Idempotent: with nothing new it changes nothing and publishes nothing. A failed blocking check undoes the
        build; readers keep the last good version, and the run says which check it was.

        Args:
            trigger: Why it runs: ``startup``, ``timer``, ``data_synced``, ``nightly`` or ``command``.
            full: Build even if nothing is new.
            on_model: Called before each model, for a progress bar.

        Raises:
            duckdb.Error, sqlite3.Error, OSError: The run failed; that is recorded, and it can be repeated.
            ConfigurationError: The user's alias table was changed and is wrong; recorded too.
        """
        run = Run.start(trigger, "full", after=self._last_run_id)
        self._last_run_id = run.run_id
        try:
            run = self._run(run, full=full, on_model=on_model)
        except CbwError as exc:
            run = run.ended("failed", detail=str(exc))
            self._record(run)
            raise
        except (duckdb.Error, OSError, sqlite3.Error) as exc:
            run = run.ended("failed", detail=describe(exc))
            self.reopen(exc)
            self._record(run)
            raise
        finally:
            log_run(run)
            if self._is_open:  # not when the files were found damaged, and cannot be restored whole
                self._beat(run)
        return run

    def verify(
        self, *, on_model: Callable[[Model], None] | None = None
    ) -> tuple[Verification, list[CheckResult]]:
        """Bring the tables up to date, build them all a second time and compare; publish what was found.

        Args:
            on_model: Called before each model is built again, for a progress bar.

        Returns:
            The comparison of every table, and every blocking check and sentence of conservation run on whole tables.
        """
        self.run("command")
        found = self.compare(on_model=on_model)
        self.republish("command")
        return found

    def compare(
        self, *, on_model: Callable[[Model], None] | None = None
    ) -> tuple[Verification, list[CheckResult]]:
        """Do what `verify` does to tables that are up to date, and record what was found without publishing it."""
        self.store.define_aliases(self.graph)
        self.store.use_threads(None)
        try:
            covered = TableState.of(self.store, self.fingerprint).watermark
            found = verify(self.store, self.graph, covered, self.settings, on_model=on_model)
        except duckdb.Error as exc:
            self.reopen(exc)
            raise
        blocking = [check for check in self.checks if check.is_blocking]
        sentences = read_checks(SQL_DIR / "conservation") if self._is_product else ()
        with self.store.transaction() as connection:
            checks = run_checks(connection, (*blocking, *sentences))
            record_verification(connection, found, checks)
        return found, checks

    def republish(self, trigger: str) -> Run:
        """Run, and publish even if nothing is new: with what was recorded since the last time."""
        with self.store.transaction() as connection:
            forget_state(connection, PUBLISHED_VERSION)
        return self.run(trigger)

    def forget_plans(self) -> None:
        """Let what comes next plan as ever: for who made temporary tables, or left out other optimizers."""
        self._builder.close()
        leave_out(self.store.connection, *UNSAFE)

    def _beat(self, run: Run) -> None:
        now = datetime.now(tz=UTC)
        if run.status != "unchanged" or (now - self._beat_at).total_seconds() >= BEAT_SECONDS:
            self._beat_at = now
            beat = Heartbeat.from_run(run, self.positions(), current_version(self.settings.data_dir))
            beat.write(self.settings.data_dir)

    def _run(self, run: Run, *, full: bool, on_model: Callable[[Model], None] | None) -> Run:
        if stamp(self.settings.data_dir / USER_ALIASES) != self._alias_stamp:
            read_aliases(self.settings)  # a wrong table is reported while the files are still open
            self.reopen()
        events_in = self.load(None if run.trigger in {"command", "nightly"} else MOST_DELIVERIES)
        state = TableState.of(self.store, self.fingerprint)
        changes: Mapping[str, Change] | None = {}
        if full or state.is_stale:
            is_copied = self._is_copied()
            run, changes = self._build(
                replace(run, mode=state.mode(full=full), events_in=events_in), state, on_model
            )
        elif not state.is_published:
            is_copied = self._is_copied()
            run = run.ended("built", events_in=events_in, watermark=state.watermark)
        else:
            return run.ended(
                "unchanged", events_in=events_in, watermark=state.watermark,
                published_version=current_version(self.settings.data_dir),
            )  # fmt: skip
        if run.status == "built":
            run = self._publish(run, changes if is_copied else None)
        self._builder.clear_changes()
        if not self.settings.has_memory_to_spare:
            self._builder.close()
        return run

    def load(self, limit: int | None = None) -> int:
        """Load what the inboxes hold, or about ``limit`` of it, and return the number of deliveries."""
        with self.sources.opened() as inboxes:
            loaded = load(self.store.connection, without_forgotten(self.store, inboxes), limit).deliveries
            if limit is None or loaded < limit:
                self.sources.note_emptied(inboxes)
            return loaded

    def _is_copied(self) -> bool:
        """Tell whether the working copy needs no more than what changes from now on."""
        return WorkingCopy(self.store, self.graph).is_current()

    def _build(
        self, run: Run, state: TableState, on_model: Callable[[Model], None] | None
    ) -> tuple[Run, Mapping[str, Change] | None]:
        self.store.define_aliases(self.graph)
        build = BuildRun(self.store, self._builder, self.fingerprint, keeps_plans=self._keeps_plans)
        try:
            return build.do(run, state, on_model)
        except BlockedError as exc:
            self._record(exc.run)
            return exc.run, None

    def _publish(self, run: Run, changes: Mapping[str, Change] | None) -> Run:
        # The version's own file holds the finished record, so that readers never see a run that is still going on.
        expected = max(versions(self.settings.data_dir), default=0) + 1
        published = run.ended("published", published_version=expected)
        self._record(published)
        try:
            version = publish(self.store, self.graph, changes)
        except BaseException:
            self._record(run)
            raise
        with self.store.transaction() as connection:
            set_state(connection, PUBLISHED_VERSION, version)
        self.store.checkpoint(above=LOG_BYTES)
        return published

    def _record(self, run: Run) -> None:
        with self.store.transaction() as connection:
            record(connection, run)
