"""``cbw verify`` finds any difference between the tables and a full rebuild, and names the rows."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from cbw.command import main
from cbw.settings import load_settings
from tests.amounts import some_of
from tests.histories import history, receive, sale, settings_for
from transforms.archive.archive import archive
from transforms.pipeline.pipeline import Pipeline

if TYPE_CHECKING:
    from pathlib import Path

DAMAGES = {
    "int_sales": "update build.int_sales set vendor = 'somebody'",
    "fct_sales": "update build.fct_sales set gross_amount = gross_amount + 0.01",
    "fct_orders": "delete from build.fct_orders",
    "daily_sales": "insert into build.daily_sales select * replace (date '2020-01-01' as report_date) from daily_sales",
}


@pytest.fixture(scope="module")
def two_sales(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data_dir = tmp_path_factory.mktemp("template") / "data"
    receive(data_dir, [sale("FIRST001"), sale("SECOND02")])
    assert main(["refresh", "--data-dir", str(data_dir)]) == 0
    return data_dir


@pytest.fixture
def data_dir(two_sales: Path, tmp_path: Path) -> Path:
    return shutil.copytree(two_sales, tmp_path / "data", symlinks=True)


def damage(data_dir: Path, statement: str) -> None:
    with Pipeline(load_settings(data_dir=data_dir)) as pipeline:
        pipeline.store.connection.execute(statement)


@pytest.mark.long
def test_tables_that_were_refreshed_are_equal(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    receive(data_dir, [sale("THIRD003")])
    assert main(["verify", "--data-dir", str(data_dir)]) == 0
    assert "every table equals a full rebuild" in capsys.readouterr().out


@pytest.mark.parametrize("table", some_of(DAMAGES, 2))
def test_a_planted_difference_is_found_and_named(
    data_dir: Path, capsys: pytest.CaptureFixture[str], table: str
) -> None:
    damage(data_dir, DAMAGES[table])
    capsys.readouterr()
    assert main(["verify", "--data-dir", str(data_dir), "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert not report["is_equal"]
    differing = {
        item["table"]: item["examples"]
        for item in report["comparisons"]
        if item["missing"] + item["unexpected"]
    }
    # the published tables are from before the damage
    assert set(differing) == {table} | (
        {f"published {table}"} & {item["table"] for item in report["comparisons"]}
    )
    assert all(differing.values())


def test_a_published_row_that_was_never_built_is_found(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    published = (data_dir / "warehouse.duckdb").resolve()
    published.chmod(0o644)
    with duckdb.connect(str(published)) as connection:
        connection.execute("update fct_sales set gross_amount = gross_amount + 1 where receipt = 'FIRST001'")
    capsys.readouterr()
    assert main(["verify", "--data-dir", str(data_dir), "--json"]) == 1
    comparisons = json.loads(capsys.readouterr().out)["comparisons"]
    [comparison] = [item for item in comparisons if item["missing"] + item["unexpected"]]
    assert (comparison["table"], comparison["missing"], comparison["unexpected"]) == (
        "published fct_sales",
        1,
        1,
    )


def test_a_delivery_of_the_inbox_that_raw_events_lost_is_found(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(data_dir, "delete from events.raw_events where inbox_sequence = 1")
    capsys.readouterr()
    assert main(["verify", "--data-dir", str(data_dir), "--json"]) == 1
    comparisons = json.loads(capsys.readouterr().out)["comparisons"]
    [inbox] = [item for item in comparisons if item["table"].startswith("raw_events (inbox-")]
    assert (inbox["row_count"], inbox["missing"]) == (2, 1)
    assert inbox["examples"] == ["missing: inbox row 1"]


@pytest.fixture
def archived_dir(data_dir: Path) -> Path:
    settings = settings_for(data_dir)
    with Pipeline(settings) as pipeline:
        archive(pipeline.store, settings)
    return data_dir


def archive_comparison(data_dir: Path, capsys: pytest.CaptureFixture[str], *, code: int) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["verify", "--data-dir", str(data_dir), "--json"]) == code
    comparisons = json.loads(capsys.readouterr().out)["comparisons"]
    [comparison] = [item for item in comparisons if item["table"] == "raw_events (archive)"]
    assert isinstance(comparison, dict)
    return comparison


def test_an_untouched_archive_is_equal(archived_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    receive(archived_dir, [sale("THIRD003")])  # loaded after the archive run
    comparison = archive_comparison(archived_dir, capsys, code=0)
    assert (comparison["row_count"], comparison["missing"], comparison["unexpected"]) == (2, 0, 0)


def test_a_lost_file_of_the_archive_is_named(archived_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [path] = archived_dir.glob("archive/events/*/*.parquet")
    path.unlink()
    comparison = archive_comparison(archived_dir, capsys, code=1)
    assert (comparison["missing"], comparison["unexpected"]) == (2, 0)
    assert comparison["examples"][0].startswith("missing: received_date=")


def test_a_raw_event_that_differs_from_its_archived_row_is_named(
    archived_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(archived_dir, "update events.raw_events set body = '{}'::blob where sequence = 2")
    comparison = archive_comparison(archived_dir, capsys, code=1)
    assert (comparison["missing"], comparison["unexpected"]) == (1, 1)
    assert comparison["examples"] == ["missing: load sequence 2", "unexpected: load sequence 2"]


def test_facts_that_do_not_add_up_to_staging_are_named(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(data_dir, DAMAGES["fct_sales"])
    capsys.readouterr()
    assert main(["verify", "--data-dir", str(data_dir), "--json"]) == 1
    assert "sums_of_facts_equal_staging" in json.loads(capsys.readouterr().out)["failed_checks"]


def test_a_simulated_history_is_conserved(tmp_path: Path) -> None:
    receive(tmp_path, history())
    assert main(["verify", "--data-dir", str(tmp_path)]) == 0


def test_the_status_shows_the_last_verification(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damage(data_dir, DAMAGES["fct_orders"])
    main(["verify", "--data-dir", str(data_dir)])
    capsys.readouterr()
    main(["status", "--data-dir", str(data_dir), "--json"])
    status = json.loads(capsys.readouterr().out)
    assert status["verified"]["differing"] == 2
    named = {"check: fct_orders_sums_equal_the_facts", "fct_orders", "published fct_orders"}
    assert named <= set(status["verified"]["failed"])
    assert any("check: fct_orders_sums_equal_the_facts" in problem for problem in status["problems"])
    assert main(["refresh", "--full", "--data-dir", str(data_dir)]) == 0
    assert main(["verify", "--data-dir", str(data_dir)]) == 0
    capsys.readouterr()
    main(["status", "--data-dir", str(data_dir), "--json"])
    verified = json.loads(capsys.readouterr().out)["verified"]
    assert (verified["differing"], verified["failed"]) == (0, [])
    assert verified["checks"] > 0
