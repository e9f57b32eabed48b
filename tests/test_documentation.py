"""The documents name every command, setting, table, layer and dependency of the product, and no other."""

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
from transforms.definitions import refresh_rule, sql_file
from transforms.definitions.documentation import NIGHTLY, OPERATIONS
from transforms.definitions.graph import ModelGraph
from transforms.explain import explain_rule
from transforms.pipeline.pipeline import Pipeline
from transforms.reading.examples import Example, example_names

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SQL_README = (ROOT / "sql" / "README.md").read_text(encoding="utf-8")
COMMANDS_PAGE = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
SETTINGS_PAGE = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
HEADERS_PAGE = (ROOT / "docs" / "model-headers.md").read_text(encoding="utf-8")
FOLDERS = (".", "benchmarks", "deploy", "docs", "docs/decisions", "notebooks", "sql")
DOCUMENTS = sorted(path for folder in FOLDERS for path in (ROOT / folder).glob("*.md"))
DECISIONS = sorted(
    path for path in DOCUMENTS if path.parent == ROOT / "docs" / "decisions" and path.stem != "README"
)
MOVES = ["**What.**", "**Why.**", "**What it gets wrong.**", "**How to change it.**"]
# A stranger reads the README in ten minutes; everything else has a page of its own.
MOST_README_BYTES = 14 * 1024
MOST_WHATS = 3 / 1000
TREES = ("benchmarks", "cbw", "deploy", "docs", "ingest", "notebooks", "sql", "tests", "transforms")


def table_rows(heading: str, text: str) -> list[list[str]]:
    """Return the cells of the table whose header starts with ``heading``, without backticks."""
    rows = []
    for line in text[text.index(f"| {heading} |") :].splitlines()[2:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip().strip("`") for cell in line.strip("|").split(" | ")])
    return rows


def first_cells(heading: str, text: str) -> list[str]:
    """Return the first cells of a table."""
    return [row[0] for row in table_rows(heading, text)]


def anchors(path: Path) -> set[str]:
    """Return the anchors that GitHub and the site give to the headings of a document."""
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def prose(path: Path) -> str:
    """Return a document's sentences, without code, tables, headings and the names of a decision's moves."""
    text = re.sub(r"^ *```.*?^ *```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"^[|#].*$", "", text, flags=re.MULTILINE)
    return re.sub(r"\*\*What[^*]*\*\*", "", text)


def test_the_readme_can_be_read_by_a_stranger() -> None:
    assert len(README.encode()) <= MOST_README_BYTES


def test_every_command_is_documented_and_exists() -> None:
    documented = first_cells("command", COMMANDS_PAGE)
    assert {row.removeprefix("cbw ") for row in documented} == set(COMMANDS)


def test_every_setting_is_documented_with_its_default() -> None:
    rows = first_cells("setting", SETTINGS_PAGE)
    assert rows == [f"{ENV_PREFIX}{name.upper()}" for name in Settings.model_fields]


@pytest.mark.parametrize(
    "name",
    ["data_dir", "host", "port", "workers", "timezone", "nightly_at", "max_body_bytes", "memory_limit"],
)
def test_the_documented_default_is_the_real_one(name: str) -> None:
    [default] = [
        row[1] for row in table_rows("setting", SETTINGS_PAGE) if row[0] == f"{ENV_PREFIX}{name.upper()}"
    ]
    assert default == str(Settings.model_fields[name].default)


def test_every_published_table_is_documented_and_exists() -> None:
    published = {model.name for model in ModelGraph.of_product().published} | set(OPERATIONS) | set(NIGHTLY)
    assert set(first_cells("table", SQL_README)) == published


def test_the_tables_of_the_readme_answer_the_questions_that_they_answer_elsewhere() -> None:
    rows = table_rows("table", README)
    assert len(rows) == 8
    elsewhere = {name: question for name, question, *_ in table_rows("table", SQL_README)}
    assert all(elsewhere[name].startswith(question) for name, question in rows)


def test_every_metric_is_documented_as_it_is_defined() -> None:
    definitions = (ROOT / "sql" / "reports" / "metric_definitions.sql").read_text(encoding="utf-8")
    defined = duckdb.sql(f"select metric, location, basis, formula from ({definitions})").fetchall()
    assert table_rows("metric", SQL_README) == [list(row) for row in defined]


def test_every_metric_is_a_column_of_a_published_table() -> None:
    graph = ModelGraph.of_product()
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
        assert not heading or heading in anchors(target), link


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_line_in_a_document_names_a_command_and_its_options(path: Path) -> None:
    """A reader can type any command between backticks or after a prompt."""
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
    lines = [*project["dependencies"], *project["optional-dependencies"]["ins"]]
    names = {re.split(r"[<>=\[ ]", line)[0] for line in lines}
    assert set(first_cells("package", README)) == names


def test_every_model_file_is_in_a_documented_layer() -> None:
    folders = {path.name for path in (ROOT / "sql").iterdir() if path.is_dir() and any(path.glob("*.sql"))}
    row = next(line for line in README.splitlines() if line.startswith("| models |"))
    assert {name.strip("/`") for name in re.findall(r"`[a-z_]+/`", row)} >= folders


def test_the_two_commands_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in ("demo", "test", "lint", "bench", "soak", "install"):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def test_every_header_line_has_its_section() -> None:
    """A header line without its promise in words is one that nobody can keep."""
    lines = set(re.findall(r"\((.*)\)", sql_file._OPTION.pattern)[0].partition(")")[0].split("|"))
    rules = (refresh_rule._REFRESH, refresh_rule._FROM, refresh_rule._AFFECTED, refresh_rule._READS)
    for pattern in (*rules, explain_rule._LINE):
        lines.update(re.findall(r"^\^(?:-- )?([a-z ]+?)(?: \(|:)", pattern.pattern))
    assert {"key", "severity", "stored by", "refresh by", "from", "explained by"} <= lines
    sections = re.findall(r"^## `(.+)`$", HEADERS_PAGE, re.MULTILINE)
    assert set(sections) == lines
    assert {row[0].partition("]")[0].strip("[`") for row in table_rows("line", HEADERS_PAGE)} >= lines


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_every_decision_makes_its_four_moves(path: Path) -> None:
    decisions = path.read_text(encoding="utf-8").split("\n## ")[1:]
    assert decisions
    for decision in decisions:
        heading, *paragraphs = decision.strip().split("\n\n")
        assert [re.match(r"\*\*.*?\*\*|", each)[0] for each in paragraphs] == MOVES, heading  # type: ignore[index]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_and_test_that_a_document_names_exists(path: Path) -> None:
    """Paths of the repository between backticks, but for those that a walk invents, and tests by their names."""
    text = path.read_text(encoding="utf-8")
    named = re.findall(rf"`((?:{'|'.join(TREES)})/[\w./-]+)`", text) if path.name != "CHANGELOG.md" else []
    invented = re.compile(r"approv|results/$")
    assert [each for each in named if not invented.search(each) and not (ROOT / each).exists()] == []
    tests = {name for module in (ROOT / "tests").rglob("test_*.py") for name in _names_of(module)}
    assert set(re.findall(r"`(test_\w+(?:\.py)?)`", text)) <= tests


def _names_of(module: Path) -> set[str]:
    return {module.name, *re.findall(r"^ *def (test_\w+)", module.read_text(encoding="utf-8"), re.MULTILINE)}


def test_every_package_is_a_documented_layer() -> None:
    paths = {row[1] for row in table_rows("layer", README)}
    halves = ("ingest", "transforms")
    packages = {
        f"{half}/{entry.name}/"
        for half in halves
        for entry in (ROOT / half).iterdir()
        if (entry / "__init__.py").exists()
    }
    assert packages | {"cbw/", "sql/", "notebooks/", "transforms/warehouse.py"} == paths


def test_every_file_of_decisions_is_listed() -> None:
    listed = first_cells("file", (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8"))
    assert {re.sub(r"\[(.*)\].*", r"\1", cell) for cell in listed} == {path.name for path in DECISIONS}


def test_no_document_refers_to_a_decision_by_a_number() -> None:
    assert [
        path for path in DOCUMENTS if re.search(r"[Dd]ecision \d", path.read_text(encoding="utf-8"))
    ] == []


def test_sentences_name_their_subject() -> None:
    """A relative clause without a noun ("what") marks a sentence that does not name its actor."""
    for path in DOCUMENTS:
        if path.name == "CHANGELOG.md":  # its entries use the names of their time
            continue
        words = re.findall(r"\w+", prose(path).lower())
        assert words.count("what") <= max(1, len(words) * MOST_WHATS), path.name
