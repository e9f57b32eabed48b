"""Remembers what a worker answered: counted within the request, written once a second by a thread of its own.

A request never waits for a file here. What cannot be written is logged once and tried again; it may cost a second of
figures, never an event.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from typing import TYPE_CHECKING

from cbw.data_dir import REJECTS
from cbw.logs import Logger
from ingest.metrics.reject_ledger import Reject, RejectLedger
from ingest.metrics.tally import Tally
from ingest.metrics.tally_file import WorkerReport, own_report, report_path

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ingest.inbox.inbox import Inbox
    from ingest.receiver.exchange import Exchange

WRITE_SECONDS = 1.0

log = Logger(__name__)


class Recorder:
    """One worker's memory of its requests.

    Args:
        inbox: The worker's; its queue and commits are reported too.
        data_dir: Where the figures and the reject ledger go; None keeps the figures in memory, and no ledger.
    """

    def __init__(self, inbox: Inbox, data_dir: Path | None = None) -> None:
        self._inbox = inbox
        self._tally = Tally(commits=inbox.commits)
        self._path = None if data_dir is None else report_path(data_dir, inbox.path)
        self._ledger = None if data_dir is None else RejectLedger(data_dir / REJECTS)
        self._before = Tally()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write_until_stopped, name="recorder", daemon=True)
        self._failing: set[str] = set()

    def start(self) -> None:
        """Go on from what the inbox's last worker counted, and begin to write."""
        if self._path is None:
            return
        last = WorkerReport.read(self._path)
        if last is not None:
            self._before = last.tally
        self._thread.start()

    def stop(self) -> None:
        """Write a last time and end."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def tally(self) -> Tally:
        """What this worker and those before it on the same inbox have counted."""
        return self._before + self._tally.snapshot()

    def count(self, exchange: Exchange, status: int, seconds: float) -> None:
        """Count an answer; one that is neither an acknowledgement nor a refusal, as to a health probe, is left out."""
        if exchange.reason:
            self._tally.refused(status, exchange.reason)
        elif exchange.stored is not None:
            self._tally.acknowledged(status, exchange.secret_id, seconds, time.time())

    def reject(self, exchange: Exchange, status: int, suppressed: int) -> None:
        """Keep a row of a refusal.

        Args:
            exchange: The request, with the reason it is refused for.
            status: What its sender is told.
            suppressed: How many refusals for the same reason got no row since the last one that did.
        """
        if self._ledger is not None:
            self._ledger.append(
                Reject.now(
                    exchange.request_id,
                    peer=exchange.peer,
                    code=status,
                    reason=exchange.reason,
                    body=exchange.body,
                    suppressed=suppressed,
                )
            )

    def _write_until_stopped(self) -> None:
        assert self._ledger is not None
        is_last = False
        while not is_last:
            is_last = self._stop.wait(WRITE_SECONDS)
            self._try("figures", self._write_report)
            self._try("rejects", self._ledger.write)

    def _write_report(self) -> None:
        assert self._path is not None
        own_report(self._inbox.queued_rows, self.tally).write(self._path)

    def _try(self, what: str, write: Callable[[], None]) -> None:
        """Write; a failure is logged when it begins, not every second that it lasts."""
        try:
            write()
        except (OSError, sqlite3.Error) as exc:
            if what not in self._failing:
                log.warning("recorder.write_failed", what=what, error=type(exc).__name__)
            self._failing.add(what)
        else:
            self._failing.discard(what)
