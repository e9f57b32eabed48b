"""The README names every command, setting, table, layer and dependency that there is, and none that is not."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import duckdb
import pytest

from cbw.command import COMMANDS, cli
from cbw.settings import ENV_PREFIX, Settings
from tests.histories import receive, sale, settings_for
from transforms.definitions.documentation import NIGHTLY, OPERATIONS
from transforms.definitions.graph import ModelGraph
from transforms.pipeline.pipeline import Pipeline
from transforms.reading.examples import Example, example_names

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SQL_README = (ROOT / "sql" / "README.md").read_text(encoding="utf-8")
DOCUMENTS = sorted(
    path for folder in (".", "deploy", "sql", "notebooks") for path in (ROOT / folder).glob("*.md")
)


def table_rows(heading: str, text: str = README) -> list[list[str]]:
    """Return the cells of the table whose header starts with ``heading``, without backticks."""
    rows = []
    for line in text[text.index(f"| {heading} |") :].splitlines()[2:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip().strip("`") for cell in line.strip("|").split(" | ")])
    return rows


def first_cells(heading: str) -> list[str]:
    """Return the first cells of a table of the README."""
    return [row[0] for row in table_rows(heading)]


def test_every_command_is_documented_and_exists() -> None:
    assert {row.removeprefix("cbw ") for row in first_cells("command")} == set(COMMANDS)


def test_every_setting_is_documented_with_its_default() -> None:
    rows = first_cells("setting")
    assert rows == [f"{ENV_PREFIX}{name.upper()}" for name in Settings.model_fields]


@pytest.mark.parametrize(
    "name",
    ["data_dir", "host", "port", "workers", "timezone", "nightly_at", "max_body_bytes", "memory_limit"],
)
def test_the_documented_default_is_the_real_one(name: str) -> None:
    row = next(line for line in README.splitlines() if line.startswith(f"| `{ENV_PREFIX}{name.upper()}` |"))
    assert row.split("|")[2].strip().strip("`") == str(Settings.model_fields[name].default)


def test_every_published_table_is_documented_and_exists() -> None:
    published = (
        {model.name for model in ModelGraph.from_directory().published} | set(OPERATIONS) | set(NIGHTLY)
    )
    assert set(first_cells("table")) == published


def test_every_metric_is_documented_as_it_is_defined() -> None:
    definitions = (ROOT / "sql" / "reports" / "metric_definitions.sql").read_text(encoding="utf-8")
    defined = duckdb.sql(f"select metric, location, basis, formula from ({definitions})").fetchall()
    assert table_rows("metric", SQL_README) == [list(row) for row in defined]


def test_every_metric_is_a_column_of_a_published_table() -> None:
    graph = ModelGraph.from_directory()
    columns = {f"{model.name}.{column}" for model in graph.published for column in model.column_comments}
    assert {row[1] for row in table_rows("metric", SQL_README)} <= columns


def test_every_example_is_listed_with_its_question() -> None:
    listed = {
        re.findall(r"\[`(\w+)`\]\(examples/\1\.sql\)", row[0])[0]: row[1]
        for row in table_rows("query", SQL_README)
    }
    assert listed == {name: Example.named(name).question for name in example_names()}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_to_a_file_or_heading_that_exists(path: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8"))
    for link in links:
        if "://" in link:
            continue
        name, _, heading = link.partition("#")
        target = path.parent / name if name else path
        assert target.exists(), link
        headings = (
            re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE) if heading else []
        )
        assert not heading or heading in {each.lower().replace(" ", "-") for each in headings}, link


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_line_in_a_document_names_a_command_and_its_options(path: Path) -> None:
    """What is said between backticks or after a prompt can be typed."""
    text = path.read_text(encoding="utf-8")
    typed = re.findall(r"`cbw ([^`]+)`", text) + re.findall(
        r"^\$ (?:[\w./-]+/)?cbw (.+)$", text, re.MULTILINE
    )
    for line in typed:
        words = line.partition("#")[0].partition(" > ")[0].split()
        name = words[0]
        assert name in COMMANDS or name.startswith("-"), line
        context = click.Context(cli)
        command = cli.get_command(context, name) if name in COMMANDS else cli
        assert command is not None
        if isinstance(command, click.Group) and len(words) > 1 and words[1] in command.commands:
            command = command.commands[words[1]]
        taken = {option for parameter in command.get_params(context) for option in parameter.opts}
        given = {word for word in words[1:] if re.fullmatch(r"--[a-z-]+", word)}
        assert given <= taken | {"--help"}, line


def test_the_pandas_examples_run_as_they_are_printed(tmp_path: Path) -> None:
    receive(tmp_path / "data", [sale("FIRST001")])
    with Pipeline(settings_for(tmp_path / "data")) as pipeline:
        assert pipeline.run("command").status == "published"
    blocks = re.findall(r"```python\n(# pandas.*?)```", SQL_README, re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        script = f"{block}\nprint(list(frame['gross_sales']))"
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        assert done.stdout == "[79.95]\n"


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.split(r"[<>=\[ ]", line)[0] for line in project["dependencies"]}
    assert set(first_cells("package")) == names


def test_every_model_file_is_in_a_documented_layer() -> None:
    folders = {path.name for path in (ROOT / "sql").iterdir() if path.is_dir() and any(path.glob("*.sql"))}
    row = next(line for line in README.splitlines() if line.startswith("| definitions |"))
    assert {name.strip("/`") for name in re.findall(r"`[a-z_]+/`", row)} >= folders


def test_the_two_commands_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in ("demo", "test", "lint", "bench", "soak", "install"):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
