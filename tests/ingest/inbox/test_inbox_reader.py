"""An inbox is readable next to its writer, and retention deletes rows that are stored elsewhere."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import uuid
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from ingest.inbox.file import open_for_reading, open_for_writing, reset_wal
from ingest.inbox.inbox import Inbox
from ingest.inbox.reader import DELETE_ROWS, InboxReader, list_inboxes
from tests.ingest.inbox.inboxes import delivery, read, running, store

if TYPE_CHECKING:
    from pathlib import Path


class TestReading:
    def test_an_inbox_has_a_random_id_for_life(self, path: Path, tmp_path: Path) -> None:
        store(path, b"x")
        with InboxReader(path) as reader:
            first = reader.inbox_id
        store(path, b"y")
        moved = path.rename(tmp_path / "inbox-07.sqlite")
        with InboxReader(moved) as reader:
            assert reader.inbox_id == first
        assert uuid.UUID(first).version == 4

    def test_no_file_is_an_empty_list(self, tmp_path: Path) -> None:
        assert list_inboxes(tmp_path / "never-made") == []

    def test_an_unfinished_file_is_not_an_inbox(self, path: Path) -> None:
        path.with_suffix(".new").write_bytes(b"half made")
        path.with_suffix(".lock").touch()
        assert list_inboxes(path.parent) == []
        assert store(path, b"x") == [1]
        assert list_inboxes(path.parent) == [path]

    def test_whoever_sees_the_file_sees_the_whole_schema(self, tmp_path: Path) -> None:
        """A reader polls for the file as fast as it can while it is made, many times."""
        problems: list[Exception] = []
        found: list[str] = []
        finished = threading.Event()

        def poll() -> None:
            while not finished.is_set():
                for path in list_inboxes(tmp_path):
                    try:
                        with InboxReader(path) as reader:
                            reader.tip()
                            found.append(reader.inbox_id)
                    except Exception as exc:  # noqa: BLE001 - any failure at all breaks the rule
                        problems.append(exc)

        thread = threading.Thread(target=poll)
        thread.start()
        for number in range(30):
            store(tmp_path / f"inbox-{number:02}.sqlite", b"x")
        finished.set()
        thread.join()
        assert problems == []
        assert found

    def test_reading_goes_on_after_a_position_within_both_limits(self, path: Path) -> None:
        store(path, *[b"x" * 10 for _ in range(10)])
        with InboxReader(path) as reader:
            assert [row.seq for row in reader.read_after(3, 4, 10**9)] == [4, 5, 6, 7]
            assert [row.seq for row in reader.read_after(3, 100, 25)] == [4, 5]
            assert [row.seq for row in reader.read_after(3, 100, 0)] == [4]
            assert reader.read_after(10, 100, 100) == []

    def test_a_read_that_stopped_early_does_not_hold_the_log(self, path: Path) -> None:
        store(path, *[b"x" * 10 for _ in range(10)])
        with InboxReader(path) as reader, closing(open_for_writing(path)) as connection:
            reader.read_after(0, 100, 25)
            connection.execute("insert into meta values ('k', 'v')")
            reset_wal(connection)

    def test_a_reader_sees_deliveries_stored_after_it_opened(self, path: Path) -> None:
        store(path, b"first")
        with InboxReader(path) as reader:
            assert reader.tip() == 1
            store(path, b"second")
            assert reader.tip() == 2

    def test_a_reader_cannot_write(self, path: Path) -> None:
        store(path, b"x")
        with closing(open_for_reading(path)) as connection, pytest.raises(sqlite3.OperationalError):
            connection.execute("delete from deliveries")

    def test_pending_contains_looks_only_after_the_position(self, path: Path) -> None:
        store(path, b'{"type":"data.synced"}', b"\x00\xff", b"")
        with InboxReader(path) as reader:
            assert reader.pending_contains(0, b"data.synced")
            assert not reader.pending_contains(1, b"data.synced")
            assert reader.pending_contains(1, b"\xff")


class TestRetention:
    def test_only_rows_that_are_stored_elsewhere_and_old_enough_are_deleted(self, path: Path) -> None:
        store(path, *[b"%d" % number for number in range(5)])
        with closing(open_for_writing(path)) as connection:
            connection.execute("update deliveries set received_at = seq * 10")
        with InboxReader(path) as reader:
            assert reader.delete_through(3, 30) == 2
            assert [row.seq for row in reader.read_after(0, 100, 10**6)] == [3, 4, 5]
            assert reader.delete_through(3, 10**9) == 1
            assert reader.delete_through(3, 10**9) == 0

    def test_more_than_one_portion_is_deleted(self, path: Path) -> None:
        count = DELETE_ROWS * 2 + 1
        store(path, *[b""] * count)
        with InboxReader(path) as reader:
            assert reader.delete_through(count, 2**62) == count

    def test_the_writer_goes_on_while_portions_are_deleted(self, path: Path) -> None:
        count = DELETE_ROWS * 6
        store(path, *[b"x" * 500] * count)

        def prune() -> int:
            with InboxReader(path) as reader:
                return reader.delete_through(count, 2**62)

        async def both() -> tuple[int, list[int]]:
            async with running(Inbox(path)) as inbox:
                pruning = asyncio.create_task(asyncio.to_thread(prune))
                stored = [await inbox.submit(delivery(b"first"))]
                while not pruning.done():
                    stored.append(await inbox.submit(delivery(b"new")))
                return await pruning, stored

        deleted, stored = asyncio.run(both())
        assert deleted == count
        assert [row.seq for row in read(path)] == stored
        assert stored == list(range(count + 1, count + 1 + len(stored)))

    def test_a_sequence_number_is_never_given_twice(self, path: Path) -> None:
        store(path, b"a", b"b")
        with InboxReader(path) as reader:
            reader.delete_through(2, 2**62)
            assert reader.tip() == 2
        assert store(path, b"c") == [3]

    def test_the_tip_of_an_inbox_without_deliveries_is_0(self, path: Path) -> None:
        store(path)
        with InboxReader(path) as reader:
            assert reader.tip() == 0
