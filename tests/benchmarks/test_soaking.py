"""A soak finds every fault: a torn version, a lost event, one stored twice, a reader that is locked out."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING

import duckdb
import pytest

from benchmarks.running.memory import memory_of_halves
from benchmarks.running.peak import peak_of
from benchmarks.soaking.account import Account
from benchmarks.soaking.answers import Answers, Questions
from benchmarks.soaking.files import published_size, sizes
from benchmarks.soaking.reader import Reader
from benchmarks.soaking.traffic import Sent
from tests.histories import history, receive, settings_for
from transforms.pipeline.pipeline import Pipeline
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from pathlib import Path

BODIES = [*history(40), *history(40)[:3]]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a stopped installation."""
    path = tmp_path_factory.mktemp("soaked") / "data"
    receive(path, BODIES)
    with Pipeline(settings_for(path)) as pipeline:
        assert pipeline.run("command").status == "published"
    return path


def sent(bodies: list[bytes]) -> Sent:
    digests = Counter(sha256(body).hexdigest() for body in bodies)
    return Sent(acknowledged=Counter(digests), posted=Counter(digests))


class TestAVersion:
    def test_that_is_whole_is_not_torn(self, data_dir: Path) -> None:
        with Warehouse(data_dir / "warehouse.duckdb") as warehouse:
            answers = Questions().ask(warehouse.connection)
        assert (answers.version, answers.torn) == (1, ())
        assert answers.figures

    @pytest.mark.parametrize(
        "older",
        [
            "daily_sales where gross_sales > 0",
            "daily_product_sales where line_sales > 0",
            "fct_orders where gross_amount > 0",
            "fct_sales where is_counted and gross_amount > 0",
            "events where status = 'mapped'",
        ],
    )
    def test_one_of_whose_tables_lacks_what_the_others_have_is_torn(
        self, data_dir: Path, tmp_path: Path, older: str
    ) -> None:
        copy = shutil.copy((data_dir / "warehouse.duckdb").resolve(), tmp_path / "torn.duckdb")
        copy.chmod(0o600)
        with duckdb.connect(str(copy)) as connection:
            connection.execute(f"delete from {older}")
            assert Questions().ask(connection).torn


class TestTheAccount:
    def test_is_even_when_everything_is_held_as_often_as_it_was_acknowledged(self, data_dir: Path) -> None:
        account = Account.of(sent(BODIES), data_dir)
        assert account == Account(len(BODIES), len(BODIES), len(BODIES), lost=0, doubled=0)

    def test_knows_what_was_acknowledged_and_is_not_held(self, data_dir: Path) -> None:
        assert Account.of(sent([*BODIES, b"another", BODIES[0]]), data_dir).lost == 2

    def test_knows_what_is_held_more_often_than_it_was_posted(self, data_dir: Path) -> None:
        assert Account.of(sent(BODIES[1:]), data_dir).doubled == 1

    def test_a_post_without_an_answer_may_be_held_or_not(self, data_dir: Path) -> None:
        told = sent(BODIES)
        told.acknowledged[sha256(BODIES[5]).hexdigest()] -= 1
        told.posted[sha256(b"never arrived").hexdigest()] += 1
        account = Account.of(told, data_dir)
        assert (account.lost, account.doubled) == (0, 0)


class TestAReader:
    def test_that_is_shut_out_counts_a_lock_error(self, data_dir: Path) -> None:
        holder = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print(flush=True); input()",
                str(data_dir / "build.duckdb"),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert holder.stdin is not None
        assert holder.stdout is not None
        try:
            assert holder.stdout.readline()
            reader = Reader("connect", data_dir)
            reader.round(lambda: duckdb.connect(str(data_dir / "build.duckdb"), read_only=True))
        finally:
            holder.send_signal(signal.SIGKILL)
            holder.communicate()
        assert (reader.reads.rounds, reader.reads.lock_errors, reader.reads.torn_reads) == (1, 1, 0)

    def test_that_is_idle_must_go_on_getting_the_first_answers(self, data_dir: Path) -> None:
        with duckdb.connect(str(data_dir / "warehouse.duckdb"), read_only=True) as connection:
            reader = Reader("idle", data_dir)
            reader.round(lambda: connection)
            reader.round(lambda: connection)
            assert (reader.reads.versions, reader.reads.torn_reads) == (1, 0)
            reader._last = Answers(0, (), ())
            reader.round(lambda: connection)
        assert reader.reads.torn_reads == 1


@pytest.mark.parametrize("option", ["--minutes", "--rate", "--history", "--pause"])
def test_a_soak_of_nothing_is_refused(option: str) -> None:
    command = [sys.executable, "-m", "benchmarks.soak", f"{option}=-1"]
    asked = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert asked.returncode == 2
    assert "must be greater than 0" in asked.stderr


def test_files_are_measured_beside_a_copy_of_what_they_hold(data_dir: Path, tmp_path: Path) -> None:
    found = {size.file: size for size in sizes(data_dir, tmp_path)}
    assert found.keys() == {
        "warehouse-1.duckdb", "working.duckdb", "build.duckdb", "events.duckdb", "inbox-00.sqlite",
    }  # fmt: skip
    assert all(size.compacted_mib > 0 for size in found.values())
    assert published_size(data_dir, tmp_path) == found["warehouse-1.duckdb"]
    assert list(tmp_path.iterdir()) == []


def test_the_peak_of_a_command_is_its_own_and_not_that_of_who_asks() -> None:
    ours = bytearray(b"x") * 300_000_000
    small = peak_of([sys.executable, "-c", "pass"], {})
    large = peak_of([sys.executable, "-c", "held = bytearray(b'x') * 100_000_000"], {})
    assert small < 100_000_000 < large < len(ours)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
def test_memory_is_that_of_a_half_and_of_its_workers() -> None:
    script = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(flush=True); input()', {name!r}])"
    with subprocess.Popen(
        [sys.executable, "-c", script.format(name="receive")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as supervisor:
        assert supervisor.stdout is not None
        assert supervisor.stdout.readline()
        found = memory_of_halves(supervisor.pid)
        supervisor.communicate(b"\n")
    assert found["receive"] > 1_000_000
    assert (found["pipeline"], found["admin"]) == (0, 0)
