"""A delivery by a wrong clock of ours: the same bytes count once they come again by a right one."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ingest.inbox.delivery import NewDelivery
from ingest.inbox.inbox import Inbox
from tests.histories import END, read, sale, settings_for
from transforms.pipeline.pipeline import Pipeline

if TYPE_CHECKING:
    from pathlib import Path

NEVER_SET = datetime(1971, 3, 1, tzinfo=UTC)
SLOW = END - timedelta(days=200)
FATES = "select status, reason, delivery_count from events"


async def deliver(data_dir: Path, body: bytes, at: datetime) -> None:
    directory = data_dir / "inbox"
    directory.mkdir(parents=True, exist_ok=True)
    inbox = Inbox.claim(directory)
    inbox.start()
    try:
        await inbox.submit(NewDelivery.received(body, "current", at=at, content_type=None, peer=None))
    finally:
        await inbox.close()


@pytest.mark.parametrize(
    ("received_at", "first_fate", "headlines"),
    [(NEVER_SET, ("mapped", None, 1), 1), (SLOW, ("quarantined", "implausible_time", 1), 0)],
    ids=["a clock that was never set", "a clock that was slow"],
)
def test_an_event_counts_from_its_second_delivery_on(
    tmp_path: Path, received_at: datetime, first_fate: tuple[object, ...], headlines: int
) -> None:
    """A refresh examines the stored verdict again; a full build gives the same."""
    settings = settings_for(tmp_path / "data")
    body = sale("FIRST001")
    asyncio.run(deliver(settings.data_dir, body, received_at))
    with Pipeline(settings) as pipeline:
        assert pipeline.run("command").status == "published"
        assert read(settings, FATES) == [first_fate]
        assert read(settings, "select sum(sale_count)::int from daily_sales") == [(headlines or None,)]
        asyncio.run(deliver(settings.data_dir, body, END + timedelta(minutes=1)))
        run = pipeline.run("command")
        assert (run.status, run.mode) == ("published", "incremental")
        assert read(settings, FATES) == [("mapped", None, 2)]
        assert read(settings, "select sum(sale_count)::int from daily_sales") == [(1,)]
        verification, checks = pipeline.verify()
        assert verification.is_equal
        assert not [check.name for check in checks if check.blocks]
