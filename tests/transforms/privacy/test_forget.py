"""``cbw forget``: the person is gone from every file, every fact stays, and nothing brings the person back."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from cbw.command import main
from cbw.errors import WarehouseError
from ingest.inbox.reader import InboxReader, list_inboxes
from tests.histories import history, receive, settings_for
from tests.transforms.privacy.test_redaction import emails_in
from tests.transforms.recovery.test_recovery import facts
from transforms.archive.archive import archive
from transforms.archive.check import verify_archive
from transforms.build.incremental import Change
from transforms.definitions.checks import Check
from transforms.definitions.refresh_rule import RefreshRule
from transforms.pipeline.pipeline import Pipeline
from transforms.privacy.compaction import compact_events
from transforms.privacy.inbox_redaction import redact_inboxes
from transforms.publish.publish import publish
from transforms.publish.versions import versions
from transforms.publish.working_copy import WorkingCopy
from transforms.service.actions import perform
from transforms.service.request_server import RequestServer

if TYPE_CHECKING:
    from pathlib import Path

    from cbw.settings import Settings

BODIES = history(120)

COUNTS = Counter(email for body in BODIES for email in emails_in(body))
PERSON = COUNTS.most_common(1)[0][0]
OTHER = next(email for email in COUNTS if email != PERSON)
THEIRS = [body for body in BODIES if PERSON in emails_in(body)]
BROKEN = b'{"type":"sale.created","data":{"email":"' + PERSON.upper().encode() + b'",}}'
EXACT = b'{"type":"other","n":123456789012345678.25,"email":"' + PERSON.encode() + b'","phone":"5550001"}'
STORED = [BROKEN, EXACT, *BODIES]


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data directory of a warehouse whose older half is archived."""
    settings = settings_for(tmp_path_factory.mktemp("stored"))
    half = len(STORED) // 2
    receive(settings.data_dir, STORED[:half])
    with Pipeline(settings) as pipeline:
        pipeline.run("command")
        archive(pipeline.store, settings)
        receive(settings.data_dir, STORED[half:])
        pipeline.run("command")
    return settings.data_dir


@pytest.fixture
def settings(stored: Path, tmp_path: Path) -> Settings:
    return settings_for(shutil.copytree(stored, tmp_path / "data", symlinks=True))


def forget(settings: Settings, capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    capsys.readouterr()
    arguments = ["forget", "--email", f" {PERSON.upper()}", "--json", *options]
    assert main([*arguments, "--data-dir", str(settings.data_dir)]) == 0
    result = json.loads(capsys.readouterr().out)
    assert isinstance(result, dict)
    return result


def files_that_name(settings: Settings, email: str) -> list[str]:
    """Return the files that hold an address: as bytes, or in the rows of their Parquet."""
    found = [
        str(path.relative_to(settings.data_dir))
        for path in settings.data_dir.rglob("*")
        if path.is_file() and not path.is_symlink() and email.lower().encode() in path.read_bytes().lower()
    ]
    with duckdb.connect() as connection:
        for path in settings.archive_dir.glob("*/*.parquet"):
            bodies = connection.execute("select body from read_parquet(?)", [str(path)]).fetchall()
            if any(email.lower().encode() in body.lower() for (body,) in bodies):
                found.append(str(path.relative_to(settings.data_dir)))
    return found


def test_the_person_is_gone_and_every_fact_stays(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    before = facts(settings.data_dir)
    assert len(files_that_name(settings, PERSON)) > 2
    done = forget(settings, capsys, "--yes")
    assert (done["bodies"], done["deliveries"]) == (len({*THEIRS, BROKEN, EXACT}), len(THEIRS) + 2)
    assert done["inbox_rows"] == done["deliveries"]
    assert done["archive_files"] >= 1
    assert len(versions(settings.data_dir)) == 1
    assert (done["kept"], done["set_aside"]) == ({}, [])
    assert files_that_name(settings, PERSON) == []
    assert files_that_name(settings, OTHER) != []
    assert verify_archive(settings.archive_dir) == []
    assert main(["verify", "--data-dir", str(settings.data_dir)]) == 0
    assert main(["refresh", "--full", "--data-dir", str(settings.data_dir)]) == 0
    assert facts(settings.data_dir) == before
    with Pipeline(settings) as pipeline:
        row = pipeline.store.one(
            "select count(*), min(bodies), bool_and(completed_at is not null) from events.erasures"
        )
        assert row == (1, done["bodies"], True)
        assert archive(pipeline.store, settings).rows == len(STORED) - len(STORED) // 2
    assert forget(settings, capsys, "--dry-run")["bodies"] == 0


def test_a_restore_does_not_bring_the_person_back(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    before = facts(settings.data_dir)
    forget(settings, capsys, "--yes")
    for name in ("events.duckdb", "build.duckdb"):
        (settings.data_dir / name).unlink()
    receive(settings.data_dir, [THEIRS[0]])  # delivered again while nothing runs
    assert main(["refresh", "--data-dir", str(settings.data_dir)]) == 0
    with Pipeline(settings) as pipeline:
        connection = pipeline.store.connection
        [again] = connection.execute(
            "select body, body_sha256 from events.raw_events order by sequence desc limit 1"
        ).fetchall()
        assert PERSON.encode() not in again[0]
        twins = connection.execute(
            "select count(*), count(distinct body) from events.raw_events where body_sha256 = ?", [again[1]]
        ).fetchone()
        assert twins is not None
        assert twins[0] == STORED.count(THEIRS[0]) + 1
        assert twins[1] == 1
        assert redact_inboxes(pipeline.store, settings) == 1
    assert files_that_name(settings, PERSON) == []
    after = facts(settings.data_dir)
    assert {name: rows for name, rows in after.items() if name != "events"} == {
        name: rows for name, rows in before.items() if name != "events"
    }
    assert len(after["events"]) == len(before["events"]), "the same bytes are a repeat"


def test_a_dry_run_changes_nothing(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    before = files_that_name(settings, PERSON)
    done = forget(settings, capsys, "--dry-run")
    assert done["is_dry_run"]
    assert (done["deliveries"], done["inbox_rows"]) == (len(THEIRS) + 2, len(THEIRS) + 2)
    assert files_that_name(settings, PERSON) == before
    with Pipeline(settings) as pipeline:
        assert pipeline.store.one("select count(*) from events.erasures") == (0,)


@pytest.mark.long
def test_an_interrupted_erasure_is_finished_by_the_next(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    in_the_way = settings.data_dir / "events.duckdb.compacting"
    in_the_way.mkdir()
    assert main(["forget", "--email", PERSON, "--yes", "--data-dir", str(settings.data_dir)]) == 1
    assert "the run failed" in capsys.readouterr().err
    in_the_way.rmdir()
    with Pipeline(settings) as pipeline:
        assert pipeline.store.one("select count(*) from events.erasures where completed_at is null") == (1,)
    forget(settings, capsys, "--yes")
    assert files_that_name(settings, PERSON) == []
    with Pipeline(settings) as pipeline:
        assert pipeline.store.one("select count(*) from events.erasures where completed_at is null") == (0,)
    assert main(["verify", "--data-dir", str(settings.data_dir)]) == 0


@pytest.mark.long
def test_the_running_pipeline_does_it_and_goes_on(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with Pipeline(settings) as pipeline:
        server = RequestServer(settings.data_dir, lambda *request: perform(pipeline, *request))
        server.start()
        try:
            assert forget(settings, capsys, "--yes")["bodies"] > 2
        finally:
            server.stop()
        receive(settings.data_dir, [THEIRS[0]])
        run = pipeline.run("timer")
        assert (run.status, run.events_in) == ("published", 1)
        [(body,)] = pipeline.store.connection.execute(
            "select body from events.raw_events order by sequence desc limit 1"
        ).fetchall()
        assert PERSON.encode() not in body


@pytest.mark.long
def test_raw_events_written_anew_hold_nothing_that_memory_held(settings: Settings) -> None:
    """DuckDB writes whole blocks, with the old bytes of their unused ends."""
    receive(settings.data_dir, history(2_000))
    with Pipeline(settings) as pipeline:
        pipeline.run("command")
        content = "select count(*), sum(hash(e)), bool_and(e.rowid + 1 = e.sequence) from raw_events as e"
        before = pipeline.store.one(content)
        for _ in range(3):
            fill_memory(pipeline, "a piece of a body ")
            compact_events(pipeline.store)
            assert b"a piece of a body" not in (settings.data_dir / "events.duckdb").read_bytes()
        assert pipeline.store.one(content) == before


def test_raw_events_are_not_replaced_by_something_else(settings: Settings) -> None:
    """Parquet's intervals have no microseconds."""
    with Pipeline(settings) as pipeline:
        store = pipeline.store
        store.connection.execute("create table events.main.odd as select to_microseconds(1) as age")
        store.connection.execute("checkpoint events")
        inode = (settings.data_dir / "events.duckdb").stat().st_ino
        with pytest.raises(WarehouseError, match="does not hold the rows"):
            compact_events(store)
        assert (settings.data_dir / "events.duckdb").stat().st_ino == inode
        assert list(settings.data_dir.glob("*compacting*")) == []
        assert pipeline.run("command").status == "unchanged"


@pytest.mark.parametrize("is_copied", [True, False])
def test_no_version_holds_what_memory_held(settings: Settings, *, is_copied: bool) -> None:
    """The process that writes published files has read bodies."""
    with Pipeline(settings) as pipeline:
        assert WorkingCopy(pipeline.store, pipeline.graph).is_current()
        connection = pipeline.store.connection
        connection.execute("create temp table many as select sales.* from fct_sales as sales, range(1000)")
        fill_memory(pipeline, "a piece of a body ")
        changes = {"fct_sales": Change(None, "many")} if is_copied else None
        version = publish(pipeline.store, pipeline.graph, changes)
    published = (settings.data_dir / "published" / f"warehouse-{version}.duckdb").read_bytes()
    assert b"a piece of a body" not in published


def fill_memory(pipeline: Pipeline, text: str) -> None:
    """Fill much of the memory that DuckDB frees with a text."""
    connection = pipeline.store.connection
    connection.execute("create temp table held as select repeat(?, 40) as text from range(200000)", [text])
    connection.execute("drop table held")


def test_the_tables_must_be_built_anew(settings: Settings) -> None:
    never = Check("never_holds", "select 1 as wrong", RefreshRule(), severity="blocking", reason="A test.")
    with Pipeline(settings, checks=(never,)) as pipeline:
        arguments = {"address": PERSON, "is_dry_run": False}
        with pytest.raises(WarehouseError, match=r"could not be built again: .*never_holds"):
            perform(pipeline, "forget", arguments, lambda *_: None)
        assert pipeline.store.one("select count(*) from events.erasures where completed_at is null") == (1,)


def test_what_is_no_address_is_refused(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["forget", "--email", "ada", "--yes", "--data-dir", str(settings.data_dir)]) == 2
    assert "--email: that is no e-mail address" in capsys.readouterr().err


def test_files_that_were_set_aside_are_named(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    aside = settings.data_dir / "events.duckdb.corrupt-20260101T000000.000000Z"
    aside.write_bytes(b"")
    assert forget(settings, capsys, "--dry-run")["set_aside"] == [aside.name]


def test_inboxes_keep_what_their_numbers_mean(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    [path] = list_inboxes(settings.inbox_dir)
    with InboxReader(path) as inbox:
        before = inbox.digests_after(0, 10**9, 10**9)
    forget(settings, capsys, "--yes")
    with InboxReader(path) as inbox:
        assert inbox.digests_after(0, 10**9, 10**9) == before
