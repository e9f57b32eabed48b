"""One command shows the whole product."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from ingest.inbox.reader import InboxReader, list_inboxes
from tests.processes import Finished, cbw, running
from transforms.commands.demo_run import HEADLINES, MARKER
from transforms.definitions.sql_file import SQL_DIR
from transforms.report import newest_report
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from pathlib import Path

EVENTS = 400


def demo(directory: Path, *more: object, **settings: Any) -> Finished:
    return cbw(
        "demo", "--events", EVENTS, "--days", 60, "--data-dir", directory / "demo", *more,
        cwd=directory, timeout=300, **settings,
    )  # fmt: skip


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Finished]:
    directory = tmp_path_factory.mktemp("shown")
    return directory, demo(directory, webhook_secret=None)


def test_needs_no_setting_and_ends_well(shown: tuple[Path, Finished]) -> None:
    _, done = shown
    assert (done.code, done.err) == (0, "")


def test_prints_every_headline_with_rows(shown: tuple[Path, Finished]) -> None:
    _, done = shown
    for name in HEADLINES:
        title = (SQL_DIR / "examples" / f"{name}.sql").read_text(encoding="utf-8").splitlines()[0]
        below = done.out.partition(title.removeprefix("--").strip())[2]
        assert "│" in below.partition("└")[0], name
    assert f"{EVENTS} webhooks acknowledged" in done.out


def test_names_every_place_and_the_next_commands(shown: tuple[Path, Finished]) -> None:
    directory, done = shown
    assert str(directory / "demo" / "warehouse.duckdb") in done.out
    assert "cbw query --data-dir" in done.out
    report = newest_report(directory / "demo")
    assert report is not None
    assert report.as_uri() in done.out


def test_everything_came_over_http_and_was_built(shown: tuple[Path, Finished]) -> None:
    directory, _ = shown
    [inbox] = list_inboxes(directory / "demo" / "inbox")
    with InboxReader(inbox) as reader, Warehouse(directory / "demo" / "warehouse.duckdb") as warehouse:
        assert reader.tip() == EVENTS
        assert warehouse.rows("select sum(delivery_count) from events") == [(EVENTS,)]
        assert {peer.peer for peer in reader.read_after(0, 10**6, 10**9)} == {"127.0.0.1"}


def test_leaves_no_process_behind(shown: tuple[Path, Finished]) -> None:
    directory, _ = shown
    done = cbw("status", "--json", "--data-dir", directory / "demo", cwd=directory)
    assert (done.json["receiver_running"], done.json["pipeline_running"]) == (False, False)


@pytest.mark.long
def test_again_replaces_the_earlier_demo(shown: tuple[Path, Finished]) -> None:
    directory, _ = shown
    (directory / "demo" / "of the first").touch()
    again = demo(directory, "--seed", 8)
    assert again.code == 0
    assert not (directory / "demo" / "of the first").exists()
    with Warehouse(directory / "demo" / "warehouse.duckdb") as warehouse:
        assert warehouse.rows("select sum(delivery_count) from events") == [(EVENTS,)]


def test_never_replaces_another_installation(tmp_path: Path) -> None:
    precious = tmp_path / "demo" / "warehouse.duckdb"
    precious.parent.mkdir()
    precious.write_bytes(b"somebody's")
    done = demo(tmp_path)
    assert done.code == 2
    assert "holds something that is no demo" in done.err
    assert [path.name for path in precious.parent.iterdir()] == ["warehouse.duckdb"]


def test_never_replaces_a_demo_that_is_running(tmp_path: Path) -> None:
    data_dir = tmp_path / "demo"
    data_dir.mkdir()
    (data_dir / MARKER).write_text(json.dumps({"made_by": "cbw demo"}), encoding="utf-8")
    with running("receive", data_dir) as live:
        done = demo(tmp_path)
        assert done.code == 2
        assert "already works on" in done.err
        assert live.is_serving()


@pytest.mark.long
def test_does_not_mind_where_the_operator_keeps_the_real_secret(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("the-real-secret-of-this-machine\n", encoding="utf-8")
    done = demo(tmp_path, webhook_secret=None, webhook_secret_file=tmp_path / "secret")
    assert done.code == 0, done.err
    held = b"".join(path.read_bytes() for path in (tmp_path / "demo").iterdir() if path.is_file())
    assert b"the-real-secret" not in held
    assert os.listdir(tmp_path / "demo" / "inbox")  # noqa: PTH208
