"""The command line: every result can be used by a script, and every mistake is one line and an exit code."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from cbw import command as composition
from ingest.secrets.signature import sign
from ingest.send.samples import event_types
from tests.e2e.conftest import SECRET, free_port
from tests.histories import receive, sale
from tests.processes import CBW, cbw, environment, running

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with one published sale."""
    data_dir = tmp_path_factory.mktemp("commands") / "data"
    receive(data_dir, [sale("FIRST001")])
    done = cbw("refresh", "--json", cwd=data_dir.parent, data_dir=data_dir)
    assert (done.code, done.json["status"], done.json["published_version"]) == (0, "published", 1), done.err
    return data_dir


CANNOT_BE_A_DIRECTORY = "file/below"
WRONG = [
    # arguments, settings, the line
    (["serve"], {"webhook_secret": None}, "CBW_WEBHOOK_SECRET is not set"),
    (["serve"], {"webhook_secret": "short"}, "CBW_WEBHOOK_SECRET: is 5 bytes long"),
    (["serve", "--workers", "0"], {}, "CBW_WORKERS: input should be greater than or equal to 1"),
    (["serve", "--port", "99999"], {}, "CBW_PORT: input should be less than or equal to 65535"),
    (["serve"], {"timezone": "Mars"}, "CBW_TIMEZONE: is not a time zone"),
    (["serve", "--data-dir", CANNOT_BE_A_DIRECTORY], {}, "CBW_DATA_DIR: file/below cannot be written"),
    (["receive"], {"webhook_secret": None}, "CBW_WEBHOOK_SECRET is not set"),
    (["receive", "--data-dir", CANNOT_BE_A_DIRECTORY], {}, "CBW_DATA_DIR: file/below cannot be written"),
    (["pipeline", "--data-dir", CANNOT_BE_A_DIRECTORY], {}, "CBW_DATA_DIR: file/below cannot be made"),
    (["refresh", "--data-dir", CANNOT_BE_A_DIRECTORY], {}, "CBW_DATA_DIR: file/below cannot be made"),
    (["demo", "--data-dir", CANNOT_BE_A_DIRECTORY], {}, "file/below cannot be made"),
    (["send", "--type", "sale.invented"], {}, "there is no sample of 'sale.invented'"),
    (["send"], {}, "there is nothing to send (one of --type, --file and --simulate)"),
    (["send", "--type", "test", "--simulate", "3"], {}, "there is nothing to send"),
    (["send", "--type", "test"], {"webhook_secret": None}, "CBW_WEBHOOK_SECRET is not set"),
    (["sign", "file"], {"webhook_secret": None}, "CBW_WEBHOOK_SECRET is not set"),
]  # fmt: skip


@pytest.fixture(scope="module")
def plain_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory that holds a file named ``file``."""
    directory = tmp_path_factory.mktemp("wrong")
    (directory / "file").write_text("no directory", encoding="utf-8")
    return directory


def check_one_line(err: str, *, says: str) -> None:
    [line] = err.splitlines()
    assert line.startswith("cbw: ")
    assert says in line


@pytest.mark.parametrize(("arguments", "settings", "says"), WRONG, ids=lambda part: str(part)[:60])
def test_a_wrong_setting_is_one_line_and_exit_code_2(
    plain_file: Path, arguments: list[str], settings: dict[str, Any], says: str
) -> None:
    done = cbw(*arguments, cwd=plain_file, port=free_port(), **settings)
    assert (done.code, done.out) == (2, "")
    check_one_line(done.err, says=says)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["serve", "--nonsense"], "No such option"),
        (["send", "--simulate", "none"], "Invalid value for '--simulate'"),
        (["query"], "Missing argument 'SQL'"),
        (["query", "select 1", "--example", "sales_by_day"], "Give one of SQL, --file and --example"),
        (["demo", "--days", "3"], "Invalid value for '--days'"),
    ],
)
def test_a_wrong_command_line_names_a_remedy_and_is_exit_code_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    assert composition.main(arguments) == 2
    shown = capsys.readouterr()
    assert says in shown.err
    assert "Traceback" not in shown.err


ABOUT_WHAT_IS_THERE = [
    ["explain", "fct_orders", "ABCD1234"],
    ["export", "--to", "exported"],
    ["forget", "--email", "ada@example.com", "--yes"],
    ["nightly"],
    ["quarantine"],
    ["quarantine", "--replay"],
    ["query", "select 1"],
    ["report"],
    ["restore"],
    ["status"],
    ["verify"],
]


@pytest.mark.parametrize("arguments", ABOUT_WHAT_IS_THERE, ids=" ".join)
def test_a_misspelt_data_directory_is_named_and_not_made(tmp_path: Path, arguments: list[str]) -> None:
    """Nothing verified, and nobody forgotten, is no success."""
    done = cbw(*arguments, "--data-dir", "misspelt", cwd=tmp_path)
    assert done.code in {1, 2}
    assert "misspelt" in done.err + done.out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["query", "select 1", "--data-dir", "nothing"], "there is no published warehouse at nothing"),
        (["query", "--example", "nothing"], "there is no example 'nothing' (`cbw query --examples` lists"),
        (["status", "--data-dir", "nothing"], "there is nothing at nothing"),
        (["sign", "nothing"], "nothing cannot be read: No such file"),
        (["send", "--type", "test", "--url", "nowhere"], "nowhere"),
    ],
)
def test_a_failed_command_is_one_line_and_not_exit_code_0(
    tmp_path: Path, arguments: list[str], says: str
) -> None:
    done = cbw(*arguments, cwd=tmp_path)
    assert done.code in {1, 2}
    check_one_line(done.err, says=says)


def test_a_failed_refresh_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "published").touch()
    done = cbw("refresh", cwd=tmp_path)
    assert done.code == 1
    assert done.err.splitlines()[-1].startswith("cbw: the run failed: ")
    assert "Traceback" not in done.err


@pytest.mark.parametrize("name", ["serve", "receive"])
def test_a_port_in_use_is_named_with_another_to_try(tmp_path: Path, name: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        done = cbw(name, "--port", port, cwd=tmp_path)
    assert done.code == 2
    check_one_line(done.err, says=f"cannot listen on 127.0.0.1 port {port}")
    assert f"CBW_PORT={port + 1}" in done.err


def test_a_data_directory_that_is_served_cannot_be_served_again(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with running("receive", data_dir), running("pipeline", data_dir, name="pipeline") as pipeline:
        for name in ("serve", "receive"):
            done = cbw(name, cwd=tmp_path, port=free_port())
            assert done.code == 2
            check_one_line(done.err, says="another receiver already works on data")
        while "pipeline.started" not in pipeline.log():
            assert pipeline.process.poll() is None
        done = cbw("pipeline", cwd=tmp_path)
        assert done.code == 2
        assert "another pipeline process already works on data" in done.err.splitlines()[-1]
        assert "Traceback" not in done.err
        # A refresh is no second pipeline: the one that runs does it.
        done = cbw("refresh", cwd=tmp_path)
        assert (done.code, done.err) == (0, "")


class TestResults:
    def test_of_a_refresh_with_nothing_new_is_success(self, published: Path) -> None:
        done = cbw("refresh", cwd=published.parent)
        assert (done.code, done.out) == (0, "nothing new: version 1 is up to date\n")

    def test_of_status_are_json_and_exit_code_1_while_nothing_runs(self, published: Path) -> None:
        done = cbw("status", "--json", cwd=published.parent)
        assert done.code == 1
        assert done.json["totals"]["deliveries"] == 1
        assert len(done.json["problems"]) == 2

    def test_of_sign_are_the_signature_of_the_exact_bytes(self, tmp_path: Path) -> None:
        body = b'{"type": "test"}\n'
        (tmp_path / "body.json").write_bytes(body)
        from_file = cbw("sign", "body.json", cwd=tmp_path)
        from_input = cbw("sign", cwd=tmp_path, typed=body)
        assert from_file.out == from_input.out == sign(SECRET, body) + "\n"

    def test_of_send_are_json_and_everything_is_in_the_inbox(self, tmp_path: Path) -> None:
        with running("receive", tmp_path / "data") as service:
            done = cbw("send", "--simulate", 20, "--json", cwd=tmp_path, port=service.port)
            assert (done.code, done.err) == (0, "")
            assert (done.json["accepted"], done.json["failed"]) == (20, 0)
            assert len(service.bodies()) == 20

    def test_of_send_with_another_secret_is_exit_code_1(self, tmp_path: Path) -> None:
        with running("receive", tmp_path / "data") as service:
            done = cbw(
                "send", "--type", event_types()[0],
                cwd=tmp_path, port=service.port, webhook_secret="another-secret-that-is-wrong",
            )  # fmt: skip
            assert done.code == 1
            assert "1 failed" in done.out
            assert service.bodies() == []

    def test_a_misspelt_setting_is_warned_of(self, tmp_path: Path) -> None:
        with running("serve", tmp_path / "data", prot=9000) as service:
            assert "cbw: warning: CBW_PROT is no setting" in service.log()


def test_ctrl_c_is_exit_code_130(tmp_path: Path) -> None:
    """A demo that is interrupted while it invents its history."""
    # A job in the background of a shell inherits that interrupts are ignored.
    script = (
        "import _thread, signal, threading, sys\n"
        "from cbw import command\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "threading.Timer(0.5, _thread.interrupt_main).start()\n"
        "sys.exit(command.main(['demo', '--events', '500000', '--data-dir', sys.argv[1]]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "demo")],
        env=environment(), capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 130
    assert "Traceback" not in done.stderr


def test_the_module_and_the_command_are_one(tmp_path: Path) -> None:
    script = os.path.join(os.path.dirname(sys.executable), "cbw")  # noqa: PTH118, PTH120
    outputs = [
        subprocess.run([*start, "--version"], cwd=tmp_path, capture_output=True, check=True).stdout
        for start in ([script], CBW)
    ]
    assert outputs[0] == outputs[1]
