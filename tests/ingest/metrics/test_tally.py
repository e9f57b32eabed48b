"""A worker's counts: exact, added over workers and restarts, and never the cause of a failure."""

from __future__ import annotations

import asyncio
import json
import os
import time
from typing import TYPE_CHECKING

import pytest

from ingest.inbox.inbox import Inbox
from ingest.metrics.tally import Histogram, Tally
from ingest.metrics.tally_file import STALE_SECONDS, WorkerReport, own_report, read_reports, report_path
from ingest.receiver.exchange import Exchange
from ingest.receiver.recorder import Recorder

if TYPE_CHECKING:
    from pathlib import Path


def some_tally() -> Tally:
    tally = Tally()
    tally.acknowledged(200, "current", 0.004, now=1000.0)
    tally.acknowledged(200, "previous", 9.0, now=1001.0)
    tally.refused(401, "mismatch")
    tally.commits.observe(2, 0.003)
    return tally


@pytest.mark.parametrize(
    ("value", "counts"),
    [(0.5, [1, 0, 0]), (1.0, [1, 0, 0]), (1.5, [0, 1, 0]), (2.0, [0, 1, 0]), (2.1, [0, 0, 1])],
)
def test_a_value_counts_for_the_first_bound_that_is_not_below_it(value: float, counts: list[int]) -> None:
    histogram = Histogram((1.0, 2.0))
    histogram.observe(value)
    assert (histogram.counts, histogram.total) == (counts, value)


def test_a_written_report_is_read_back() -> None:
    tally = some_tally()
    assert Tally.from_json(json.loads(json.dumps(tally.as_json()))) == tally


def test_tallies_add_up() -> None:
    twice = some_tally() + some_tally()
    assert twice.requests == {(200, ""): 4, (401, "mismatch"): 2}
    assert twice.verified == {"current": 2, "previous": 2}
    assert (sum(twice.ack_seconds.counts), twice.ack_seconds.total) == (4, pytest.approx(18.008))
    assert (twice.commits.rows.total, sum(twice.commits.seconds.counts)) == (4, 2)
    assert twice.last_event_at == 1001.0


def test_a_snapshot_does_not_change_with_its_original() -> None:
    tally = some_tally()
    copy = tally.snapshot()
    assert copy == tally
    tally.acknowledged(200, "current", 0.1, now=2000.0)
    tally.commits.observe(1, 0.1)
    assert copy == some_tally()


def test_opening_a_file_is_no_commit() -> None:
    tally = Tally()
    tally.commits.observe(0, 0.1)
    assert tally == Tally()


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"pid": 1, "queued_rows": 0, "tally": {"last_event_at": 0}}', "\x00" * 100]
)
def test_a_report_that_cannot_be_understood_counts_as_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "metrics" / "inbox-00.json"
    path.parent.mkdir()
    path.write_text(text)
    assert WorkerReport.read(path) is None
    assert read_reports(tmp_path) == []


def test_a_report_with_other_bounds_counts_as_none(tmp_path: Path) -> None:
    path = tmp_path / "inbox-00.json"
    own_report(0, some_tally()).write(path)
    value = json.loads(path.read_text())
    value["tally"]["ack_seconds"]["bounds"][0] = 0.123
    path.write_text(json.dumps(value))
    assert WorkerReport.read(path) is None


def test_a_worker_that_has_not_written_for_a_while_is_taken_for_dead(tmp_path: Path) -> None:
    path = report_path(tmp_path, tmp_path / "inbox" / "inbox-00.sqlite")
    own_report(7, some_tally()).write(path)
    [report] = read_reports(tmp_path)
    assert (report.is_alive, report.pid, report.queued_rows) == (True, os.getpid(), 7)
    past = time.time() - STALE_SECONDS - 1
    os.utime(path, (past, past))
    [report] = read_reports(tmp_path)
    assert not report.is_alive
    assert report.tally == some_tally()


def acknowledged() -> Exchange:
    exchange = Exchange("id", secret_id="current")
    exchange.stored = asyncio.new_event_loop().create_future()
    exchange.stored.get_loop().close()
    return exchange


def test_a_worker_goes_on_from_the_counts_of_the_last_one_on_its_inbox(tmp_path: Path) -> None:
    for _ in range(3):
        recorder = Recorder(Inbox(tmp_path / "inbox-00.sqlite"), tmp_path)
        recorder.start()
        recorder.count(acknowledged(), 200, 0.001)
        recorder.count(Exchange("id", reason="mismatch"), 401, 0.001)
        recorder.stop()
    [report] = read_reports(tmp_path)
    assert report.tally.requests == {(200, ""): 3, (401, "mismatch"): 3}


def test_an_answer_to_a_health_probe_is_not_counted(tmp_path: Path) -> None:
    recorder = Recorder(Inbox(tmp_path / "inbox-00.sqlite"))
    recorder.count(Exchange("id"), 200, 0.001)
    recorder.count(Exchange("id"), 503, 0.001)  # an answer of /readyz is no webhook either
    assert recorder.tally == Tally()


def test_figures_that_cannot_be_written_stop_nothing(tmp_path: Path) -> None:
    (tmp_path / "metrics").write_text("no directory")
    recorder = Recorder(Inbox(tmp_path / "inbox-00.sqlite"), tmp_path)
    recorder.start()
    recorder.count(Exchange("id", reason="mismatch"), 401, 0.001)
    recorder.stop()
    assert recorder.tally.requests == {(401, "mismatch"): 1}
