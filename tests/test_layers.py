"""The rules of imports that import-linter cannot express (``make lint`` runs that)."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = ("cbw", "ingest", "transforms")
KNOWS_FLASK = {
    "ingest/receiver/app.py",
    "ingest/receiver/wsgi.py",
    "transforms/admin/app.py",
    "transforms/admin/login.py",
    "transforms/admin/pages.py",
}


def modules(*places: str) -> list[Path]:
    found: list[Path] = []
    for place in places:
        path = ROOT / place
        found += [path] if path.is_file() else sorted(path.rglob("*.py"))
    return found


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Yield each module that ``path`` imports, and whether at run time (not only for annotations)."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) not in for_types) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module, id(node) not in for_types


def importers(name: str, *places: str, at_run_time: bool = False) -> set[str]:
    return {
        str(path.relative_to(ROOT))
        for path in modules(*places)
        for module, is_needed in imports(path)
        if f"{module}.".startswith(f"{name}.") and (is_needed or not at_run_time)
    }


def test_nothing_but_tests_imports_the_command() -> None:
    assert importers("cbw.command", "ingest", "transforms", "benchmarks", "notebooks") == set()


def test_only_the_applications_import_flask() -> None:
    assert importers("flask", *PRODUCT, at_run_time=True) <= KNOWS_FLASK


def test_the_product_imports_no_test_and_no_benchmark() -> None:
    assert importers("tests", *PRODUCT) | importers("benchmarks", *PRODUCT) == set()


def test_the_oracle_imports_nothing_it_is_to_judge() -> None:
    oracle = [path for path in modules("tests/oracle") if not path.name.startswith("test_")]
    known = {(str(path.relative_to(ROOT)), module) for path in oracle for module, _ in imports(path)}
    assert [entry for entry in sorted(known) if entry[1].partition(".")[0] in {"transforms", "duckdb"}] == []


def test_the_second_oracle_imports_neither_the_product_nor_the_first_oracle() -> None:
    known = {module for path in modules("tests/second_oracle") for module, _ in imports(path)}
    strangers = {module.partition(".")[0] for module in known} - sys.stdlib_module_names - {"pytest"}
    assert strangers == {"tests"}
    own = ("tests.second_oracle.", "tests.second_oracle ")
    assert [
        module for module in known if module.startswith("tests") and not f"{module} ".startswith(own)
    ] == []


def test_sql_knows_nobody() -> None:
    files = [path for path in (ROOT / "sql").rglob("*") if path.is_file()]
    assert len(files) > 30
    for path in files:
        assert path.suffix in {".sql", ".csv"} or path.name == "README.md", path
        text = path.read_text(encoding="utf-8")
        assert not any(mark in text for mark in ("{{", "{%", "${", "%s")), f"{path}: SQL is no template"


@pytest.mark.parametrize("name", ["cbw", "ingest", "transforms"])
def test_a_package_file_holds_no_logic(name: str) -> None:
    for path in (ROOT / name).rglob("__init__.py"):
        statements = ast.parse(path.read_text(encoding="utf-8")).body
        assert all(
            isinstance(node, ast.Expr | ast.Import | ast.ImportFrom | ast.Assign) for node in statements
        )
