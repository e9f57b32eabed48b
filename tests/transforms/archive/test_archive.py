"""The archive holds every raw event exactly once, in files that never change, even if runs are killed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from cbw.errors import WarehouseError
from ingest.inbox.reader import Delivery
from ingest.load.raw_events import load
from tests.histories import END, history, sale, settings_for
from tests.sql.harness import MemorySource
from transforms.archive import archive as archive_module
from transforms.archive.archive import Archived, archive
from transforms.archive.check import verify_archive
from transforms.archive.manifest import ArchiveManifest
from transforms.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from cbw.settings import Settings

DAY = 86_400_000_000
NOW = round(END.timestamp() * 1_000_000)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for(tmp_path)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    opened = Store.open(settings)
    yield opened
    opened.close()


def delivery(number: int, body: bytes, *, days_ago: float = 0) -> Delivery:
    received_at = NOW - round(days_ago * DAY)
    return Delivery(number, received_at, body, bytes([number % 256]) * 32, "current", None, "203.0.113.7")


def add(store: Store, *deliveries: Delivery) -> None:
    """Load deliveries as one more inbox."""
    number = store.one("select count(*) from events.inbox_positions")[0]
    load(store.connection, [MemorySource(f"inbox-{number}", list(deliveries))])


def archived_rows(settings: Settings) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        files = f"{settings.archive_dir}/*/*.parquet"
        return connection.execute(
            "select * exclude (received_date) from read_parquet(?) order by sequence", [files]
        ).fetchall()


def raw_rows(store: Store) -> list[tuple[Any, ...]]:
    return store.connection.execute("select * from events.raw_events order by sequence").fetchall()


def files_of(settings: Settings) -> dict[str, bytes]:
    return {
        str(path.relative_to(settings.archive_dir)): path.read_bytes() for path in parquet_files(settings)
    }


def parquet_files(settings: Settings) -> Sequence[Path]:
    return sorted(settings.archive_dir.glob("*/*.parquet"))


def test_every_raw_event_is_archived_byte_for_byte_by_its_day(store: Store, settings: Settings) -> None:
    bodies = [*history(40), b"", b"\xff\x00", b'{"type": 1e999999}']
    add(store, *(delivery(n, body, days_ago=n % 3) for n, body in enumerate(bodies, 1)))
    done = archive(store, settings)
    assert (done.files, done.rows) == (3, len(bodies))
    assert archived_rows(settings) == raw_rows(store)
    assert {path.parent.name for path in parquet_files(settings)} == {
        "received_date=2026-06-28", "received_date=2026-06-29", "received_date=2026-06-30",
    }  # fmt: skip


def test_the_day_is_utc_whatever_the_report_zone(store: Store, settings: Settings) -> None:
    midnight = NOW - NOW % DAY
    add(
        store,
        replace(delivery(1, b"{}"), received_at=midnight - 1),
        replace(delivery(2, b"{}"), received_at=midnight),
    )
    archive(store, settings)
    assert [path.parent.name for path in parquet_files(settings)] == [
        "received_date=2026-06-29",
        "received_date=2026-06-30",
    ]


def test_archiving_again_changes_nothing(store: Store, settings: Settings) -> None:
    add(store, delivery(1, sale("FIRST001")))
    archive(store, settings)
    before, manifest = files_of(settings), (settings.archive_dir / "manifest.json").read_bytes()
    assert archive(store, settings) == Archived(0, 0, 0)
    assert files_of(settings) == before
    assert (settings.archive_dir / "manifest.json").read_bytes() == manifest


def test_a_late_row_of_an_archived_day_goes_into_a_further_file(store: Store, settings: Settings) -> None:
    add(store, delivery(1, sale("FIRST001"), days_ago=1))
    archive(store, settings)
    before = files_of(settings)
    add(store, delivery(1, sale("LATE0002"), days_ago=1))
    assert archive(store, settings).rows == 1
    after = files_of(settings)
    assert after.items() > before.items()
    assert len({name.partition("/")[0] for name in after}) == 1
    assert archived_rows(settings) == raw_rows(store)


def test_an_empty_warehouse_archives_nothing(store: Store, settings: Settings) -> None:
    assert archive(store, settings) == Archived(0, 0, 0)
    assert verify_archive(settings.archive_dir) == []


def test_the_manifest_says_what_each_file_holds(store: Store, settings: Settings) -> None:
    add(store, *(delivery(n, sale(f"SALE{n:04}"), days_ago=n % 2) for n in range(1, 6)))
    done = archive(store, settings)
    manifest = ArchiveManifest.read(settings.archive_dir)
    assert [(file.rows, file.first_sequence, file.last_sequence) for file in manifest.files] == [
        (3, 1, 5),
        (2, 2, 4),
    ]
    assert sum(file.bytes for file in manifest.files) == done.bytes
    assert (manifest.rows, manifest.through) == (5, 5)


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_module, "STEP_ROWS", 4)


@pytest.mark.usefixtures("small_steps")
def test_many_rows_are_archived_in_steps(store: Store, settings: Settings) -> None:
    add(store, *(delivery(n, sale(f"SALE{n:04}"), days_ago=n % 2) for n in range(1, 11)))
    assert archive(store, settings).rows == 10
    assert archived_rows(settings) == raw_rows(store)


@pytest.mark.usefixtures("small_steps")
def test_what_a_killed_run_left_is_archived_once(store: Store, settings: Settings) -> None:
    """A run that is killed before its last commit leaves the manifest of one step earlier."""
    add(store, *(delivery(n, sale(f"SALE{n:04}")) for n in range(1, 7)))
    archive(store, settings)
    manifest = ArchiveManifest.read(settings.archive_dir)
    replace(manifest, files=manifest.files[:1]).write(settings.archive_dir)
    half = settings.archive_dir / "received_date=2026-06-30" / "events-1-2.parquet.unfinished"
    half.write_bytes(b"PAR1")
    add(store, delivery(1, sale("MORE0007")))
    archive(store, settings)
    assert archived_rows(settings) == raw_rows(store)
    assert not half.exists()
    assert verify_archive(settings.archive_dir) == []


def test_a_lost_manifest_is_written_again(store: Store, settings: Settings) -> None:
    add(store, *(delivery(n, sale(f"SALE{n:04}"), days_ago=n % 3) for n in range(1, 7)))
    archive(store, settings)
    (settings.archive_dir / "manifest.json").unlink()
    assert archive(store, settings).rows == 6
    assert archived_rows(settings) == raw_rows(store)


def test_a_damaged_manifest_is_named(store: Store, settings: Settings) -> None:
    settings.archive_dir.mkdir(parents=True)
    (settings.archive_dir / "manifest.json").write_bytes(b'{"files": [')
    with pytest.raises(WarehouseError, match=r"manifest\.json is damaged"):
        archive(store, settings)


def test_an_archive_of_more_than_raw_events_is_never_touched(tmp_path: Path) -> None:
    one, other = settings_for(tmp_path / "one"), settings_for(tmp_path / "other")
    store = Store.open(one)
    add(store, *(delivery(n, sale(f"SALE{n:04}")) for n in range(1, 4)))
    archive(store, one)
    store.close()
    other.archive_dir.parent.mkdir(parents=True)
    one.archive_dir.rename(other.archive_dir)
    before = files_of(other)
    store = Store.open(other)
    with pytest.raises(WarehouseError, match=r"up to load sequence 3, and events\.duckdb only up to 0"):
        archive(store, other)
    (other.archive_dir / "manifest.json").unlink()
    with pytest.raises(WarehouseError, match=r"holds 3 raw events that events\.duckdb has not"):
        archive(store, other)
    store.close()
    assert files_of(other) == before


@pytest.mark.parametrize("damage", ["missing", "changed", "truncated"])
def test_a_file_that_is_not_what_the_manifest_says_is_named(
    store: Store, settings: Settings, damage: str
) -> None:
    add(store, *(delivery(n, sale(f"SALE{n:04}"), days_ago=n % 2) for n in range(1, 5)))
    archive(store, settings)
    assert verify_archive(settings.archive_dir) == []
    path = parquet_files(settings)[0]
    content = path.read_bytes()
    path.unlink()
    if damage == "changed":
        path.write_bytes(content[:100] + bytes([content[100] ^ 1]) + content[101:])
    elif damage == "truncated":
        path.write_bytes(content[:-1])
    [fault] = verify_archive(settings.archive_dir)
    assert fault.file.path == path.relative_to(settings.archive_dir).as_posix()
    assert fault.problem == ("missing" if damage == "missing" else "changed")


def test_the_manifest_is_plain_json(store: Store, settings: Settings) -> None:
    add(store, delivery(1, sale("FIRST001")))
    archive(store, settings)
    manifest = json.loads((settings.archive_dir / "manifest.json").read_bytes())
    assert set(manifest["files"][0]) == {
        "path", "rows", "bytes", "first_sequence", "last_sequence", "sha256", "inboxes"
    }  # fmt: skip
