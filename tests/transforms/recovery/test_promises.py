"""A restore holds everything that the archive promised against everything that came back."""

from __future__ import annotations

import json
import os
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from cbw.command import main
from cbw.errors import WarehouseError
from tests.histories import history, read, receive, sale, settings_for
from transforms.archive.archive import archive
from transforms.archive.manifest import ArchiveManifest
from transforms.nightly.job import NightlyJob
from transforms.nightly.steps import STEPS, Night
from transforms.pipeline.pipeline import Pipeline
from transforms.store.store import Store
from transforms.verify.archive import _compare_archive

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from pathlib import Path

ALIASES = "scope,field,path,unit\ntransaction,sale_time,soldWhen,\n"
LIMITS = "metric,window_days,level,value,source\nrefund_rate,30,watch,0.1,us\n"
UNDATED = {"receipt": "SOLDWHEN1", "amount": 140, "currency": "USD", "soldWhen": "2026-05-01T12:00:00Z"}
FIRST = history(16)
LAST = (json.dumps({"type": "sale.created", "data": UNDATED}).encode(), *history(18)[16:])
QUICK = tuple(step for step in STEPS if step.name in {"refresh", "roll_up", "archive_nights", "archive"})
SALES = "select currency, count(*), sum(gross_amount) from fct_sales group by all order by all"
NIGHTS = "select * from nightly_figures order by all"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data directory with two archived files, of 16 and 3 deliveries, a frozen night and the owner's files."""
    settings = settings_for(tmp_path_factory.mktemp("source") / "data")
    receive(settings.data_dir, FIRST)
    (settings.data_dir / "aliases.csv").write_text(ALIASES)
    (settings.data_dir / "limits.csv").write_text(LIMITS)
    with Pipeline(settings) as pipeline:
        pipeline.run("command")
        archive(pipeline.store, settings)
        receive(settings.data_dir, LAST)
        job = NightlyJob(pipeline, QUICK)
        assert job.run(Night(pipeline, tonight(job), tonight(job)), "command").status == "done"
    return settings.data_dir


def tonight(job: NightlyJob) -> date:
    return job.clock.latest(datetime.now(tz=UTC))


@pytest.fixture
def backup(source: Path, tmp_path: Path) -> Path:
    """Return a copy of the archive on a machine that has nothing else."""
    return shutil.copytree(source / "archive", tmp_path / "backup") / "events"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "new"


def files(events: Path) -> list[Path]:
    return sorted(events.glob("*/*.parquet"))


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    capsys.readouterr()
    code = main([str(argument) for argument in arguments])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def problems(capsys: pytest.CaptureFixture[str], data_dir: Path) -> str:
    return " ".join(json.loads(run(capsys, "status", "--json", "--data-dir", data_dir)[1])["problems"])


def change(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:100] + bytes([content[100] ^ 1]) + content[101:])


DAMAGES: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: path.unlink(),
    "cut": lambda path: os.truncate(path, path.stat().st_size - 200),
    "changed": change,
}


@pytest.mark.parametrize("rows", [16, 3])
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_file_that_is_not_as_it_was_refuses_the_restore(
    backup: Path,
    target: Path,
    capsys: pytest.CaptureFixture[str],
    damage: Callable[[Path], object],
    rows: int,
) -> None:
    path = files(backup)[0 if rows == len(FIRST) else 1]
    damage(path)
    code, _, error = run(capsys, "restore", "--from", backup, "--data-dir", target)
    assert code == 1
    assert f"{rows} deliveries are neither in the archive nor in an inbox" in error
    assert f"{path.relative_to(backup)} ({rows} rows)" in error
    assert not (target / "events.duckdb").exists()
    assert "was not restored" in problems(capsys, target)


def older(events: Path) -> None:
    """Write the manifest as the release before wrote it."""
    path = events / "manifest.json"
    values = json.loads(path.read_bytes())
    kept = {name: values[name] for name in ("files", "erasures")}
    for file in kept["files"]:
        del file["inboxes"]
    path.write_text(json.dumps(kept))


def test_a_file_that_an_older_release_listed_is_missed_too(
    backup: Path, target: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    older(backup)
    files(backup)[1].unlink()
    code, _, error = run(capsys, "restore", "--from", backup, "--data-dir", target)
    assert code == 1
    assert "3 deliveries are neither in the archive nor in an inbox" in error
    assert files(backup)[0].parent.name in error


def test_an_archive_of_an_older_release_says_how_far_it_was_compared(
    source: Path, backup: Path, target: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    older(backup)
    code, out, _ = run(capsys, "restore", "--from", backup, "--data-dir", target, "--json")
    done = json.loads(out)
    assert (code, done["from_archive"], done["nights"]) == (0, 19, 1)
    [remark] = done["remarks"]
    assert remark.startswith("not compared, because an older release wrote the manifest: nights, the owner's")
    assert read(settings_for(target), NIGHTS) == read(settings_for(source), NIGHTS)
    manifest = ArchiveManifest.read(target / "archive" / "events")
    assert sum(share.rows for file in manifest.files for share in file.inboxes or ()) == manifest.rows


def test_the_next_archive_run_counts_the_files_of_an_older_release(source: Path, tmp_path: Path) -> None:
    settings = settings_for(shutil.copytree(source, tmp_path / "data", symlinks=True))
    wanted = ArchiveManifest.read(settings.archive_dir)
    older(settings.archive_dir)
    store = Store.open(settings)
    archive(store, settings)
    store.close()
    assert ArchiveManifest.read(settings.archive_dir) == wanted


def test_a_new_machine_gets_nights_aliases_and_limits_back(
    source: Path, backup: Path, target: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, "restore", "--from", backup, "--data-dir", target)
    assert code == 0
    assert "restored 19 raw events from the archive and 0 from inboxes, and 1 nights" in out
    assert "aliases.csv, limits.csv restored from the archive" in out
    assert [(target / name).read_text() for name in ("aliases.csv", "limits.csv")] == [ALIASES, LIMITS]
    for query in (SALES, NIGHTS, "select * from restatements"):
        assert read(settings_for(target), query) == read(settings_for(source), query)
    assert files(target / "archive" / "nights") != []


def test_a_file_or_zone_that_differs_is_kept_and_named(
    backup: Path, target: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CBW_TIMEZONE", "Europe/Berlin")
    target.mkdir()
    (target / "limits.csv").write_text(LIMITS.replace("0.1", "0.2"))
    code, out, _ = run(capsys, "restore", "--from", backup, "--data-dir", target, "--json")
    first, second, third = json.loads(out)["remarks"]
    assert (code, first) == (0, "aliases.csv restored from the archive")
    assert second.startswith("limits.csv differs from the archived one, owner/limits-")
    assert third == "CBW_TIMEZONE is Europe/Berlin here, and was America/Los_Angeles when it was archived"
    assert "0.2" in (target / "limits.csv").read_text()


def lose_night(events: Path) -> None:
    [night] = events.parent.glob("nights/night_date=*")
    shutil.rmtree(night)


def cut_night(events: Path) -> None:
    [path] = events.parent.glob("nights/*/nightly_figures.parquet")
    os.truncate(path, path.stat().st_size - 1)


def change_aliases(events: Path) -> None:
    [path] = events.glob("owner/aliases-*.csv")
    path.write_text(ALIASES + "\n")


LOSSES: dict[str, tuple[Callable[[Path], object], str]] = {
    "night_missing": (lose_night, "/backup/nights)"),
    "night_cut": (cut_night, "(changed)"),
    "aliases_changed": (change_aliases, "is changed in the archive"),
    "manifest_missing": (
        lambda events: (events / "manifest.json").unlink(),
        "manifest.json (missing, so nobody",
    ),
    "manifest_cut": (
        lambda events: os.truncate(events / "manifest.json", 99),
        "manifest.json (damaged, so nobody",
    ),
}


@pytest.mark.parametrize(("lose", "said"), LOSSES.values(), ids=LOSSES)
def test_any_other_loss_refuses_the_restore(
    backup: Path, target: Path, capsys: pytest.CaptureFixture[str], lose: Callable[[Path], object], said: str
) -> None:
    lose(backup)
    code, _, error = run(capsys, "restore", "--from", backup, "--data-dir", target)
    assert (code, said in error) == (1, True)
    assert not (target / "events.duckdb").exists()


@pytest.fixture
def accepted(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Return a data directory whose own archive lost its last file and its night, and whose owner accepted that."""
    data_dir = tmp_path / "data"
    shutil.copytree(source / "archive", data_dir / "archive")
    files(data_dir / "archive" / "events")[1].unlink()
    cut_night(data_dir / "archive" / "events")
    assert run(capsys, "refresh", "--data-dir", data_dir)[0] == 1
    code, out, _ = run(capsys, "restore", "--allow-gaps", "--data-dir", data_dir, "--json")
    assert (code, json.loads(out)["missing"]) == (0, 3)
    return data_dir


def test_accepted_gaps_are_named_for_ever(accepted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, said = run(capsys, "verify", "--data-dir", accepted)
    for shown in (said, problems(capsys, accepted), run(capsys, "doctor", "--data-dir", accepted)[1]):
        flat = " ".join(shown.replace("│", " ").split())
        assert "3 deliveries are lost: 3 of inbox" in flat
        assert "lost: the frozen night of" in flat
    assert (code, "events-000000000017-000000000019.parquet (3 rows)" in said) == (0, True)
    assert len(list(accepted.glob("archive/nights/*.corrupt-*"))) == 1
    assert run(capsys, "restore", "--replace", "--data-dir", accepted)[0] == 0
    assert "3 deliveries are lost" in problems(capsys, accepted)


@pytest.mark.long
def test_a_whole_copy_ends_an_accepted_gap(
    accepted: Path, backup: Path, capsys: pytest.CaptureFixture[str], source: Path
) -> None:
    found = files(backup)[1]
    shutil.copy(found, accepted / "archive" / "events" / found.parent.name)
    with (
        Pipeline(settings_for(accepted)) as pipeline,
        pytest.raises(WarehouseError, match="holds 3 raw events"),
    ):
        archive(pipeline.store, pipeline.settings)
    assert run(capsys, "import", found, "--data-dir", accepted)[0] == 0
    assert read(settings_for(accepted), SALES) == read(settings_for(source), SALES)
    assert run(capsys, "restore", "--replace", "--from", backup, "--data-dir", accepted)[0] == 0
    assert "lost" not in problems(capsys, accepted)
    assert read(settings_for(accepted), SALES) == read(settings_for(source), SALES)


def test_the_verification_reads_nights_and_owner_files(source: Path, tmp_path: Path) -> None:
    settings = settings_for(shutil.copytree(source, tmp_path / "data", symlinks=True))
    cut_night(settings.archive_dir)
    change_aliases(settings.archive_dir)
    store = Store.open(settings)
    found = {
        each.table: (each.row_count, each.missing) for each in _compare_archive(store, settings.archive_dir)
    }
    store.close()
    assert found == {
        "raw_events (archive)": (19, 0), "nights (archive)": (1, 1), "owner's files (archive)": (2, 1)
    }  # fmt: skip


def content(directory: Path) -> dict[str, Any]:
    """Return the bytes of every file but SQLite's shared memory, which any reader of an inbox makes."""
    paths = [
        path for path in directory.rglob("*") if path.is_file() and not path.name.endswith(("-shm", "-wal"))
    ]
    return {str(path): path.read_bytes() for path in paths}


def test_a_trial_shows_that_the_restore_equals_the_warehouse(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A delivery that readers do not see yet is no difference."""
    data_dir = shutil.copytree(source, tmp_path / "data", symlinks=True)
    receive(data_dir, [sale("WAITING1")])
    before = content(data_dir)
    code, out, _ = run(capsys, "restore", "--trial", "--data-dir", data_dir)
    assert (code, "19 raw events from the archive, 0 from inboxes and 1 nights" in out) == (0, True)
    assert "equal" in out.splitlines()[-1]
    assert content(data_dir) == before


def test_a_trial_of_an_archive_that_is_not_whole_fails(
    source: Path, backup: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files(backup)[1].unlink()
    data_dir = shutil.copytree(source, tmp_path / "data", symlinks=True)
    shutil.rmtree(data_dir / "inbox")
    arguments = ("restore", "--trial", "--from", backup, "--data-dir", data_dir)
    code, _, error = run(capsys, *arguments)
    assert (code, "3 deliveries are neither" in error) == (1, True)
    code, out, _ = run(capsys, *arguments, "--allow-gaps", "--json")
    tried = json.loads(out)
    differing = {(each["table"], each["name"]) for each in tried["figures"] if not each["is_equal"]}
    assert (code, tried["missing"]) == (1, 3)
    assert {("fct_sales", "rows"), ("fct_sales", "gross_amount")} <= differing


def test_a_trial_replaces_nothing(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, error = run(capsys, "restore", "--trial", "--replace", "--data-dir", source)
    assert (code, "--trial replaces nothing" in error) == (2, True)
