"""The pipeline restores or rebuilds any lost or damaged private file, and every fact is as before."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from cbw.command import main
from cbw.errors import AlreadyServedError
from ingest.inbox.reader import InboxReader, list_inboxes
from tests.amounts import some_of
from tests.histories import history, receive, settings_for
from transforms.archive.archive import archive
from transforms.archive.check import verify_archive
from transforms.definitions.documentation import OPERATIONS
from transforms.pipeline.pipeline import Pipeline
from transforms.recovery.restored import IncompleteRestoreError
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BODIES = history(60)
PRUNED, ARCHIVED = 20, 50


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data directory whose oldest deliveries are only in the archive, and the newest only in the inbox."""
    data_dir = tmp_path_factory.mktemp("sound")
    settings = settings_for(data_dir)
    receive(data_dir, BODIES[:ARCHIVED])
    with Pipeline(settings) as pipeline:
        pipeline.run("command")
        archive(pipeline.store, settings)
        [path] = list_inboxes(settings.inbox_dir)
        with InboxReader(path) as inbox:
            assert inbox.delete_through(PRUNED, 2**62) == PRUNED
        receive(data_dir, BODIES[ARCHIVED:])
        assert pipeline.run("command").status == "published"
    return data_dir


@pytest.fixture
def data_dir(sound: Path, tmp_path: Path) -> Path:
    return shutil.copytree(sound, tmp_path / "data", symlinks=True)


def facts(data_dir: Path) -> dict[str, list[str]]:
    with Warehouse(data_dir / "warehouse.duckdb") as warehouse:
        names = [row[0] for row in warehouse.rows("select table_name from duckdb_tables() order by 1")]
        return {
            name: sorted(map(str, warehouse.rows(f"select * from {name}")))
            for name in names
            if name not in OPERATIONS
        }


def raw(pipeline: Pipeline) -> list[tuple[Any, ...]]:
    """Return every raw event without its load sequence, which says only when it was loaded."""
    rows = pipeline.store.connection.execute(
        "select * exclude (sequence) from events.raw_events order by inbox_id, inbox_sequence"
    ).fetchall()
    assert len(rows) == pipeline.store.one("select count(distinct sequence) from events.raw_events")[0]
    return rows


@pytest.fixture(scope="module")
def expected(sound: Path) -> tuple[dict[str, list[str]], list[tuple[Any, ...]], dict[str, int]]:
    with Pipeline(settings_for(sound)) as pipeline:
        return facts(sound), raw(pipeline), pipeline.store.positions()


def events(data_dir: Path) -> Path:
    return data_dir / "events.duckdb"


def build(data_dir: Path) -> Path:
    return data_dir / "build.duckdb"


def zero(path: Path, share: float, count: int = 300_000) -> None:
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(int(size * share))
        file.write(bytes(min(count, size - file.tell())))


def delete_both(data_dir: Path) -> None:
    events(data_dir).unlink()
    build(data_dir).unlink()


def roll_back(data_dir: Path) -> None:
    """Delete the raw events of the last load, as a power cut does that loses the WAL."""
    with Pipeline(settings_for(data_dir)) as pipeline:
        pipeline.store.connection.execute("delete from events.raw_events where sequence > 30")
        pipeline.store.connection.execute("update events.inbox_positions set inbox_sequence = 30")


DAMAGES: dict[str, Callable[[Path], object]] = {
    "both_deleted": delete_both,
    "events_deleted": lambda data_dir: events(data_dir).unlink(),
    "build_deleted": lambda data_dir: build(data_dir).unlink(),
    "events_emptied": lambda data_dir: os.truncate(events(data_dir), 0),
    "events_cut": lambda data_dir: os.truncate(events(data_dir), events(data_dir).stat().st_size // 2),
    "events_head_zeroed": lambda data_dir: zero(events(data_dir), 0, 12_288),
    "events_middle_zeroed": lambda data_dir: zero(events(data_dir), 0.3),
    "events_log_damaged": lambda data_dir: (data_dir / "events.duckdb.wal").write_bytes(
        (data_dir / "events.duckdb").read_bytes()[:9999]
    ),
    "build_cut": lambda data_dir: os.truncate(build(data_dir), build(data_dir).stat().st_size // 2),
    "build_middle_zeroed": lambda data_dir: zero(build(data_dir), 0.3),
    "events_rolled_back": roll_back,
}


@pytest.mark.parametrize("damage", some_of(DAMAGES, 3))
def test_every_fact_is_what_it_was(data_dir: Path, expected: Any, damage: str) -> None:
    DAMAGES[damage](data_dir)
    if main(["refresh", "--full", "--data-dir", str(data_dir)]):
        # Damage that only reading a table finds makes that run fail; the files are whole for the next one.
        assert main(["refresh", "--full", "--data-dir", str(data_dir)]) == 0
    with Pipeline(settings_for(data_dir)) as pipeline:
        assert (facts(data_dir), raw(pipeline), pipeline.store.positions()) == expected
        assert pipeline.load() == 0
        assert archive(pipeline.store, pipeline.settings).rows == len(BODIES) - ARCHIVED
    assert verify_archive(data_dir / "archive" / "events") == []


def test_what_was_set_aside_is_kept_and_said(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    zero(events(data_dir), 0, 12_288)
    damaged = events(data_dir).read_bytes()
    assert main(["refresh", "--data-dir", str(data_dir)]) == 0
    [aside] = data_dir.glob("events.duckdb.corrupt-*")
    assert aside.read_bytes() == damaged
    capsys.readouterr()
    main(["status", "--data-dir", str(data_dir), "--json"])
    status = json.loads(capsys.readouterr().out)
    [recovery] = status["recoveries"]
    assert (recovery["from_archive"], recovery["from_inboxes"]) == (ARCHIVED, len(BODIES) - ARCHIVED)
    assert (recovery["outcome"], recovery["set_aside"]) == ("restored", aside.name)
    assert not any("lost" in problem for problem in status["problems"])
    main(["status", "--data-dir", str(data_dir)])
    assert "restored 50 raw events from the archive and 10 from inboxes" in " ".join(
        capsys.readouterr().out.split()
    )


@pytest.mark.long
def test_a_lost_archive_file_is_made_up_for_by_the_inbox(data_dir: Path, expected: Any) -> None:
    """The archive loses files whose rows the inbox still holds, among them its first row."""
    delete_both(data_dir)
    settings = settings_for(data_dir)
    [path] = list_inboxes(settings.inbox_dir)
    path.unlink()
    receive(data_dir, BODIES)  # an inbox that was never pruned
    with InboxReader(path) as inbox:
        fresh_id = inbox.inbox_id
    for each in (data_dir / "pipeline.json", data_dir / "warehouse.duckdb"):
        each.unlink()
    shutil.rmtree(settings.archive_dir)
    with Pipeline(settings) as pipeline:
        pipeline.run("command")
        archive(pipeline.store, settings)
    files = sorted(settings.archive_dir.glob("*/*.parquet"))
    files[0].unlink()
    events(data_dir).unlink()
    with Pipeline(settings) as pipeline:
        pipeline.run("command")
        assert pipeline.store.positions() == {fresh_id: len(BODIES)}
        rows = raw(pipeline)
        assert [row[3] for row in rows] == list(BODIES)
        assert facts(data_dir)["fct_sales"] == expected[0]["fct_sales"]
        assert archive(pipeline.store, settings).rows == len(BODIES)
    assert verify_archive(settings.archive_dir) == []


@pytest.fixture
def with_gap(data_dir: Path) -> Path:
    shutil.rmtree(data_dir / "archive")
    events(data_dir).unlink()
    return data_dir


def test_a_restore_with_gaps_is_refused_with_numbers(
    with_gap: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(IncompleteRestoreError, match=r"20 deliveries .* between its numbers 1 and 20"):
        Pipeline(settings_for(with_gap))
    assert not events(with_gap).exists()
    assert main(["restore", "--data-dir", str(with_gap)]) == 1
    assert "20 deliveries are neither in the archive nor in an inbox" in capsys.readouterr().err
    main(["status", "--data-dir", str(with_gap), "--json"])
    assert any(
        "was not restored: 20 of inbox" in problem
        for problem in json.loads(capsys.readouterr().out)["problems"]
    )


def test_damage_found_by_a_run_that_cannot_be_restored_is_said(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(data_dir / "archive")
    with Pipeline(settings_for(data_dir)) as pipeline:
        pipeline.store.checkpoint()
    for share in (0.3, 0.6):
        zero(events(data_dir), share)
    damaged = events(data_dir).read_bytes()
    assert main(["refresh", "--full", "--data-dir", str(data_dir)]) == 1
    assert "20 deliveries are neither in the archive nor in an inbox" in capsys.readouterr().err
    assert events(data_dir).read_bytes() == damaged


def test_a_restore_with_gaps_is_done_when_asked(with_gap: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["restore", "--allow-gaps", "--data-dir", str(with_gap), "--json"]) == 0
    done = json.loads(capsys.readouterr().out)
    assert (done["from_archive"], done["from_inboxes"], done["missing"]) == (0, 40, 20)
    main(["status", "--data-dir", str(with_gap), "--json"])
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert any("20 deliveries are lost" in problem for problem in problems)


def test_what_readers_were_shown_is_missed_when_nothing_else_tells(with_gap: Path) -> None:
    shutil.rmtree(with_gap / "inbox")
    (with_gap / "pipeline.json").unlink()
    with pytest.raises(IncompleteRestoreError, match=f"{len(BODIES)} deliveries"):
        Pipeline(settings_for(with_gap))


def test_an_archive_is_restored_into_an_empty_directory(
    sound: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "new"
    source = sound / "archive"
    assert main(["restore", "--from", str(source), "--data-dir", str(target), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["from_archive"] == ARCHIVED
    with Pipeline(settings_for(target)) as pipeline:
        assert [row[3] for row in raw(pipeline)] == list(BODIES[:ARCHIVED])
        assert archive(pipeline.store, pipeline.settings).rows == 0
    assert verify_archive(target / "archive" / "events") == []


def test_a_sound_file_is_replaced_only_on_request(
    data_dir: Path, expected: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["restore", "--data-dir", str(data_dir)]) == 2
    assert "it is not damaged" in capsys.readouterr().err
    assert main(["restore", "--replace", "--data-dir", str(data_dir)]) == 0
    assert len(list(data_dir.glob("events.duckdb.replaced-*"))) == 1
    assert facts(data_dir) == expected[0]


def test_what_a_killed_restore_left_is_in_nobodys_way(data_dir: Path, expected: Any) -> None:
    """A kill leaves a half-made file; one that comes late leaves no events.duckdb, and the tables to be built."""
    events(data_dir).rename(data_dir / "events.duckdb.corrupt-20260101T000000.000000Z")
    scratch = data_dir / "restoring"
    scratch.mkdir()
    (scratch / "events.duckdb").write_bytes(b"half")
    (scratch / "build.duckdb.wal").write_bytes(b"half")
    with Pipeline(settings_for(data_dir)) as pipeline:
        pipeline.run("command")
        assert (facts(data_dir), raw(pipeline), pipeline.store.positions()) == expected
    assert not scratch.exists()


def test_a_number_that_never_was_loaded_is_no_gap(data_dir: Path) -> None:
    """A delivery that a damaged inbox lost before it was loaded is not missed again by each restore."""
    settings = settings_for(data_dir)
    shutil.rmtree(settings.archive_dir)
    with Pipeline(settings) as pipeline:
        connection = pipeline.store.connection
        connection.execute("delete from events.raw_events where inbox_sequence = 7")
        connection.execute("update events.raw_events set sequence = sequence - 1 where sequence > 7")
        pipeline.run("command", full=True)
        archive(pipeline.store, settings)
        before = raw(pipeline)
    events(data_dir).unlink()
    with Pipeline(settings) as pipeline:
        assert raw(pipeline) == before


def test_nothing_to_restore_from_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["restore", "--data-dir", str(tmp_path)]) == 2
    assert "there is no archive at" in capsys.readouterr().err


def test_two_pipelines_never_make_one_lost_file(data_dir: Path) -> None:
    with Pipeline(settings_for(data_dir)):
        events(data_dir).unlink()
        with pytest.raises(AlreadyServedError):
            Pipeline(settings_for(data_dir))


def test_a_fresh_installation_recovers_nothing(tmp_path: Path) -> None:
    receive(tmp_path, BODIES[:2])
    with Pipeline(settings_for(tmp_path)) as pipeline:
        pipeline.run("command")
    assert not (tmp_path / "recoveries.json").exists()
