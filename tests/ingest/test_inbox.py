"""The inbox: durable before acknowledged, readable beside its writer, one owner per file."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from contextlib import asynccontextmanager, closing
from typing import TYPE_CHECKING

import pytest

from ingest.errors import InboxUnavailableError
from ingest.inbox import Bounds, Inbox, NewDelivery
from ingest.inbox_file import MIGRATIONS, open_for_reading, open_for_writing, reset_wal
from ingest.inbox_reader import DELETE_ROWS, Delivery, InboxReader, list_inboxes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "inbox-00.sqlite"


def delivery(body: bytes) -> NewDelivery:
    return NewDelivery.now(body, "current", content_type="application/json", peer="203.0.113.7")


@asynccontextmanager
async def running(inbox: Inbox) -> AsyncIterator[Inbox]:
    inbox.start()
    try:
        yield inbox
    finally:
        await inbox.close()


async def _store(path: Path, bodies: Sequence[bytes]) -> list[int]:
    async with running(Inbox(path)) as inbox:
        return await asyncio.gather(*(inbox.submit(delivery(body)) for body in bodies))


def store(path: Path, *bodies: bytes) -> list[int]:
    return asyncio.run(_store(path, bodies))


def read(path: Path) -> list[Delivery]:
    with InboxReader(path) as reader:
        return reader.read_after(0, 10**6, 10**9)


async def until_recovered(inbox: Inbox) -> None:
    while inbox.failure is not None:  # noqa: ASYNC110 - the inbox heals in its own thread and tells nobody
        await asyncio.sleep(0.02)


class TestStoring:
    def test_a_delivery_is_read_back_exactly(self, path: Path) -> None:
        body = b"\x00\xff not text \n"
        before = time.time_ns() // 1000
        assert store(path, body) == [1]
        [stored] = read(path)
        assert before <= stored.received_at <= time.time_ns() // 1000
        assert stored == Delivery(
            seq=1, received_at=stored.received_at, body=body, body_sha256=hashlib.sha256(body).digest(),
            secret_id="current", content_type="application/json", peer="203.0.113.7",
        )  # fmt: skip

    def test_each_delivery_learns_its_own_sequence_number(self, path: Path) -> None:
        bodies = [b"%d" % number for number in range(2000)]  # several batches
        sequence = store(path, *bodies)
        stored = {row.seq: row.body for row in read(path)}
        assert [stored[seq] for seq in sequence] == bodies
        assert sequence == list(range(1, 2001))

    def test_the_commit_is_visible_to_others_when_the_future_is_done(self, path: Path) -> None:
        async def check() -> None:
            async with running(Inbox(path)) as inbox:
                for number in range(20):
                    seq = await inbox.submit(delivery(b"x"))
                    assert seq == number + 1
                    assert len(read(path)) == seq

        asyncio.run(check())

    def test_deliveries_that_wait_together_share_a_commit(self, path: Path) -> None:
        async def check() -> int:
            async with running(Inbox(path)) as inbox:
                await inbox.submit(delivery(b"opens the file"))
                with closing(sqlite3.connect(path, isolation_level=None)) as blocker:
                    blocker.execute("begin immediate")
                    first = inbox.submit(delivery(b"first"))
                    await asyncio.sleep(0.1)
                    others = [inbox.submit(delivery(b"other")) for _ in range(100)]
                    version = blocker.execute("pragma data_version").fetchone()[0]
                    blocker.execute("rollback")
                    await asyncio.gather(first, *others)
                    return int(blocker.execute("pragma data_version").fetchone()[0]) - int(version)

        assert asyncio.run(check()) in {1, 2}  # data_version may see two commits as one change

    def test_commits_are_fsynced_in_a_write_ahead_log(self, path: Path) -> None:
        store(path, b"x")
        with closing(open_for_writing(path)) as connection:
            assert connection.execute("pragma journal_mode").fetchone() == ("wal",)
            assert connection.execute("pragma synchronous").fetchone() == (2,)

    def test_closing_commits_what_is_queued_and_refuses_what_comes_after(self, path: Path) -> None:
        async def check() -> list[int]:
            inbox = Inbox(path)
            inbox.start()
            stored = [inbox.submit(delivery(b"x")) for _ in range(1000)]
            closing_inbox = asyncio.create_task(inbox.close())
            await asyncio.sleep(0)
            with pytest.raises(InboxUnavailableError) as caught:
                inbox.submit(delivery(b"late"))
            assert caught.value.cause == "draining"
            await closing_inbox
            return [future.result() for future in stored]

        assert asyncio.run(check()) == list(range(1, 1001))

    def test_closing_commits_what_was_submitted_in_the_same_turn(self, path: Path) -> None:
        async def check() -> int:
            inbox = Inbox(path)
            inbox.start()
            stored = inbox.submit(delivery(b"x"))
            await inbox.close()
            return stored.result()

        assert asyncio.run(check()) == 1

    def test_a_waiter_that_gave_up_does_not_disturb_the_others(self, path: Path) -> None:
        async def check() -> None:
            async with running(Inbox(path)) as inbox:
                gone, waiting = inbox.submit(delivery(b"gone")), inbox.submit(delivery(b"waiting"))
                gone.cancel()
                assert await waiting == 2

        asyncio.run(check())
        assert [stored.body for stored in read(path)] == [b"gone", b"waiting"]


class TestBounds:
    @pytest.mark.parametrize("bounds", [Bounds(rows=3), Bounds(size=300)])
    def test_the_queue_is_bounded_by_count_and_by_bytes(self, path: Path, bounds: Bounds) -> None:
        async def check() -> None:
            async with running(Inbox(path, bounds=bounds)) as inbox:
                accepted = [inbox.submit(delivery(b"x" * 100)) for _ in range(3)]
                with pytest.raises(InboxUnavailableError) as caught:
                    inbox.submit(delivery(b"x" * 100))
                assert caught.value.cause == "queue_full"
                await asyncio.gather(*accepted)
                assert await inbox.submit(delivery(b"room again")) == 4
                assert (inbox.queued_rows, inbox.queued_bytes) == (0, 0)

        asyncio.run(check())


class TestFaults:
    def test_a_failed_commit_fails_its_deliveries_and_the_file_is_opened_anew(self, path: Path) -> None:
        async def check() -> None:
            async with running(Inbox(path)) as inbox:
                await inbox.submit(delivery(b"before"))
                with closing(sqlite3.connect(path, isolation_level=None)) as blocker:
                    blocker.execute("begin immediate")
                    with pytest.raises(InboxUnavailableError) as caught:
                        await inbox.submit(delivery(b"during"))
                    assert (caught.value.cause, inbox.failure) == ("storage", "SQLITE_BUSY")
                await until_recovered(inbox)
                assert await inbox.submit(delivery(b"after")) == 2

        asyncio.run(check())
        assert [stored.body for stored in read(path)] == [b"before", b"after"]

    def test_an_inbox_in_a_missing_directory_heals_when_the_directory_comes(self, tmp_path: Path) -> None:
        async def check() -> None:
            directory = tmp_path / "later"
            async with running(Inbox(directory / "inbox-00.sqlite")) as inbox:
                with pytest.raises(InboxUnavailableError):
                    await inbox.submit(delivery(b"too early"))
                assert inbox.failure is not None
                directory.mkdir()
                await until_recovered(inbox)
                assert await inbox.submit(delivery(b"x")) == 1

        asyncio.run(check())

    def test_a_file_of_a_newer_release_is_left_alone(self, path: Path) -> None:
        store(path, b"x")
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(f"pragma user_version = {len(MIGRATIONS) + 1}")

        async def check() -> str | None:
            async with running(Inbox(path)) as inbox:
                with pytest.raises(InboxUnavailableError):
                    await inbox.submit(delivery(b"y"))
                return inbox.failure

        newer = len(MIGRATIONS) + 1
        assert (
            asyncio.run(check())
            == f"the inbox has schema version {newer}, and this release knows {newer - 1}"
        )
        with pytest.raises(InboxUnavailableError, match="schema version"):
            read(path)
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("select body from deliveries").fetchall() == [(b"x",)]

    def test_resetting_the_log_moves_everything_into_the_database(self, path: Path) -> None:
        store(path, b"x")
        with closing(open_for_writing(path)) as connection:
            connection.execute("insert into meta values ('k', 'v')")
            reset_wal(connection)
            assert path.with_name(f"{path.name}-wal").stat().st_size == 0

    def test_the_log_is_not_taken_for_reset_while_a_reader_needs_it(self, path: Path) -> None:
        store(path, b"x")
        with closing(open_for_writing(path)) as connection, closing(open_for_reading(path)) as reader:
            reader.execute("begin")
            reader.execute("select * from meta").fetchall()
            connection.execute("insert into meta values ('k', 'v')")
            with pytest.raises(InboxUnavailableError):
                reset_wal(connection)


class TestOwnership:
    def test_each_claim_takes_the_first_free_inbox(self, tmp_path: Path) -> None:
        first, second = Inbox.claim(tmp_path), Inbox.claim(tmp_path)
        assert [first.path.name, second.path.name] == ["inbox-00.sqlite", "inbox-01.sqlite"]
        asyncio.run(_open_and_close(first))
        assert Inbox.claim(tmp_path).path == first.path

    def test_the_inbox_of_a_killed_process_is_claimed_again_with_all_it_acknowledged(
        self, tmp_path: Path
    ) -> None:
        script = (
            "import asyncio, pathlib, sys\n"
            "from tests.ingest.test_inbox import Inbox, delivery\n"
            "async def main():\n"
            "    inbox = Inbox.claim(pathlib.Path(sys.argv[1])); inbox.start()\n"
            "    for number in range(10_000):\n"
            "        print(await inbox.submit(delivery(b'%d' % number)), flush=True)\n"
            "asyncio.run(main())\n"
        )
        with subprocess.Popen([sys.executable, "-c", script, tmp_path], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            acknowledged = [int(process.stdout.readline()) for _ in range(50)]
            os.kill(process.pid, signal.SIGKILL)
            acknowledged += [int(line) for line in process.stdout.read().splitlines()]
        [path] = list_inboxes(tmp_path)
        assert set(acknowledged) <= {stored.seq for stored in read(path)}
        assert Inbox.claim(tmp_path).path == path


async def _open_and_close(inbox: Inbox) -> None:
    async with running(inbox):
        pass


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

    def test_a_reader_sees_what_was_stored_after_it_opened(self, path: Path) -> None:
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
    def test_only_what_is_safe_elsewhere_and_old_enough_is_deleted(self, path: Path) -> None:
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
