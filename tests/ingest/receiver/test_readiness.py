"""Every cause that keeps events from being stored has a name; information never makes a worker unready."""

from __future__ import annotations

import asyncio
import json
import os
from typing import TYPE_CHECKING

from cbw.data_dir import PIPELINE_BEAT
from ingest.inbox.delivery import NewDelivery
from ingest.inbox.inbox import Bounds, Inbox
from ingest.receiver.readiness import Readiness
from tests.e2e.conftest import wait_until

if TYPE_CHECKING:
    from pathlib import Path


def inbox_in(data_dir: Path, **bounds: int) -> Inbox:
    (data_dir / "inbox").mkdir()
    return Inbox(data_dir / "inbox" / "inbox-00.sqlite", bounds=Bounds(**bounds))


def test_an_inbox_that_can_store_is_ready_without_any_pipeline(tmp_path: Path) -> None:
    readiness = Readiness.of(inbox_in(tmp_path))
    assert (readiness.is_ready, readiness.seconds_since_pipeline_beat) == (True, None)


def test_the_age_of_the_pipelines_beat_is_information_only(tmp_path: Path) -> None:
    inbox = inbox_in(tmp_path)
    beat = tmp_path / PIPELINE_BEAT
    beat.touch()
    os.utime(beat, (1_000_000_000, 1_000_000_000))
    shown = json.loads(json.dumps(Readiness.of(inbox).as_json()))
    assert shown["seconds_since_pipeline_beat"] > 700_000_000
    assert (shown["ready"], shown["failing"]) == (True, [])


def test_a_directory_that_is_gone_has_no_free_space(tmp_path: Path) -> None:
    readiness = Readiness.of(Inbox(tmp_path / "gone" / "inbox-00.sqlite"))
    assert readiness.as_json()["failing"] == ["free_bytes"]


def test_a_full_queue_is_named(tmp_path: Path) -> None:
    async def check() -> object:
        inbox = inbox_in(tmp_path, rows=1)
        inbox.start()
        stored = inbox.submit(NewDelivery.now(b"{}", "current", content_type=None, peer=None))
        full = Readiness.of(inbox).as_json()["failing"]  # nothing is settled before the loop has its turn
        await stored
        await inbox.close()
        return full

    assert asyncio.run(check()) == ["queued_rows"]


def test_the_age_of_the_last_commit_is_shown(tmp_path: Path) -> None:
    async def check() -> None:
        inbox = inbox_in(tmp_path)
        inbox.start()
        assert Readiness.of(inbox).is_ready
        await inbox.submit(NewDelivery.now(b"{}", "current", content_type=None, peer=None))
        wait_until(lambda: Readiness.of(inbox).seconds_since_commit is not None)
        await inbox.close()
        assert Readiness.of(inbox).as_json()["failing"] == ["draining"]

    asyncio.run(check())
