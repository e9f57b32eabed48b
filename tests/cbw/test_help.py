"""Every command explains itself, with examples that can be typed, and a help page waits for nothing heavy."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import metadata

import click
import pytest

from cbw import command as composition

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


def command(name: str) -> click.Command:
    found = composition.cli.get_command(click.Context(composition.cli), name)
    assert found is not None
    return found


def every_command() -> dict[str, click.Command]:
    """Return each command by its full name, those of groups too."""
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
    def test_in_the_list_agrees_with_the_help_of_the_command(self, name: str) -> None:
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
            "import sys\nfrom cbw import command\n"
            "code = command.main(['--help'])\n"
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
