"""Retention purges inbox rows that are loaded, archived and old; no others, and none twice."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from cbw.command import main
from cbw.errors import WarehouseError
from ingest.inbox.file import open_for_reading, open_for_writing
from ingest.inbox.reader import DELETE_BYTES, InboxReader, list_inboxes
from tests.histories import receive, sale, settings_for
from transforms.archive.archive import archive
from transforms.archive.retention import Retained, retain
from transforms.pipeline.pipeline import Pipeline

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cbw.settings import Settings

DAY = 86_400_000_000


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for(tmp_path)


@pytest.fixture
def pipeline(settings: Settings) -> Iterator[Pipeline]:
    with Pipeline(settings) as opened:
        yield opened


def receive_aged(settings: Settings, bodies: list[bytes], *, days: float) -> None:
    """Store deliveries as if they had been received some days ago."""
    receive(settings.data_dir, bodies)
    [path] = list_inboxes(settings.inbox_dir)
    with closing(open_for_writing(path)) as connection:
        connection.execute(
            "update deliveries set received_at = received_at - ? where seq > "
            "(select max(seq) from deliveries) - ?",
            [round(days * DAY), len(bodies)],
        )


def left(settings: Settings) -> list[int]:
    [path] = list_inboxes(settings.inbox_dir)
    with InboxReader(path) as inbox:
        return [delivery.seq for delivery in inbox.read_after(0, 100, 10**9)]


def test_only_what_is_loaded_archived_and_old_goes(pipeline: Pipeline, settings: Settings) -> None:
    receive_aged(settings, [sale("OLD00001"), sale("OLD00002")], days=8)
    receive_aged(settings, [sale("YOUNG003")], days=6)
    assert retain(pipeline.store, settings) == Retained(0, 0)
    pipeline.load()
    assert retain(pipeline.store, settings).deliveries == 0, "it is not archived"
    archive(pipeline.store, settings)
    receive_aged(settings, [sale("OLD00004")], days=9)
    pipeline.load()
    assert retain(pipeline.store, settings).deliveries == 2
    assert left(settings) == [3, 4]
    assert retain(pipeline.store, settings).deliveries == 0
    receive(settings.data_dir, [sale("NEXT0005")])
    assert left(settings) == [3, 4, 5], "a number is never given twice"
    assert pipeline.load() == 1


def test_a_verification_holds_after_pruning(settings: Settings) -> None:
    receive_aged(settings, [sale("OLD00001"), sale("OLD00002")], days=8)
    receive(settings.data_dir, [sale("YOUNG003")])
    with Pipeline(settings) as pipeline:
        pipeline.run("command")
        archive(pipeline.store, settings)
        assert retain(pipeline.store, settings).deliveries == 2
    assert main(["verify", "--data-dir", str(settings.data_dir)]) == 0


@pytest.mark.parametrize("damage", ["missing", "changed"])
def test_the_last_copy_is_never_pruned(pipeline: Pipeline, settings: Settings, damage: str) -> None:
    receive_aged(settings, [sale("OLD00001")], days=8)
    pipeline.load()
    archive(pipeline.store, settings)
    [path] = settings.archive_dir.glob("*/*.parquet")
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[::-1])
    with pytest.raises(WarehouseError, match=f"nothing is pruned.*{damage}: received_date="):
        retain(pipeline.store, settings)
    assert left(settings) == [1]


def test_large_bodies_go_in_portions_and_leave_no_bytes(pipeline: Pipeline, settings: Settings) -> None:
    mark = b"a-body-that-must-not-stay"
    receive_aged(settings, [mark * (DELETE_BYTES // 50) for _ in range(5)], days=8)
    pipeline.load()
    archive(pipeline.store, settings)
    assert retain(pipeline.store, settings).deliveries == 5
    [path] = list_inboxes(settings.inbox_dir)
    with closing(open_for_writing(path)) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    assert mark not in path.read_bytes()
    with closing(open_for_reading(path)) as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)


def test_an_import_goes_whole_and_stays_imported(settings: Settings, tmp_path: Path) -> None:
    history = tmp_path / "history.jsonl"
    history.write_bytes(sale("PAST0001") + b"\n" + sale("PAST0002") + b"\n")
    arguments = ["import", str(history), "--no-refresh", "--data-dir", str(settings.data_dir)]
    assert main(arguments) == 0
    settings = settings_for(settings.data_dir, inbox_retention_days=0)
    with Pipeline(settings) as pipeline:
        assert retain(pipeline.store, settings).imports == 0, "it is not archived"
        archive(pipeline.store, settings)
        assert retain(pipeline.store, settings) == Retained(2, 1)
    assert list_inboxes(settings.inbox_dir) == []
    assert main(arguments) == 0
    with Pipeline(settings) as pipeline:
        assert pipeline.store.one("select count(*) from events.raw_events") == (2,)
