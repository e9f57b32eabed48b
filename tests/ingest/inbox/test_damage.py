"""A damaged inbox is set aside, the receiver goes on with a new one, and each readable row is loaded once."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from ingest.inbox.damage import DamagedError, is_damage, list_set_aside, set_aside, wal_of
from ingest.inbox.delivery import NewDelivery
from ingest.inbox.file import open_for_writing
from ingest.inbox.inbox import Inbox
from ingest.inbox.reader import InboxReader, list_inboxes
from ingest.inbox.salvage import SalvageReader
from ingest.inbox.writer import InboxWriter
from tests.histories import settings_for
from tests.processes import cbw
from transforms.pipeline.pipeline import Pipeline

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

PAGE = 4096
# Two bodies a page, so that a lost page costs few of them.
BODIES = tuple(b"%05d-" % number + b"x" * 1500 for number in range(1, 401))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "data" / "inbox" / "inbox-00.sqlite"
    path.parent.mkdir(parents=True)
    return path


def store(path: Path, bodies: Sequence[bytes]) -> None:
    async def submit() -> None:
        inbox = Inbox(path)
        inbox.start()
        try:
            await asyncio.gather(
                *(
                    inbox.submit(NewDelivery.now(body, "current", content_type=None, peer=None))
                    for body in bodies
                )
            )
        finally:
            await inbox.close()

    asyncio.run(submit())


def overwrite(path: Path, pages: range, filling: bytes = b"\x00") -> None:
    with path.open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * PAGE)
            file.write((filling * PAGE)[:PAGE])


def leave_a_log(path: Path) -> None:
    """Lose the file and keep its log, as when somebody deletes the one he knows."""
    with closing(open_for_writing(path)) as connection, closing(open_for_writing(path)):
        connection.execute("insert or replace into meta values ('k', 'v')")
        log = wal_of(path).read_bytes()
    path.unlink()
    wal_of(path).write_bytes(log)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "emptied": lambda path: path.write_bytes(b""),
    "first page zeroed": lambda path: overwrite(path, range(1, 2)),
    "another kind of file": lambda path: path.write_bytes(b"PK\x03\x04" * 5000),
    "cut in half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // PAGE // 2 * PAGE]),
    "all but the first page zeroed": lambda path: overwrite(path, range(2, path.stat().st_size // PAGE + 1)),
    "schema gone": lambda path: path.write_bytes(_an_empty_database(path)),
}  # fmt: skip


def _an_empty_database(path: Path) -> bytes:
    other = path.with_name("other")
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("vacuum")
        connection.execute("pragma user_version = 0")
        connection.execute("create table t (a)")
    return other.read_bytes()


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_the_receiver_goes_on_with_a_fresh_inbox(path: Path, damage: Callable[[Path], object]) -> None:
    store(path, BODIES)
    damage(path)
    damaged = path.read_bytes()
    store(path, [b"the first after the damage"])
    with InboxReader(path) as reader:
        assert [row.body for row in reader.read_after(0, 10, 10**6)] == [b"the first after the damage"]
    [aside] = list_set_aside(path.parent)
    assert aside.name.startswith("inbox-00.sqlite.corrupt-2")
    assert aside.read_bytes() == damaged
    assert list_inboxes(path.parent) == [path]


def test_a_log_without_its_file_is_never_applied_to_the_fresh_one(path: Path) -> None:
    store(path, BODIES)
    leave_a_log(path)
    store(path, [b"fresh"])
    with InboxReader(path) as reader:
        assert [row.body for row in reader.read_after(0, 10, 10**6)] == [b"fresh"]


def test_an_inbox_that_is_moved_away_gets_no_further_delivery(path: Path) -> None:
    """The writer goes on with a fresh file of the name; put back with its log, the moved one is whole."""
    writer = InboxWriter(path)
    writer.commit([NewDelivery.now(BODIES[0], "current", content_type=None, peer=None)])
    path.rename(path.with_name("elsewhere"))
    writer.commit([NewDelivery.now(b"fresh", "current", content_type=None, peer=None)])
    writer.close()
    with InboxReader(path) as reader:
        assert [row.body for row in reader.read_after(0, 10, 10**6)] == [b"fresh"]
    [log] = path.parent.glob("*.corrupt-*-wal")
    aside = path.with_name("elsewhere").rename(log.with_name(log.name.removesuffix("-wal")))
    with SalvageReader(aside) as reader:
        assert [row.body for row in reader.read_after(0, 10, 10**6)] == [BODIES[0]]


def test_a_setting_aside_that_was_killed_half_way_is_finished_by_the_next_start(path: Path) -> None:
    store(path, BODIES[:3])
    with closing(open_for_writing(path)) as connection, closing(open_for_writing(path)):
        connection.execute("delete from deliveries where seq = 2")
        file, log = path.read_bytes(), wal_of(path).read_bytes()
    aside = path.with_name(f"{path.name}.corrupt-20260101T000000.000000Z")
    aside.write_bytes(file)  # killed here: the file has its new name, its log the old one
    path.unlink()
    wal_of(path).write_bytes(log)
    store(path, [b"fresh"])
    assert list_set_aside(path.parent) == [aside]
    with SalvageReader(aside) as reader:
        assert [row.seq for row in reader.read_after(0, 10, 10**6)] == [1, 3]


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (DamagedError("x"), True),
        (sqlite3.OperationalError("an error of the module itself"), False),
    ],
)
def test_only_wrong_content_is_damage(error: sqlite3.Error, verdict: bool) -> None:  # noqa: FBT001
    assert is_damage(error) is verdict


def test_a_full_disk_or_a_lock_is_no_damage(path: Path) -> None:
    store(path, BODIES[:1])
    with closing(open_for_writing(path)) as holder, closing(open_for_writing(path)) as other:
        holder.execute("begin immediate")
        other.execute("pragma busy_timeout = 1")
        with pytest.raises(sqlite3.OperationalError) as caught:
            other.execute("begin immediate")
    assert not is_damage(caught.value)


class TestSalvage:
    def test_reads_every_delivery_outside_the_damage_and_counts_the_rest(self, path: Path) -> None:
        store(path, BODIES)
        overwrite(path, range(60, 90), b"\xa5")
        with SalvageReader(path) as reader:
            found = reader.read_after(0, 10**6, 10**9)
            lost = reader.unreadable
        assert len(found) + lost == len(BODIES)
        assert 30 <= lost <= 100
        assert all(row.body == BODIES[row.seq - 1] for row in found)
        assert [row.seq for row in found] == sorted({row.seq for row in found})

    def test_keeps_within_both_limits_and_goes_on_from_there(self, path: Path) -> None:
        store(path, BODIES)
        overwrite(path, range(10, 12), b"\xa5")
        with SalvageReader(path) as reader:
            whole = [row.seq for row in reader.read_after(0, 10**6, 10**9)]
            parts: list[int] = []
            while part := reader.read_after(parts[-1] if parts else 0, 7, 10**9):
                parts += [row.seq for row in part]
            assert parts == whole
            assert len(reader.read_after(0, 10**6, 3100)) == 2

    def test_never_gives_a_body_whose_bytes_changed(self, path: Path) -> None:
        store(path, BODIES)
        overwrite(path, range(90, 91), b"\xa5")
        with path.open("r+b") as file:
            file.seek(path.read_bytes().index(b"00007-xxx"))
            file.write(b"00008")
        with SalvageReader(path) as reader:
            assert 7 not in [row.seq for row in reader.read_after(0, 10**6, 10**9)]

    def test_gives_nothing_of_a_file_without_readable_rows_and_knows_it_by_its_name(self, path: Path) -> None:
        store(path, BODIES[:5])
        overwrite(path, range(2, path.stat().st_size // PAGE + 1))
        with pytest.raises(sqlite3.DatabaseError):
            SalvageReader(path)
        aside = set_aside(path)
        with SalvageReader(aside) as reader:
            assert (reader.inbox_id, reader.tip(), reader.read_after(0, 10, 10**6)) == (aside.name, 0, [])


class TestPipeline:
    def test_loads_the_readable_rows_of_a_set_aside_inbox_once_and_counts_the_others(
        self, path: Path
    ) -> None:
        settings = settings_for(path.parent.parent)
        store(path, BODIES[:100])
        with Pipeline(settings) as pipeline:
            assert pipeline.load() == 100
            store(path, BODIES[100:])
            overwrite(path, range(150, 160), b"\xa5")
            set_aside(path)
            store(path, [b"fresh"])
            loaded = pipeline.load()
            assert pipeline.load() == 0
        assert 300 - 60 <= loaded - 1 < 300 - 10
        with Pipeline(settings) as restarted:
            assert restarted.load() == 0
            rows = restarted.store.one("select count(*), count(distinct body) from events.raw_events")
        assert rows == (100 + loaded, 100 + loaded)
        status = cbw("status", "--json", cwd=path.parent.parent.parent, data_dir=settings.data_dir).json
        assert [name[:23] for name in status["set_aside"]] == ["inbox-00.sqlite.corrupt"]
        assert any("set aside" in problem for problem in status["problems"])

    def test_is_not_kept_from_the_others_by_a_damaged_inbox(self, path: Path) -> None:
        settings = settings_for(path.parent.parent)
        store(path, BODIES[:3])
        store(path.with_name("inbox-01.sqlite"), BODIES[3:5])
        overwrite(path, range(1, 2))
        with Pipeline(settings) as pipeline:
            assert pipeline.load() == 2
            assert pipeline.run("command").status == "published"
            found, _ = pipeline.verify()
        assert [item.table for item in found.comparisons if not item.is_equal] == [
            "raw_events (inbox-00.sqlite)"
        ]
        status = cbw("status", "--json", cwd=path.parent.parent.parent, data_dir=settings.data_dir).json
        assert any("inbox-00.sqlite is damaged" in problem for problem in status["problems"])

    def test_loads_a_set_aside_inbox_again_when_its_own_file_is_lost(self, path: Path) -> None:
        settings = settings_for(path.parent.parent)
        store(path, BODIES[:100])
        with Pipeline(settings) as pipeline:
            assert pipeline.load() == 100
        set_aside(path)
        store(path, [b"fresh"])
        (settings.data_dir / "events.duckdb").unlink()
        with Pipeline(settings) as restored:
            restored.load()
            rows = restored.store.one("select count(*), count(distinct body) from events.raw_events")
        assert rows == (101, 101)
