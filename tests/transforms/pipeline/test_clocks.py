"""A delivery by a wrong clock of ours: the same bytes count once they come again by a right one."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ingest.inbox.delivery import NewDelivery
from ingest.inbox.inbox import Inbox
from tests.histories import END, history, read, receive, sale, settings_for
from transforms.pipeline.pipeline import Pipeline

if TYPE_CHECKING:
    from pathlib import Path

NEVER_SET = datetime(1971, 3, 1, tzinfo=UTC)
SLOW = END - timedelta(days=200)
SALES = "select receipt from fct_sales where receipt in ('NEVERSET', 'SLOW0001') order by receipt"
REFUSED = "select reason, count(*) from quarantine where reason = 'implausible_time' group by reason"


async def deliver(data_dir: Path, body: bytes, at: datetime) -> None:
    directory = data_dir / "inbox"
    directory.mkdir(parents=True, exist_ok=True)
    inbox = Inbox.claim(directory)
    inbox.start()
    try:
        await inbox.submit(NewDelivery.received(body, "current", at=at, content_type=None, peer=None))
    finally:
        await inbox.close()


def test_an_event_counts_from_its_second_delivery_on(tmp_path: Path) -> None:
    """A refresh examines the stored verdict again, and gives what a full build gives."""
    settings = settings_for(tmp_path / "data")
    received = {NEVER_SET: sale("NEVERSET"), SLOW: sale("SLOW0001")}
    receive(settings.data_dir, history(60, 10))
    for at, body in received.items():
        asyncio.run(deliver(settings.data_dir, body, at))
    with Pipeline(settings) as pipeline:
        pipeline.run("command")
        assert read(settings, SALES) == [("NEVERSET",)]
        assert read(settings, REFUSED) == [("implausible_time", 1)]
        for body in received.values():
            asyncio.run(deliver(settings.data_dir, body, END + timedelta(minutes=1)))
        run = pipeline.run("command")
        assert (run.status, run.mode) == ("published", "incremental")
        assert read(settings, SALES) == [("NEVERSET",), ("SLOW0001",)]
        assert read(settings, REFUSED) == []
        verification, checks = pipeline.verify()
        assert verification.is_equal
        assert [check.name for check in checks if check.blocks] == []
