"""The notebooks run, show their committed outputs, explain an empty warehouse, and hold no trace of a machine."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import nbformat
import pytest

from tests.notebooks.rendering import METADATA, NOTEBOOKS, ROOT, run, shown_history, texts
from tests.transforms.report.warehouses import published

if TYPE_CHECKING:
    from pathlib import Path

EVERY = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published(tmp_path_factory.mktemp("shown") / "data", shown_history()).data_dir


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published(tmp_path_factory.mktemp("empty") / "data", []).data_dir


def code(path: Path) -> list[str]:
    return [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def test_there_are_the_four() -> None:
    assert [path.stem for path in NOTEBOOKS] == [
        "01_revenue_overview", "02_refunds_and_chargebacks", "03_alerts_and_sync_health", "04_explore",
    ]  # fmt: skip


@EVERY
def test_shows_what_is_committed(path: Path, data_dir: Path) -> None:
    committed = nbformat.read(path, as_version=4)
    assert texts(run(path, data_dir)) == texts(committed), "`make render` renders the notebooks again"


@EVERY
def test_of_an_empty_warehouse_says_what_to_do(path: Path, empty: Path) -> None:
    shown = str(texts(run(path, empty)))
    assert "cbw demo" in shown
    assert "a picture" not in shown


@EVERY
def test_is_committed_whole_and_tells_nothing_of_a_machine(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata == METADATA
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert all(cell.metadata == {} for cell in notebook.cells)
    outputs = [output for cell in cells for output in cell.outputs]
    assert outputs
    assert not [
        output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"
    ]
    text = re.sub(r'"image/png": "[^"]*"', "", path.read_text(encoding="utf-8"))
    assert str(ROOT) not in text
    assert re.search(r"/(home|root|tmp|Users|work)/|0x[0-9a-f]{6}", text) is None


@EVERY
def test_starts_with_its_question_and_reads_only_through_the_reader(path: Path) -> None:
    first = nbformat.read(path, as_version=4).cells[0]
    assert first.cell_type == "markdown"
    assert first.source.startswith("# ")
    assert "?" in first.source.splitlines()[0]
    cells = code(path)
    assert "wh = warehouse.connect()" in cells[0]
    assert not re.search(r"duckdb\.connect|read_parquet|read_csv|attach ", "\n".join(cells))
    assert all(cell.count("wh.sql(") <= 1 for cell in cells)
