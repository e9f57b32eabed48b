"""A shell completes commands, options and the names of examples, and waits for nothing heavy while it does."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cbw.command import COMMANDS
from transforms.reading.examples import example_names

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "commands.md"
SHELLS = ("bash", "zsh", "fish")
SCRIPT = Path(sys.executable).with_name("cbw")


def complete(shell: str, *words: str) -> str:
    """Return the answer of ``cbw`` to a shell's completion function; the last word is incomplete."""
    done = subprocess.run(
        [SCRIPT],
        env={
            "PATH": os.environ["PATH"], "_CBW_COMPLETE": f"{shell}_complete",
            "COMP_WORDS": " ".join(("cbw", *words)),
            "COMP_CWORD": words[-1] if shell == "fish" else str(len(words)),
        },
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


@pytest.mark.parametrize("shell", SHELLS)
def test_every_command_is_offered(shell: str) -> None:
    offered = set(re.findall(r"[\w-]+", complete(shell, "")))
    assert set(COMMANDS) <= offered


def test_a_typed_prefix_narrows_the_offer() -> None:
    assert complete("bash", "re").split() == [f"plain,{name}" for name in COMMANDS if name.startswith("re")]
    assert complete("bash", "doctor", "sig").split() == ["plain,signature"]
    assert complete("bash", "refresh", "--fu").split() == ["plain,--full"]
    assert complete("bash", "query", "--format", "").split() == ["plain,table", "plain,csv", "plain,json"]


def test_the_examples_are_offered_with_their_questions_where_the_shell_shows_them() -> None:
    assert complete("bash", "query", "--example", "").split() == [f"plain,{name}" for name in example_names()]
    assert "sales_by_day\nWhat did each day bring" in complete("zsh", "query", "--example", "sales_by_d")


def test_commands_are_offered_without_importing_them() -> None:
    script = (
        "import sys\nfrom cbw import command\n"
        "try:\n"
        "    command.main([])\n"
        "finally:\n"
        "    heavy = {'duckdb', 'pandas', 'pydantic', 'rich', 'transforms.commands.refresh'} & set(sys.modules)\n"
        "    print('imported:', *sorted(heavy), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PATH": os.environ["PATH"], "_CBW_COMPLETE": "bash_complete", "COMP_WORDS": "cbw re", "COMP_CWORD": "1"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "plain,refresh" in done.stdout
    assert done.stderr.strip() == "imported:"


def documented_lines() -> dict[str, str]:
    """Return the line that the documentation gives for each shell."""
    text = DOCUMENT.read_text(encoding="utf-8")
    return {
        shell: line for line, shell in re.findall(r"^(.*_CBW_COMPLETE=(\w+)_source.*)$", text, re.MULTILINE)
    }


def test_the_documentation_has_a_line_for_each_shell() -> None:
    assert set(documented_lines()) == set(SHELLS)


def test_the_documented_line_makes_bash_complete() -> None:
    [line] = re.findall(r"'([^']*bash_source[^']*)'", documented_lines()["bash"])
    typed = f"{line}\nCOMP_WORDS=(cbw que); COMP_CWORD=1; _cbw_completion cbw; echo ${{COMPREPLY[@]}}"
    bash = shutil.which("bash")
    assert bash is not None
    done = subprocess.run(
        [bash, "--norc", "-c", typed],
        env={"PATH": f"{SCRIPT.parent}:{os.environ['PATH']}"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("query\n", "")
