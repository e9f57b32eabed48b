"""The README names every command, setting, table, layer and dependency that there is, and none that is not."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from cbw import COMMANDS
from ingest.settings import ENV_PREFIX, Settings
from transforms.documentation import NIGHTLY, OPERATIONS
from transforms.models import ModelGraph

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def first_cells(heading: str) -> list[str]:
    """Return the first cells of the table whose header starts with ``heading``, without backticks."""
    lines = README[README.index(f"| {heading} |") :].splitlines()[2:]
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append(line.split("|")[1].strip().strip("`"))
    return rows


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
    for target in ("demo", "test", "lint", "bench", "install"):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
