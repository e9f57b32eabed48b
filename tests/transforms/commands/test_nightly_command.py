"""``cbw nightly``, and the last night in ``cbw status``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cbw.command import main
from cbw.settings import load_settings
from tests.e2e.conftest import wait_until
from tests.histories import receive, sale
from tests.processes import cbw, running
from transforms.nightly.steps import STEPS
from transforms.pipeline.pipeline import Pipeline
from transforms.report import newest_report
from transforms.service.requests import socket_path

if TYPE_CHECKING:
    from pathlib import Path

NAMES = [step.name for step in STEPS]


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    receive(tmp_path / "data", [sale("FIRST001")])
    return tmp_path / "data"


def run(capsys: pytest.CaptureFixture[str], data_dir: Path, *arguments: str) -> tuple[int, str, str]:
    code = main([*arguments, "--data-dir", str(data_dir)])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def status(capsys: pytest.CaptureFixture[str], data_dir: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(capsys, data_dir, "status", "--json")[1])
    return found


def test_runs_the_latest_night_once(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, data_dir, "nightly", "--json")
    first = json.loads(out)
    assert (code, first["status"], first["is_new"]) == (0, "done", True)
    assert [(step["name"], step["status"]) for step in first["steps"]] == [(name, "done") for name in NAMES]
    assert newest_report(data_dir) is not None
    code, out, _ = run(capsys, data_dir, "nightly")
    assert (code, out) == (0, f"nothing to do: the night of {first['night']} is done\n")
    night = status(capsys, data_dir)["night"]
    assert (night["night_date"], night["status"], night["attempts"]) == (first["night"], "done", 1)
    assert [step["step"] for step in night["steps"]] == NAMES
    shown = run(capsys, data_dir, "status")[1]
    assert f"Night of {first['night']} done: refresh done, verify done" in " ".join(shown.split())


@pytest.mark.long
def test_a_failed_step_is_exit_code_1_and_a_problem_of_the_status(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A table was changed behind the pipeline's back; the published figures are frozen all the same."""
    main(["refresh", "--data-dir", str(data_dir)])
    with Pipeline(load_settings(data_dir=data_dir)) as pipeline:
        pipeline.store.connection.execute("update build.fct_orders set net_amount = net_amount + 0.01")
    capsys.readouterr()
    code, out, _ = run(capsys, data_dir, "nightly")
    assert (code, "not proved: fct_orders" in " ".join(out.split())) == (1, True)
    found = status(capsys, data_dir)
    steps = {step["step"]: step["status"] for step in found["night"]["steps"]}
    assert (steps["verify"], steps["roll_up"], found["night"]["status"]) == ("failed", "done", "failed")
    night = found["night"]["night_date"]
    assert [problem for problem in found["problems"] if f"in the night of {night}, verify failed" in problem]


@pytest.mark.long
def test_the_running_pipeline_does_it_between_two_refreshes(data_dir: Path) -> None:
    with running("pipeline", data_dir, refresh_seconds=3600) as service:
        wait_until(socket_path(data_dir).exists)
        done = cbw("nightly", "--json", "--data-dir", data_dir, cwd=data_dir.parent)
        refused = cbw("nightly", "--date", "2999-01-01", "--data-dir", data_dir, cwd=data_dir.parent)
    assert (done.code, done.json["status"], [step["name"] for step in done.json["steps"]]) == (
        0,
        "done",
        NAMES,
    )
    assert (refused.code, refused.out, refused.err.count("\n")) == (2, "", 1)
    assert [line["step"] for line in service.log_lines("nightly.step")] == NAMES


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (
            ["--date", "2999-01-01"],
            2,
            "the night of 2999-01-01 has not begun: it begins at 2999-01-01 02:00 P",
        ),
        (["--date", "yesterday"], 2, "'yesterday' does not match the format '%Y-%m-%d'"),
    ],
)
def test_a_wrong_date_is_one_clear_line_and_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, words: str
) -> None:
    (tmp_path / "data").mkdir()
    done = run(capsys, tmp_path / "data", "nightly", *arguments)
    assert (done[0], done[1]) == (code, "")
    assert words in done[2].splitlines()[-1]
    assert not (tmp_path / "data" / "warehouse.duckdb").exists()
