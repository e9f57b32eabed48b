"""The doctor names a library whose release was not tested; the ranges are those of the dependencies."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from transforms.health.libraries import PART, LibraryRange, findings, library_ranges

ROOT = Path(__file__).resolve().parent.parent.parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DEPENDENCIES = [LibraryRange.from_requirement(line) for line in PROJECT["dependencies"]]
DUCKDB = LibraryRange("duckdb", ">=1.5.6,<2")


@pytest.mark.parametrize(
    ("installed", "is_tested"),
    [
        ("1.5.5", False),
        ("1.5.6", True),
        ("1.5.10", True),
        ("1.6", True),
        ("2.0.1", False),
        ("2", False),
        ("2.0.0rc1", False),
        ("1.5.6.dev3", True),
    ],
)
def test_a_release_is_tested_when_it_is_in_the_range(installed: str, *, is_tested: bool) -> None:
    assert DUCKDB.holds(installed) == is_tested


@pytest.mark.parametrize(
    "line",
    [
        "duckdb<2,>=1.5.6",
        "duckdb (<2,>=1.5.6)",
        "duckdb>=1.5.6, <2",
        'duckdb<2,>=1.5.6; python_version > "3"',
    ],
)
def test_a_requirement_is_read_in_every_form_of_metadata(line: str) -> None:
    assert LibraryRange.from_requirement(line) == DUCKDB


def test_a_release_that_was_not_tested_is_named_with_the_remedy() -> None:
    pandas = LibraryRange("pandas", ">=2.3,<4")
    [found] = findings({DUCKDB: "2.0.1", pandas: "3.1.1"})
    assert (found.part, found.level) == (PART, "warning")
    assert "duckdb 2.0.1 was not tested" in found.says
    assert found.hint == "pip install 'duckdb>=1.5.6,<2'"


def test_all_tested_is_one_line() -> None:
    [found] = findings({DUCKDB: "1.5.6"})
    assert (found.level, found.hint) == ("ok", "")


def test_the_libraries_are_those_of_a_plain_installation() -> None:
    """By the metadata of the installed distribution: dependencies, and nothing that only an extra brings."""
    names = {library.name for library in library_ranges()}
    assert {"duckdb", "granian", "pandas"} <= names
    assert not names & {"pytest", "matplotlib", "mkdocs-material"}


def test_every_dependency_has_an_end_but_the_data_of_time_zones() -> None:
    """Without an end, `pip install` brings whatever comes next; ``pytz`` is data, numbered by its year."""
    assert [library.name for library in DEPENDENCIES if "<" not in library.ranges] == ["pytz"]
    assert all(re.fullmatch(r">=[\d.]+(,<\d+)?", library.ranges) for library in DEPENDENCIES)


def test_the_pins_are_in_the_ranges() -> None:
    pins = dict(
        line.lower().replace("_", "-").split("==") for line in (ROOT / "constraints.txt").read_text().split()
    )
    assert [library.name for library in DEPENDENCIES if not library.holds(pins[library.name])] == []
