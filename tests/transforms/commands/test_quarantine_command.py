"""``cbw quarantine`` lists events that could not be mapped, and maps them once their key is known."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.conftest import wait_until
from tests.histories import receive, sale
from tests.processes import cbw, running
from transforms.store.heartbeat import Heartbeat
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from pathlib import Path

    from tests.processes import Finished

ALIASES = "scope,field,path,unit\n"


def sale_at(receipt: str, key: str, **more: Any) -> bytes:
    """Return a sale that says when it happened under a key of its sender's own."""
    data = {"receipt": receipt, key: "2026-05-01T12:00:00Z", "totalOrderAmount": 10, "currency": "USD"}
    return json.dumps({"type": "sale.created", "data": data | more}).encode()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sales whose time is under one unknown key, one under another, something broken, and a good sale."""
    bodies = [
        sale_at("AAAA1111", "soldWhen"),
        sale_at("BBBB2222", "soldWhen"),
        sale_at("CCCC3333", "uhrzeit"),
    ]
    cwd = tmp_path_factory.mktemp("quarantine")
    receive(cwd / "data", [*bodies, b"not json", sale("DDDD4444")])
    run(cwd, "refresh")
    return cwd / "data"


@pytest.fixture
def data_dir(template: Path, tmp_path: Path) -> Path:
    return shutil.copytree(template, tmp_path / "data", symlinks=True)


def run(cwd: Path, *arguments: object) -> Finished:
    return cbw(*arguments, "--data-dir", cwd / "data", cwd=cwd)


def receipts(data_dir: Path) -> list[str]:
    with Warehouse(data_dir / "warehouse.duckdb") as warehouse:
        return [row[0] for row in warehouse.rows("select receipt from fct_sales order by 1")]


def test_events_are_listed_by_reason_and_place(data_dir: Path) -> None:
    groups = run(data_dir.parent, "quarantine", "--json").json
    assert [(group["reason"], group["event_type"], group["count"]) for group in groups] == [
        ("no_time", "sale.created", 3),
        ("bad_json", None, 1),
    ]
    assert groups[0].keys() == {
        "reason", "json_path", "event_type", "count", "first_seen_at", "example_event_key",
    }  # fmt: skip
    assert groups[0]["json_path"].startswith("$.data.")
    with Warehouse(data_dir / "warehouse.duckdb") as warehouse:
        key = groups[0]["example_event_key"]
        assert warehouse.rows("select reason from quarantine where event_key = ?", [key]) == [("no_time",)]
    shown = run(data_dir.parent, "quarantine")
    assert (shown.code, key in shown.out, "bad_json" in shown.out) == (0, True, True)


def test_the_keys_that_no_alias_reads_are_one_query_away_and_new_ones_are_in_the_status(
    data_dir: Path,
) -> None:
    """Sales of this key began only now, long after the first sale."""
    shown = run(data_dir.parent, "quarantine").out
    query = shown.partition('cbw query "')[2].partition('"')[0]
    with Warehouse(data_dir / "warehouse.duckdb") as warehouse:
        unread = {path: count for _, path, count in warehouse.rows(query)}
    assert (unread["$.data.soldWhen"], unread["$.data.uhrzeit"]) == (2, 1)
    assert run(data_dir.parent, "status", "--json").json["unread_paths"] == []
    receive(data_dir, [sale("EEEE5555", days_ago=30), sale_at("FFFF6666", "soldWhen")])
    run(data_dir.parent, "refresh")
    new = run(data_dir.parent, "status", "--json").json["unread_paths"]
    assert [row["json_path"] for row in new] == ["$.data.soldWhen", "$.data.uhrzeit"]
    assert "$.data.uhrzeit" in run(data_dir.parent, "status").out


def test_one_reason_is_shown_alone(data_dir: Path) -> None:
    groups = run(data_dir.parent, "quarantine", "--reason", "bad_json", "--json").json
    assert [group["reason"] for group in groups] == ["bad_json"]
    none = run(data_dir.parent, "quarantine", "--reason", "bad luck")
    assert (none.code, none.out) == (0, "nothing is in quarantine with reason bad luck\n")


def test_events_are_mapped_once_their_key_is_an_alias(data_dir: Path) -> None:
    assert receipts(data_dir) == ["DDDD4444"]
    (data_dir / "aliases.csv").write_text(ALIASES + "transaction,sale_time,soldWhen,\n")
    first = run(data_dir.parent, "quarantine", "--replay")
    assert first.out == "2 events left quarantine, 2 remain; readers have version 2\n"
    assert receipts(data_dir) == ["AAAA1111", "BBBB2222", "DDDD4444"]
    (data_dir / "aliases.csv").write_text(
        ALIASES + "transaction,sale_time,soldWhen,\ntransaction,sale_time,uhrzeit,\n"
    )
    second = run(data_dir.parent, "quarantine", "--replay", "--json")
    assert second.json == {"left": 1, "remaining": 1, "status": "published"}
    assert receipts(data_dir) == ["AAAA1111", "BBBB2222", "CCCC3333", "DDDD4444"]
    with Warehouse(data_dir / "warehouse.duckdb") as warehouse:
        assert warehouse.rows("select sum(delivery_count), count(*) from events") == [(5, 5)]


def test_a_replay_with_nothing_changed_says_so(data_dir: Path) -> None:
    done = run(data_dir.parent, "quarantine", "--replay")
    assert (done.code, done.out.split(":")[0]) == (0, "0 events left quarantine, 4 remain")


def has_run_at_start(data_dir: Path) -> bool:
    beat = Heartbeat.read(data_dir)
    return beat is not None and (beat.last_trigger, beat.last_status) == ("startup", "unchanged")


def test_events_are_mapped_by_the_running_pipeline(data_dir: Path) -> None:
    with running("pipeline", data_dir, refresh_seconds=3600) as service:
        wait_until(lambda: "pipeline.started" in service.log())
        wait_until(lambda: has_run_at_start(data_dir))  # or that run already reads the new aliases
        (data_dir / "aliases.csv").write_text(ALIASES + "transaction,sale_time,soldWhen,\n")
        done = run(data_dir.parent, "quarantine", "--replay")
        assert done.out == "2 events left quarantine, 2 remain; readers have version 2\n"
        (data_dir / "aliases.csv").write_text("wrong\n")
        wrong = run(data_dir.parent, "quarantine", "--replay")
    assert (wrong.code, wrong.out, wrong.err.count("\n")) == (2, "", 1)
    assert "the first line must be scope,field,path,unit" in wrong.err
    assert receipts(data_dir) == ["AAAA1111", "BBBB2222", "DDDD4444"]


@pytest.mark.parametrize(
    ("aliases", "words"),
    [
        ("transaction,sale_time,soldWhen,\n", "aliases.csv: the first line must be scope,field,path,unit"),
        (ALIASES + "transaction,sale_tome,soldWhen,\n", "there is no field transaction.sale_tome"),
    ],
)
def test_a_wrong_alias_is_one_clear_line_and_changes_nothing(
    data_dir: Path, aliases: str, words: str
) -> None:
    (data_dir / "aliases.csv").write_text(aliases)
    done = run(data_dir.parent, "quarantine", "--replay")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert words in done.err
    assert receipts(data_dir) == ["DDDD4444"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--replay", "--reason", "no_time"], 2, "it takes no --reason"),
        (["--data-dir", "nowhere"], 1, "there is no published warehouse at nowhere"),
        (["--data-dir", "nowhere", "--replay"], 1, "there is no published warehouse at nowhere"),
    ],
)
def test_a_wrong_argument_is_one_clear_line(
    tmp_path: Path, arguments: list[str], code: int, words: str
) -> None:
    done = cbw("quarantine", *arguments, cwd=tmp_path)
    assert (done.code, done.out) == (code, "")
    assert words in done.err.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []
