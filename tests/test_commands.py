"""The command line: every command explains itself, and every mistake is one line and an exit code."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from contextlib import closing
from importlib import metadata
from typing import TYPE_CHECKING, Any

import click
import pytest

import cbw as composition
from ingest.samples import event_types
from ingest.signature import sign
from tests.e2e.conftest import SECRET, free_port
from tests.histories import receive, sale
from tests.processes import CBW, cbw, environment, running
from transforms.examples import example_names

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = list(composition.COMMANDS)
WORDS_THAT_SAY_NOTHING = {
    "the",
    "a",
    "and",
    "or",
    "of",
    "to",
    "it",
    "them",
    "from",
    "with",
    "what",
    "as",
    "on",
    "in",
}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with one published sale."""
    data_dir = tmp_path_factory.mktemp("commands") / "data"
    receive(data_dir, [sale("FIRST001")])
    done = cbw("refresh", "--json", cwd=data_dir.parent, data_dir=data_dir)
    assert (done.code, done.json["status"], done.json["published_version"]) == (0, "published", 1), done.err
    return data_dir


def command(name: str) -> click.Command:
    found = composition.cli.get_command(click.Context(composition.cli), name)
    assert found is not None
    return found


def every_command() -> dict[str, click.Command]:
    """Return each command by what is typed to run it, those of groups too."""
    found = {name: command(name) for name in COMMANDS}
    for name, each in list(found.items()):
        if isinstance(each, click.Group):
            found |= {f"{name} {below}": each.commands[below] for below in each.commands}
    return found


EVERY_COMMAND = sorted(every_command())


def words(text: str) -> set[str]:
    """Return the stems of the words that carry a sentence."""
    found = "".join(character if character.isalnum() else " " for character in text.lower()).split()
    return {word[:5] for word in found} - WORDS_THAT_SAY_NOTHING


class TestHelp:
    def test_lists_every_command_in_the_order_of_use(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert composition.main(["--help"]) == 0
        listed = capsys.readouterr().out.partition("Commands:\n")[2].splitlines()
        assert [line.split()[0] for line in listed if line.startswith("  ") and line[2] != " "] == COMMANDS

    @pytest.mark.parametrize("name", EVERY_COMMAND)
    def test_of_a_command_has_examples_that_start_with_it(
        self, name: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert composition.main([*name.split(), "--help"]) == 0
        shown = capsys.readouterr().out
        assert "Example" in shown
        assert f"cbw {name}" in shown.partition("Example")[2]

    @pytest.mark.parametrize("name", EVERY_COMMAND)
    def test_of_a_command_has_no_example_with_an_option_that_it_does_not_take(self, name: str) -> None:
        each = every_command()[name]
        examples = (each.help or "").partition("Example")[2].splitlines()
        own = [line for line in examples if re.search(rf"cbw {name}( [^a-z]|$)", line.rstrip())]
        taken = {option for parameter in each.params for option in parameter.opts}
        given = {
            word for line in own for word in re.findall(r"(?<= )--[a-z-]+", line.partition(f"cbw {name}")[2])
        }
        assert given <= taken

    @pytest.mark.parametrize("name", COMMANDS)
    def test_in_the_list_says_what_the_command_says_of_itself(self, name: str) -> None:
        summary, own = composition.COMMANDS[name][1], (command(name).help or "").partition("\n\n")[0]
        assert summary.endswith(".")
        shared = words(summary) & words(own)
        assert len(shared) >= min(2, len(words(summary))), (summary, own)

    @pytest.mark.parametrize("name", EVERY_COMMAND)
    def test_describes_every_option(self, name: str) -> None:
        for option in every_command()[name].params:
            assert not isinstance(option, click.Option) or option.help, option.name

    @pytest.mark.parametrize(
        "name", sorted(set(EVERY_COMMAND) - {"admin", "demo", "pipeline", "receive", "serve", "sign"})
    )
    def test_of_a_command_that_answers_offers_json(self, name: str) -> None:
        assert "--json" in {option for each in every_command()[name].params for option in each.opts}

    def test_waits_for_no_heavy_import(self) -> None:
        script = (
            "import sys, cbw\n"
            "code = cbw.main(['--help'])\n"
            "print('|'.join(sorted(sys.modules)), file=sys.stderr)\n"
            "sys.exit(code)"
        )
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
        loaded = set(done.stderr.strip().split("|"))
        assert "click" in loaded
        assert loaded & {"duckdb", "flask", "pandas", "numpy", "granian", "sqlglot", "apscheduler"} == set()

    def test_tells_the_version_that_is_installed(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert composition.main(["--version"]) == 0
        assert metadata.version("clickbank-warehouse") in capsys.readouterr().out


CANNOT_BE_A_DIRECTORY = "file/below"
WRONG = [
    # arguments, settings, what the line says
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
    (["send"], {}, "say what to send (one of --type, --file and --simulate)"),
    (["send", "--type", "test", "--simulate", "3"], {}, "say what to send"),
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
def test_a_wrong_command_line_says_what_to_try_and_is_exit_code_2(
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
def test_what_cannot_be_done_is_one_line_and_not_exit_code_0(
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

    def test_of_a_query_come_as_table_csv_or_json(self, published: Path) -> None:
        query = "select receipt, gross_amount, sold_at from fct_sales"
        table, csv, json_ = (
            cbw("query", query, *form, cwd=published.parent) for form in ([], ["--format", "csv"], ["--json"])
        )
        assert (table.code, csv.code, json_.code) == (0, 0, 0)
        assert "FIRST001" in table.out
        assert "1 row" in table.out
        assert "79.95 " in table.out
        assert csv.out.splitlines() == [
            "receipt,gross_amount,sold_at",
            "FIRST001,79.9500,2026-06-30 19:59:58+00:00",
        ]
        assert json_.json == [
            {"receipt": "FIRST001", "gross_amount": "79.9500", "sold_at": "2026-06-30 19:59:58+00:00"}
        ]

    @pytest.mark.parametrize(
        ("sql", "says"),
        [
            ("select * from daily_sale", "does not exist! (did you mean daily_sales"),
            ("select * from sales", "does not exist! (did you mean "),
            ("select * from refunds", "fct_refunds"),
            ("select * from quasi", 'does not exist! (all: `cbw query "show tables"`)'),
            ("select nothing from fct_sales", "nothing"),
            ("select sumn(1)", "sumn"),
            ("select from", "syntax error"),
            ("", "there is no statement to run"),
        ],
    )
    def test_of_a_wrong_query_say_what_is_wrong_and_what_was_perhaps_meant(
        self, published: Path, sql: str, says: str
    ) -> None:
        done = cbw("query", sql, cwd=published.parent)
        assert (done.code, done.out) == (1, "")
        assert done.err.startswith("cbw: ")
        assert says in done.err
        assert "Traceback" not in done.err

    def test_of_a_long_query_are_cut_in_a_table_with_a_note_and_whole_elsewhere(
        self, published: Path
    ) -> None:
        sql = "select range as n from range(3000)"
        table, whole, csv, json_ = (
            cbw("query", sql, *form, cwd=published.parent)
            for form in (["--limit", 7], ["--limit", 0], ["--format", "csv"], ["--json"])
        )
        assert "the first 7 rows; there are more" in table.out
        assert ("│ 6 │" in table.out, "│ 7 │" in table.out) == (True, False)
        assert "3,000 rows" in whole.out
        assert len(csv.out.splitlines()) == 3001
        assert len(json_.json) == 3000

    def test_of_a_query_from_a_file_or_standard_input_are_the_same(self, published: Path) -> None:
        sql = "select count(*) as sales from fct_sales"
        (published.parent / "count.sql").write_text(sql, encoding="utf-8")
        from_file = cbw("query", "--file", "count.sql", "--json", cwd=published.parent)
        from_input = cbw("query", "--file", "-", "--json", cwd=published.parent, typed=sql.encode())
        assert from_file.json == from_input.json == [{"sales": 1}]

    def test_of_the_examples_are_their_names_and_each_can_be_run(self, published: Path) -> None:
        listed = cbw("query", "--examples", "--json", cwd=published.parent)
        assert [each["name"] for each in listed.json] == example_names()
        done = cbw("query", "--example", "sales_by_day", "--json", cwd=published.parent)
        assert [(row["sales"], row["gross sales"]) for row in done.json] == [(1, "79.95")]

    def test_of_a_query_cannot_change_the_warehouse(self, published: Path) -> None:
        done = cbw("query", "delete from fct_sales", cwd=published.parent)
        assert done.code == 1
        assert "read-only" in done.err

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
    script = (
        "import _thread, threading, sys, cbw\n"
        "threading.Timer(0.5, _thread.interrupt_main).start()\n"
        "sys.exit(cbw.main(['demo', '--events', '500000', '--data-dir', sys.argv[1]]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "demo")],
        env=environment(), capture_output=True, text=True, timeout=60, check=False,
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
