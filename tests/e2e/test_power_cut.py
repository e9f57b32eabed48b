"""After a power cut at any moment, each event that got 200 is in the inbox, and the receiver starts again.

A journal records every write and sync of a real receiver, and every 200 as its sender gets it. The test computes power
cuts from it: synced data survives, and any sectors of the rest. ``CBW_POWER_CUTS`` sets their number; the full form
tries thousands.
"""

from __future__ import annotations

import asyncio
import errno
import sqlite3
import time
from contextlib import closing
from random import Random
from typing import TYPE_CHECKING

import pytest

from ingest.inbox.damage import list_set_aside
from ingest.inbox.delivery import NewDelivery
from ingest.inbox.inbox import Inbox
from ingest.inbox.reader import InboxReader, list_inboxes
from tests.amounts import amount
from tests.e2e.conftest import Receiver, StartReceiver, wait_until
from tests.e2e.senders import Senders
from tests.faults.power_cut import Disk, read_journal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.faults.shim import Shim

CUTS = amount(25, 60, "CBW_POWER_CUTS")
# The log is folded into the file after some 4 MB: this many events of 4 kB see that happen several times.
EVENTS = 1_500


def bodies_in(inbox_dir: Path) -> set[bytes]:
    found: set[bytes] = set()
    for path in list_inboxes(inbox_dir):
        with InboxReader(path) as reader:
            found |= {delivery.body for delivery in reader.read_after(0, 10**9, 10**12)}
    return found


def power_cuts(journal: Path, inbox_dir: Path, rng: Random) -> Iterator[set[bytes]]:
    """Cut the power at random moments; leave each outcome in ``inbox_dir`` and yield the acknowledged bodies."""
    records = list(read_journal(journal))
    moments = sorted(rng.sample(range(len(records)), min(CUTS, len(records))))
    disk = Disk()
    for number, record in enumerate(records):
        disk.happens(record)
        if moments and number == moments[0]:
            moments.pop(0)
            for old in inbox_dir.iterdir():
                old.unlink()
            for name, content in disk.after_a_cut(rng).items():
                if not name.endswith("-shm"):  # SQLite creates it again
                    (inbox_dir / name).write_bytes(content)
            yield disk.acknowledged


async def store_one_more(path: Path) -> int:
    inbox = Inbox(path)
    inbox.start()
    try:
        return await inbox.submit(NewDelivery.now(b"after the cut", "current", content_type=None, peer=None))
    finally:
        await inbox.close()


def check_every_cut(shim: Shim, tmp_path: Path, rng: Random) -> int:
    """Hold the outcome of every cut to the promise, and return how many events were acknowledged at the last."""
    inbox_dir = tmp_path / "cut" / "inbox"
    inbox_dir.mkdir(parents=True)
    count = 0
    for acknowledged in power_cuts(shim.journal, inbox_dir, rng):
        missing = acknowledged - bodies_in(inbox_dir)
        assert not missing, f"{len(missing)} of {len(acknowledged)} acknowledged events are lost"
        count = len(acknowledged)
        path = inbox_dir / "inbox-00.sqlite"
        asyncio.run(store_one_more(path))
        assert b"after the cut" in bodies_in(inbox_dir)
        assert list_set_aside(inbox_dir) == []
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
    return count


def receive(receiver: Receiver, shim: Shim, count: int, name: str) -> None:
    with Senders(receiver.port, name, on_acknowledged=shim.note_acknowledged) as senders:
        wait_until(lambda: len(senders.acknowledged) >= count)
    assert senders.other_statuses <= {503}


@pytest.mark.timeout(600 + CUTS)
def test_loses_nothing_that_was_acknowledged(
    start_receiver: StartReceiver, shim: Shim, tmp_path: Path
) -> None:
    receiver = start_receiver(variables=shim.variables)
    receive(receiver, shim, EVENTS, "before")
    receiver.kill()
    assert check_every_cut(shim, tmp_path, Random(4)) > EVENTS * 0.8
    again = start_receiver(data_dir=tmp_path / "cut")
    assert again.post(b"the receiver starts again").status == 200


@pytest.mark.timeout(600 + CUTS)
def test_loses_nothing_either_when_syncs_failed_before(
    start_receiver: StartReceiver, shim: Shim, tmp_path: Path
) -> None:
    """A later sync never writes the pages of a failed one, so the writer must truncate the WAL."""
    receiver = start_receiver(variables=shim.variables)
    for number in range(3):
        receive(receiver, shim, 60, f"well-{number}")
        with Senders(receiver.port, f"ill-{number}", on_acknowledged=shim.note_acknowledged) as senders:
            shim.set(sync_errno=errno.EIO)
            wait_until(lambda senders=senders: 503 in senders.other_statuses)  # type: ignore[misc]
            time.sleep(0.2)
            shim.set()
            wait_until(lambda: receiver.request("GET", "/readyz").status == 200)
    receive(receiver, shim, 60, "last")
    receiver.kill()
    recovered = [str(line["failure"]) for line in receiver.log_lines("inbox.recovered")]
    assert [failure.startswith("SQLITE_IOERR") for failure in recovered] == [True] * 3
    assert check_every_cut(shim, tmp_path, Random(5)) >= 200
