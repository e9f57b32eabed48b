"""A command imports only the modules it needs, so that a help page or an idle run does not wait for others."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.histories import receive, sale
from tests.processes import environment

if TYPE_CHECKING:
    from pathlib import Path

RUN = """
import sys

from cbw import command

code = command.main(sys.argv[2:])
heavy = sorted(set(sys.argv[1].split(",")) & set(sys.modules))
assert not heavy, f"imported: {heavy}"
sys.exit(code)
"""
HEAVY = "duckdb,pandas,numpy,pydantic,sqlglot,flask,granian,rich,structlog,apscheduler"


def imports_none_of(modules: str, *arguments: str, data_dir: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUN, modules, *arguments],
        env=environment(data_dir=data_dir), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_and_version_import_nothing_heavy(arguments: list[str], tmp_path: Path) -> None:
    imports_none_of(HEAVY, *arguments, data_dir=tmp_path)


def test_help_of_a_command_opens_no_database_and_starts_no_server(tmp_path: Path) -> None:
    imports_none_of("duckdb,pandas,sqlglot,flask,granian", "receive", "--help", data_dir=tmp_path)


def test_a_refresh_with_nothing_new_does_without_pandas_and_sqlglot(tmp_path: Path) -> None:
    receive(tmp_path, [sale("FIRST001")])
    subprocess.run(
        [sys.executable, "-m", "cbw", "refresh"],
        env=environment(data_dir=tmp_path),
        check=True,
        capture_output=True,
    )
    imports_none_of("pandas,numpy,sqlglot,flask,granian,rich,structlog", "refresh", data_dir=tmp_path)


def test_a_refresh_with_a_few_new_events_does_without_them_as_well(tmp_path: Path) -> None:
    receive(tmp_path, [sale(f"FIRST00{number}") for number in range(3)])
    subprocess.run(
        [sys.executable, "-m", "cbw", "refresh"],
        env=environment(data_dir=tmp_path),
        check=True,
        capture_output=True,
    )
    receive(tmp_path, [sale("SECOND02")])
    imports_none_of("pandas,numpy,sqlglot,flask,granian,rich,structlog", "refresh", data_dir=tmp_path)


def test_an_explanation_does_without_the_imports_of_a_build(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "cbw", "refresh"],
        env=environment(data_dir=tmp_path),
        check=True,
        capture_output=True,
    )
    heavy = "pandas,flask,granian,sqlglot,transforms.pipeline.pipeline"
    imports_none_of(heavy, "explain", "metric_definitions", "net_sales", data_dir=tmp_path)
