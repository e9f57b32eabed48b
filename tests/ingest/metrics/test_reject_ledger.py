"""The record of a refused request: bounded, without its body, and never a cause of delay."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from cbw.data_dir import REJECTS
from ingest.inbox.inbox import Inbox
from ingest.metrics.reject_ledger import MOST_WAITING, Reject, RejectLedger, refused_since
from ingest.receiver.exchange import Exchange
from ingest.receiver.recorder import Recorder

if TYPE_CHECKING:
    from pathlib import Path

BODY = b"what a stranger wrote"


def reject(
    reason: str = "mismatch", *, body: bytes = BODY, suppressed: int = 0, peer: str = "192.0.2.1"
) -> Reject:
    return Reject.now("id-1", peer=peer, code=401, reason=reason, body=body, suppressed=suppressed)


def rows(data_dir: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(data_dir / REJECTS)) as connection:
        return connection.execute(
            "select request_id, peer, code, reason, body_bytes, body_sha256, suppressed from rejects order by id"
        ).fetchall()


def test_a_row_says_who_and_why_and_which_bytes_but_not_the_bytes(tmp_path: Path) -> None:
    ledger = RejectLedger(tmp_path / REJECTS)
    ledger.append(reject())
    ledger.append(reject("declared_too_large", body=b""))
    ledger.write()
    assert rows(tmp_path) == [
        ("id-1", "192.0.2.1", 401, "mismatch", len(BODY), sha256(BODY).hexdigest(), 0),
        ("id-1", "192.0.2.1", 401, "declared_too_large", 0, None, 0),
    ]
    assert BODY not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_the_oldest_rows_go_first(tmp_path: Path) -> None:
    ledger = RejectLedger(tmp_path / REJECTS, keep_rows=3)
    for number in range(10):
        ledger.append(reject(f"reason-{number}"))
        ledger.write()
    assert [row[3] for row in rows(tmp_path)] == ["reason-7", "reason-8", "reason-9"]


def test_the_queue_is_bounded(tmp_path: Path) -> None:
    ledger = RejectLedger(tmp_path / REJECTS)
    for number in range(MOST_WAITING + 5):
        ledger.append(reject(f"reason-{number}", body=b""))
    ledger.write()
    kept = rows(tmp_path)
    assert len(kept) == MOST_WAITING
    assert kept[0][3] == "reason-5"


def test_suppressed_refusals_count(tmp_path: Path) -> None:
    ledger = RejectLedger(tmp_path / REJECTS)
    started = time.time_ns() // 1000
    for row in (reject(), reject(suppressed=40, peer="2001:db8::1"), reject("missing")):
        ledger.append(row)
    ledger.write()
    mismatch, missing = refused_since(tmp_path, started)
    assert (mismatch.reason, mismatch.requests, mismatch.peers) == ("mismatch", 42, 2)
    assert (missing.reason, missing.requests) == ("missing", 1)
    assert refused_since(tmp_path, mismatch.latest_at + 10_000_000) == []


def test_two_workers_share_the_file(tmp_path: Path) -> None:
    ledgers = [RejectLedger(tmp_path / REJECTS) for _ in range(2)]
    for ledger in ledgers:
        ledger.append(reject())
    for ledger in ledgers:
        ledger.write()
    assert len(rows(tmp_path)) == 2


def test_nothing_is_made_before_something_was_refused(tmp_path: Path) -> None:
    RejectLedger(tmp_path / REJECTS).write()
    assert list(tmp_path.iterdir()) == []
    assert refused_since(tmp_path, 0) == []


def test_a_file_that_a_worker_has_only_begun_to_make_holds_nothing(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / REJECTS)) as connection:
        connection.execute("pragma journal_mode = wal")
    assert refused_since(tmp_path, 0) == []
    ledger = RejectLedger(tmp_path / REJECTS)
    ledger.append(reject())
    ledger.write()
    assert [row.reason for row in refused_since(tmp_path, 0)] == ["mismatch"]


def test_a_ledger_that_cannot_be_written_stops_no_worker(tmp_path: Path) -> None:
    (tmp_path / REJECTS).write_bytes(b"this is no SQLite file, whatever its name says" * 100)
    recorder = Recorder(Inbox(tmp_path / "inbox-00.sqlite"), tmp_path)
    recorder.start()
    recorder.reject(Exchange("id", reason="mismatch"), 401, 0)
    recorder.stop()
    with pytest.raises(sqlite3.DatabaseError):
        refused_since(tmp_path, 0)
