"""The inbox: durable before acknowledged, one owner per file."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from cbw.errors import InboxUnavailableError
from ingest.inbox.file import MIGRATIONS, open_for_reading, open_for_writing, reset_wal
from ingest.inbox.inbox import Bounds, Inbox
from ingest.inbox.reader import Delivery, list_inboxes
from tests.ingest.inbox.inboxes import delivery, read, running, store, until_recovered

if TYPE_CHECKING:
    from pathlib import Path


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

    def test_closing_commits_the_queue_and_refuses_later_deliveries(self, path: Path) -> None:
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

    def test_closing_commits_deliveries_of_the_same_turn(self, path: Path) -> None:
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
    def test_a_failed_commit_fails_its_deliveries_and_the_file_is_reopened(self, path: Path) -> None:
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
            "from ingest.inbox.inbox import Inbox; from tests.ingest.inbox.inboxes import delivery\n"
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
