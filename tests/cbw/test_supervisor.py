"""A process that dies is restarted, ever more slowly; one that cannot work stops all; none is left running."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cbw.supervisor import Child, give_way
from tests.e2e.conftest import PATIENCE, is_running, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

SUPERVISE = """
import json, sys
from pathlib import Path
from cbw import supervisor
from cbw.errors import MovedError
from cbw.logs import configure_logging
from cbw.place import Place

configure_logging(as_json=True)
for name, value in json.loads(sys.argv[2]).items():
    setattr(supervisor, name, value)
children = [supervisor.Child(name, [sys.executable, "-c", code]) for name, code in json.loads(sys.argv[1]).items()]
place = Place.at_start(Path(sys.argv[3])) if sys.argv[3:] else None
try:
    sys.exit(supervisor.Supervisor(children, place=place).run())
except MovedError as exc:
    sys.exit(exc.exit_code)
"""

LIVES = "import time; time.sleep(600)"
DIES = "import sys; sys.exit(1)"
IS_WRONG = "import sys; sys.exit(2)"
IS_LOST = "import sys, time; time.sleep(0.2); sys.exit(3)"
WAITS_AND_DIES = """
import pathlib, sys, time
while not pathlib.Path("die").exists():
    time.sleep(0.05)
sys.exit(1)
"""
IS_DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(600)
"""


@dataclass
class Supervised:
    """A supervisor in a process of its own, and the log it writes."""

    process: subprocess.Popen[bytes]
    log_path: Path

    def lines(self, event: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.log_path.read_text().splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == f"supervisor.{event}"]

    def pids(self, name: str) -> list[int]:
        return [line["pid"] for line in self.lines("started") if line["process"] == name]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@contextmanager
def supervising(
    directory: Path, children: dict[str, str], data_dir: Path | None = None, **constants: float
) -> Iterator[Supervised]:
    log_path = directory / "supervisor.log"
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-c", SUPERVISE, json.dumps(children), json.dumps(constants)),
                *([] if data_dir is None else [str(data_dir)]),
            ],
            stdout=log,
            stderr=log,
            cwd=directory,
        )
    supervised = Supervised(process, log_path)
    try:
        yield supervised
    finally:
        if process.poll() is None:
            supervised.stop()


def test_a_child_that_dies_is_restarted_with_a_growing_pause(tmp_path: Path) -> None:
    with supervising(tmp_path, {"dies": DIES, "lives": LIVES}) as supervised:
        wait_until(lambda: len(supervised.lines("died")) >= 3)
        died = supervised.lines("died")[:3]
        assert [(line["process"], line["exit_code"]) for line in died] == [("dies", 1)] * 3
        assert [line["restart_in"] for line in died] == [0.5, 1.0, 2.0]
        assert len(set(supervised.pids("dies"))) >= 3


def test_the_others_go_on_when_one_dies(tmp_path: Path) -> None:
    with supervising(tmp_path, {"dies": DIES, "lives": LIVES}) as supervised:
        wait_until(lambda: len(supervised.lines("died")) >= 2)
        [pid] = supervised.pids("lives")
        assert is_running(pid)


def test_a_child_that_is_killed_is_restarted(tmp_path: Path) -> None:
    with supervising(tmp_path, {"lives": LIVES}) as supervised:
        wait_until(lambda: len(supervised.pids("lives")) == 1)
        subprocess.run(["kill", "-9", str(supervised.pids("lives")[0])], check=True)
        wait_until(lambda: len(supervised.pids("lives")) == 2)
        assert supervised.lines("died")[0]["exit_code"] == -signal.SIGKILL


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_every_child_and_is_no_failure(tmp_path: Path, number: signal.Signals) -> None:
    with supervising(tmp_path, {"one": LIVES, "two": LIVES}) as supervised:
        wait_until(lambda: len(supervised.lines("started")) == 2)
        pids = supervised.pids("one") + supervised.pids("two")
        assert supervised.stop(number) == 0
        assert not any(is_running(pid) for pid in pids)


def test_a_signal_between_death_and_restart_stops_the_rest(tmp_path: Path) -> None:
    with supervising(tmp_path, {"dies": DIES, "lives": LIVES}) as supervised:
        wait_until(lambda: len(supervised.lines("died")) == 2)  # the pause is a second now
        [pid] = supervised.pids("lives")
        assert supervised.stop() == 0
        assert not is_running(pid)


def test_a_child_that_lost_its_data_directory_stops_all_at_any_time(tmp_path: Path) -> None:
    with supervising(tmp_path, {"lives": LIVES, "lost": IS_LOST}, HEALTHY_SECONDS=0) as supervised:
        assert supervised.process.wait(PATIENCE) == 3
        assert not any(is_running(pid) for pid in supervised.pids("lives"))


def test_no_child_is_started_again_in_another_data_directory(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    with supervising(tmp_path, {"dies": WAITS_AND_DIES, "lives": LIVES}, data_dir) as supervised:
        wait_until(lambda: len(supervised.lines("started")) == 2)
        data_dir.rename(tmp_path / "moved")
        (tmp_path / "die").touch()
        assert supervised.process.wait(PATIENCE) == 3
        assert len(supervised.pids("dies")) == 1


def test_a_child_that_finds_its_configuration_wrong_stops_all_with_that_code(tmp_path: Path) -> None:
    with supervising(tmp_path, {"lives": LIVES, "wrong": IS_WRONG}) as supervised:
        assert supervised.process.wait(PATIENCE) == 2
        assert len(supervised.pids("wrong")) == 1
        assert not any(is_running(pid) for pid in supervised.pids("lives"))


def test_a_child_that_worked_before_is_not_given_up_for_a_configuration_that_is_wrong_now(
    tmp_path: Path,
) -> None:
    """A spoilt alias table stops the pipeline's restart; the receiver must go on."""
    killed_once_then_wrong = (
        "import os, sys\n"
        f"marker = {str(tmp_path / 'marker')!r}\n"
        "code = 2 if os.path.exists(marker) else 1\n"
        "open(marker, 'w').close()\n"
        "sys.exit(code)"
    )
    with supervising(tmp_path, {"lives": LIVES, "spoilt": killed_once_then_wrong}) as supervised:
        wait_until(lambda: [line["exit_code"] for line in supervised.lines("died")] == [1, 2])
        [pid] = supervised.pids("lives")
        assert is_running(pid)
        assert supervised.stop() == 0


def test_a_child_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    with supervising(tmp_path, {"deaf": IS_DEAF}, STOP_SECONDS=0.5) as supervised:
        wait_until(lambda: "deaf\n" in supervised.log_path.read_text())
        [pid] = supervised.pids("deaf")
        assert supervised.stop() == 0
        assert not is_running(pid)
        assert [line["pid"] for line in supervised.lines("killed")] == [pid]


def test_a_child_that_was_healthy_for_a_while_is_started_again_soon(tmp_path: Path) -> None:
    with supervising(tmp_path, {"dies": DIES}, HEALTHY_SECONDS=0.0) as supervised:
        wait_until(lambda: len(supervised.lines("died")) >= 3)
        assert {line["restart_in"] for line in supervised.lines("died")} == {0.5}


def test_a_nice_child_gives_way(tmp_path: Path) -> None:
    said = tmp_path / "niceness"
    child = Child(
        "nice", [sys.executable, "-c", f"import os; open({str(said)!r}, 'w').write(str(os.nice(0)))"], 5
    )
    child.start(os.environ)
    assert child.process is not None
    assert child.process.wait(PATIENCE) == 0
    assert int(said.read_text()) == min(os.nice(0) + 5, 19)


@pytest.mark.skipif(
    not Path("/proc/self/autogroup").exists(), reason="this kernel does not schedule by session"
)
def test_a_nice_child_gives_way_to_other_sessions_too() -> None:
    child = Child("nice", ["sleep", "60"], 5)
    child.start(os.environ)
    assert child.process is not None
    try:
        group = Path(f"/proc/{child.process.pid}/autogroup").read_text().split()
        assert group[1:] == ["nice", "5"]
        # A process that is in no session's group, as a container's first may be, reads an empty line here.
        assert group[:1] != Path("/proc/self/autogroup").read_text().split()[:1]
    finally:
        child.process.kill()
        child.process.wait(PATIENCE)


def test_to_give_way_is_not_demanded_of_a_process_that_has_ended() -> None:
    gone = subprocess.Popen(["true"])
    gone.wait(PATIENCE)
    give_way(gone.pid, 5)
