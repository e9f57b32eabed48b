"""A running pipeline does the actions of commands, and returns the same as a command that opens the files itself."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cbw.errors import AlreadyServedError, CbwError, ConfigurationError, WarehouseError
from tests.e2e.conftest import wait_until
from tests.histories import history, receive, sale, settings_for
from tests.processes import CBW, cbw, environment, running
from transforms.service.request_server import RequestServer
from transforms.service.requests import ask, socket_path
from transforms.store.heartbeat import Heartbeat
from transforms.store.runs import Run
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.processes import Finished, Service
    from transforms.service.request_server import Perform

NEVER = 3600
HOLDING = """
import sys
from pathlib import Path
from tests.histories import settings_for
from transforms.pipeline.pipeline import Pipeline

with Pipeline(settings_for(Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    receive(tmp_path / "data", [sale("FIRST001")])
    return tmp_path / "data"


def run(data_dir: Path, *arguments: object) -> Finished:
    return cbw(*arguments, "--data-dir", data_dir, cwd=data_dir.parent)


@contextmanager
def pipeline_on(data_dir: Path, **settings: object) -> Iterator[Service]:
    """Run a pipeline that has published every delivery and only answers requests from then on."""
    with running("pipeline", data_dir, refresh_seconds=NEVER, **settings) as service:
        wait_until(lambda: "pipeline.started" in service.log() and last_status(data_dir) != "starting")
        yield service


@contextmanager
def answering(data_dir: Path, perform: Perform) -> Iterator[None]:
    """Answer requests without a pipeline."""
    data_dir.mkdir(parents=True, exist_ok=True)
    server = RequestServer(data_dir, perform)
    server.start()
    try:
        yield
    finally:
        server.stop()


def last_status(data_dir: Path) -> str:
    beat = Heartbeat.read(data_dir)
    assert beat is not None
    return beat.last_status


def receipts(data_dir: Path) -> list[str]:
    with Warehouse(data_dir / "warehouse.duckdb") as warehouse:
        return [row[0] for row in warehouse.rows("select receipt from fct_sales order by 1")]


def test_refresh_and_verify_work_while_the_service_runs(data_dir: Path) -> None:
    with running("serve", data_dir, refresh_seconds=NEVER) as service:
        wait_until(lambda: "pipeline.run" in service.log())
        assert service.post(sale("SECOND02")).status == 200
        done = run(data_dir, "refresh", "--json")
        assert (done.code, done.json["status"], done.json["events_in"]) == (0, "published", 1)
        assert receipts(data_dir) == ["FIRST001", "SECOND02"]
        again = run(data_dir, "refresh")
        assert again.out == f"nothing new: version {done.json['published_version']} is up to date\n"
        full = run(data_dir, "refresh", "--full", "--json")
        assert (full.json["status"], full.json["mode"]) == ("published", "full")
        assert "every table equals a full rebuild" in run(data_dir, "verify").out


def test_a_command_that_comes_during_a_run_is_served_after_it(tmp_path: Path) -> None:
    receive(tmp_path / "data", history())
    with running("pipeline", tmp_path / "data", refresh_seconds=NEVER) as service:
        wait_until(socket_path(tmp_path / "data").exists)
        assert ask(settings_for(tmp_path / "data"), "refresh", {"full": False})["status"] == "unchanged"
        assert [line["trigger"] for line in service.log_lines("pipeline.run")] == ["startup"]


def test_the_running_pipeline_shows_its_progress(data_dir: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    with pipeline_on(data_dir):
        value = ask(settings_for(data_dir), "refresh", {"full": True}, lambda *step: seen.append(step))
    assert value["status"] == "published"
    assert seen[0] == ("waiting for the run that is going on", 0, 0)
    models = [step for step in seen if step[0].startswith("building ")]
    assert [done for _, done, _ in models] == list(range(1, models[-1][2] + 1))


@pytest.mark.long
def test_both_ways_give_the_same_value(data_dir: Path) -> None:
    settings = settings_for(data_dir)
    here = ask(settings, "verify")
    with pipeline_on(data_dir):
        there = ask(settings, "verify")
    for answer in (here, there):
        answer["found"].pop("verified_at")
        answer["found"].pop("seconds")
    assert there == here


@pytest.mark.parametrize(
    "error",
    [
        WarehouseError("it broke", hint="mend it"),
        ConfigurationError("it is wrong"),
        AlreadyServedError("it is taken"),
        CbwError("it is not done"),
    ],
)
def test_an_error_keeps_its_class_and_its_words(tmp_path: Path, error: CbwError) -> None:
    def fail(*_request: object) -> None:
        raise error

    with answering(tmp_path, fail), pytest.raises(CbwError) as caught:
        ask(settings_for(tmp_path), "anything")
    assert (type(caught.value), str(caught.value)) == (type(error), str(error))


def test_a_defect_is_one_line_and_ends_nothing(tmp_path: Path) -> None:
    def divide(_action: str, arguments: dict[str, Any], _progress: object) -> float:
        return 1 / int(arguments["by"])

    with answering(tmp_path, divide):
        with pytest.raises(WarehouseError, match="ZeroDivisionError"):
            ask(settings_for(tmp_path), "divide", {"by": 0})
        assert ask(settings_for(tmp_path), "divide", {"by": 2}) == 0.5


def test_a_full_disk_is_one_line_with_exit_code_1_and_the_next_request_works(data_dir: Path) -> None:
    with pipeline_on(data_dir):
        (data_dir / "published").rename(data_dir / "aside")
        (data_dir / "published").touch()
        failed = run(data_dir, "refresh", "--full")
        (data_dir / "published").unlink()
        (data_dir / "aside").rename(data_dir / "published")
        assert (failed.code, failed.out, failed.err.count("\n")) == (1, "", 1)
        assert "the run failed" in failed.err
        assert ask(settings_for(data_dir), "refresh", {"full": True})["status"] == "published"


def test_an_action_that_the_pipeline_does_not_know_is_named(data_dir: Path) -> None:
    with pipeline_on(data_dir), pytest.raises(ConfigurationError, match="no action 'dance'"):
        ask(settings_for(data_dir), "dance")


def test_a_command_that_ends_before_its_answer_hurts_nobody(data_dir: Path) -> None:
    with pipeline_on(data_dir) as service:
        receive(data_dir, [sale("SECOND02")])
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(socket_path(data_dir)))
            client.sendall(b'{"action": "refresh", "arguments": {"full": true}}\n')
        wait_until(lambda: len(service.log_lines("pipeline.run")) == 2)
        assert ask(settings_for(data_dir), "refresh", {"full": False})["status"] == "unchanged"
        assert receipts(data_dir) == ["FIRST001", "SECOND02"]
        assert "Traceback" not in service.log()


@pytest.mark.parametrize("words", [b"", b"hello\n", b'{"action": "refresh"}\n', b"[]\n", b'{"action": "re'])
def test_a_request_that_cannot_be_read_is_dropped(
    tmp_path: Path, words: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    with answering(tmp_path, lambda action, *_: action):
        with socket.socket(socket.AF_UNIX) as odd:
            odd.connect(str(socket_path(tmp_path)))
            odd.sendall(words)
            odd.shutdown(socket.SHUT_WR)
            assert odd.recv(1) == b""
        assert ask(settings_for(tmp_path), "answer") == "answer"
    assert "Traceback" not in capfd.readouterr().err


def ask_in_background(data_dir: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*CBW, "verify", "--data-dir", str(data_dir)],
        env=environment(), cwd=data_dir.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("number", "words"),
    [(signal.SIGKILL, b"the pipeline ended before it answered"), (signal.SIGTERM, b"the pipeline ")],
)
def test_a_pipeline_that_ends_during_a_request_leaves_one_clear_line(
    tmp_path: Path, number: signal.Signals, words: bytes
) -> None:
    data_dir = tmp_path / "data"
    receive(data_dir, history())
    with pipeline_on(data_dir) as service:
        asking = ask_in_background(data_dir)
        wait_until((data_dir / "tmp" / "shadow.duckdb").exists)
        os.kill(service.process.pid, number)
        _, err = asking.communicate()
        service.process.wait()
    assert (asking.returncode, err.count(b"\n")) == (1, 1)
    assert words in err
    assert ask(settings_for(data_dir), "verify")["found"]["watermark"] > 0


def test_the_socket_is_its_owners_alone(data_dir: Path) -> None:
    with pipeline_on(data_dir):
        assert socket_path(data_dir) == data_dir / "pipeline.sock"
        assert socket_path(data_dir).stat().st_mode & 0o777 == 0o600
    assert not socket_path(data_dir).exists()


def test_a_data_directory_with_a_long_path_is_served_too(tmp_path: Path) -> None:
    data_dir = tmp_path / ("long" * 40)
    receive(data_dir, [sale("FIRST001")])
    with pipeline_on(data_dir):
        path = socket_path(data_dir)
        assert len(str(path)) < 100
        assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
        assert ask(settings_for(data_dir), "refresh", {"full": False})["status"] == "unchanged"
    assert not path.exists()


def test_files_held_by_a_process_that_does_not_listen_are_named(data_dir: Path) -> None:
    with subprocess.Popen(
        [CBW[0], "-c", HOLDING, str(data_dir)],
        cwd=Path(__file__).parents[3], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as holder:  # fmt: skip
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(AlreadyServedError, match="another pipeline process already works on"):
            ask(settings_for(data_dir), "refresh", {"full": False}, patience_seconds=0)


def test_a_pipeline_that_lives_and_says_nothing_is_not_waited_for_without_an_end(tmp_path: Path) -> None:
    Heartbeat.from_run(Run.start("timer", "full").ended("published"), {}, 1).write(tmp_path)
    released = threading.Event()
    with answering(tmp_path, lambda *_: released.wait()):
        with pytest.raises(WarehouseError, match="lives, and has said nothing for 0 s"):
            ask(settings_for(tmp_path), "anything", silence_seconds=0.05, most_silent_seconds=0.1)
        released.set()


def test_a_pipeline_that_hangs_is_named(tmp_path: Path) -> None:
    """It took the request, and neither answers nor touches its heartbeat."""
    released = threading.Event()
    with answering(tmp_path, lambda *_: released.wait()):
        with pytest.raises(WarehouseError, match=r"hangs.*restart it, then repeat the command"):
            ask(settings_for(tmp_path), "anything", silence_seconds=0.1)
        released.set()


def test_a_long_step_of_a_pipeline_that_lives_is_waited_for(tmp_path: Path) -> None:
    beat = Heartbeat.from_run(Run.start("timer", "full").ended("published"), {}, 1)
    beat.write(tmp_path)
    with answering(tmp_path, lambda *_: time.sleep(0.5)):
        assert ask(settings_for(tmp_path), "anything", silence_seconds=0.05) is None


def test_a_command_waits_for_the_one_before_it(tmp_path: Path) -> None:
    receive(tmp_path / "data", history())
    first = ask_in_background(tmp_path / "data")
    wait_until((tmp_path / "data" / "tmp" / "shadow.duckdb").exists)
    done = ask(settings_for(tmp_path / "data"), "refresh", {"full": False}, patience_seconds=120)
    assert done["status"] == "unchanged"
    out, _ = first.communicate()
    assert first.returncode == 0, out


def test_the_words_of_the_conversation_are_plain_json(data_dir: Path) -> None:
    with pipeline_on(data_dir), socket.socket(socket.AF_UNIX) as command:
        command.connect(str(socket_path(data_dir)))
        command.sendall(json.dumps({"action": "refresh", "arguments": {"full": False}}).encode() + b"\n")
        *progress, last = [json.loads(line) for line in command.makefile("rb")]
    assert {tuple(message) for message in progress} == {("progress",)}
    assert last["result"]["status"] == "unchanged"
