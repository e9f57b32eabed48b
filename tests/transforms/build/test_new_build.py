"""A full build writes another file, which replaces the former one when finished, and leaves no trace when not.

``CBW_KILL_ROUNDS`` sets the number of builds to kill: a few in every run, hundreds in the full form.
"""

from __future__ import annotations

import random
import subprocess
import time
from typing import TYPE_CHECKING

import duckdb
import pytest

from cbw.errors import WarehouseError
from tests.amounts import amount
from tests.histories import go_on, history, receive, sale, settings_for
from tests.processes import CBW, cbw, environment
from transforms.build.new_build import new_build
from transforms.definitions.checks import read_checks
from transforms.pipeline.pipeline import Pipeline
from transforms.store.files import new_build_path

if TYPE_CHECKING:
    from pathlib import Path

    from cbw.settings import Settings

ROUNDS = amount(1, 2, "CBW_KILL_ROUNDS")


def receipts(pipeline: Pipeline) -> list[str]:
    """Return the receipts of the sales in the private tables."""
    rows = pipeline.store.connection.execute("select receipt from fct_sales order by receipt").fetchall()
    return [str(receipt) for (receipt,) in rows]


def leftovers(data_dir: Path) -> list[str]:
    return [path.name for path in data_dir.glob("build.new*")]


@pytest.mark.long
def test_a_full_build_is_another_file_and_keeps_the_records_of_runs(pipeline: Pipeline) -> None:
    go_on(pipeline, "SECOND02")
    path = pipeline.settings.data_dir / "build.duckdb"
    before, runs = path.stat().st_ino, "select count(*) from build.pipeline_runs"
    (known,) = pipeline.store.one(runs)
    assert pipeline.run("command", full=True).mode == "full"
    assert path.stat().st_ino != before
    assert pipeline.store.one(runs) == (int(str(known)) + 1,)
    assert leftovers(pipeline.settings.data_dir) == []
    go_on(pipeline, "THIRD003")
    assert receipts(pipeline) == ["FIRST001", "SECOND02", "THIRD003"]


def test_a_blocked_build_leaves_the_former_file(pipeline: Pipeline, tmp_path: Path) -> None:
    settings = pipeline.settings
    pipeline.close()
    (tmp_path / "no_sale.sql").write_text(
        "-- No sale may be.\n-- severity: blocking\nselect receipt from fct_sales\n", encoding="utf-8"
    )
    before = (settings.data_dir / "build.duckdb").stat().st_ino
    with Pipeline(settings, checks=read_checks(tmp_path)) as strict:
        receive(settings.data_dir, [sale("SECOND02")])
        assert strict.run("command", full=True).status == "blocked"
        assert receipts(strict) == ["FIRST001"]
        assert strict.store.one("select max(status) from build.pipeline_runs where mode = 'full'") != (None,)
    assert (settings.data_dir / "build.duckdb").stat().st_ino == before
    assert leftovers(settings.data_dir) == []


def test_a_failed_build_leaves_the_former_file(pipeline: Pipeline) -> None:
    with pytest.raises(duckdb.CatalogException, match="fct_sales"), new_build(pipeline.store):
        pipeline.store.connection.execute(
            "create table build.main.half as select * from build.main.fct_sales"
        )
    assert receipts(pipeline) == ["FIRST001"]
    assert leftovers(pipeline.settings.data_dir) == []


def test_opening_the_files_removes_a_killed_build(settings: Settings) -> None:
    receive(settings.data_dir, [sale("FIRST001")])
    with Pipeline(settings) as opened:
        opened.run("command")
    half = new_build_path(settings.data_dir)
    half.write_bytes(b"half a build")
    half.with_suffix(".duckdb.wal").write_bytes(b"and its WAL")
    with Pipeline(settings) as opened:
        assert leftovers(settings.data_dir) == []
        assert receipts(opened) == ["FIRST001"]


def test_a_wal_of_the_former_file_is_never_replayed_into_the_new_one(pipeline: Pipeline) -> None:
    wal = pipeline.settings.data_dir / "build.duckdb.wal"
    with (
        pytest.raises(WarehouseError, match=r"build\.duckdb\.wal was not checkpointed"),
        new_build(pipeline.store),
    ):
        wal.touch()
    assert receipts(pipeline) == ["FIRST001"]


@pytest.mark.long
@pytest.mark.timeout(600 + 20 * ROUNDS)
def test_a_build_that_is_killed_at_any_moment_leaves_whole_tables(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    settings = settings_for(data_dir)
    receive(data_dir, history())
    assert cbw("refresh", cwd=tmp_path, data_dir=data_dir).code == 0
    with Pipeline(settings) as opened:
        before = receipts(opened)
    started = time.monotonic()
    assert cbw("refresh", "--full", cwd=tmp_path, data_dir=data_dir).code == 0
    whole = time.monotonic() - started
    for _ in range(ROUNDS):
        process = subprocess.Popen([*CBW, "refresh", "--full"], env=environment(data_dir=data_dir), cwd=tmp_path,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        time.sleep(random.uniform(0, whole))
        process.kill()
        process.wait()
        with Pipeline(settings) as opened:
            assert leftovers(data_dir) == []
            assert receipts(opened) == before
            assert opened.run("command").status in {"unchanged", "published"}
    with Pipeline(settings) as opened:
        verification, checks = opened.verify()
        assert verification.is_equal
        assert not any(check.blocks for check in checks)
