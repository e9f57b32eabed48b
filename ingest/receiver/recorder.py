"""Records a worker's answers: counts them within the request, and writes the counts once a second in a thread.

A request never waits for a file here. The recorder logs a failed write once and tries again; it may lose a second of
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
    """The record of one worker's requests.

    Args:
        inbox: The worker's inbox, whose queue and commits it also reports.
        data_dir: Of the figures and the reject ledger; None keeps the figures in memory, without a ledger.
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
        """Continue the counts of the inbox's last worker, and begin to write."""
        if self._path is None:
            return
        last = WorkerReport.read(self._path)
        if last is not None:
            self._before = last.tally
        self._thread.start()

    def stop(self) -> None:
        """Write one last time and stop."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def tally(self) -> Tally:
        """The counts of this worker and of those before it on the same inbox."""
        return self._before + self._tally.snapshot()

    def count(self, exchange: Exchange, status: int, seconds: float) -> None:
        """Count an acknowledgement or a refusal; the answer to a probe is neither."""
        if exchange.reason:
            self._tally.refused(status, exchange.reason)
        elif exchange.stored is not None:
            self._tally.acknowledged(status, exchange.secret_id, seconds, time.time())

    def reject(self, exchange: Exchange, status: int, suppressed: int) -> None:
        """Append a refusal to the ledger.

        Args:
            exchange: The request, with the reason of its refusal.
            status: Of the answer.
            suppressed: Refusals for the same reason without a row since the last row.
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

    def _try(self, kind: str, write: Callable[[], None]) -> None:
        """Write; log a failure when it begins, not every second that it lasts."""
        try:
            write()
        except (OSError, sqlite3.Error) as exc:
            if kind not in self._failing:
                log.warning("recorder.write_failed", kind=kind, error=type(exc).__name__)
            self._failing.add(kind)
        else:
            self._failing.discard(kind)
