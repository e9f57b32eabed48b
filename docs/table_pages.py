"""A hook of `make docs`: a page for each published table, from the comments and types that a publish writes.

It has `cbw refresh` publish an empty warehouse into a temporary directory, and reads the catalog of that file: so a
page cannot say anything that the file does not. The lineage is the model graph's.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
from lineage_picture import lineage_picture
from mkdocs.structure.files import File, Files

from transforms.definitions.graph import ModelGraph
from transforms.definitions.sql_file import SQL_DIR
from transforms.reading.examples import Example, example_names

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.pages import Page

FOLDER = "sql/tables"
LIST = "sql/README.md"
_ROW = re.compile(r"^\| `(\w+)` \| (.+) \|$", re.MULTILINE)


@dataclass(frozen=True)
class Table:
    """One published table, as its file describes it.

    Attributes:
        comment: The grain.
        columns: Name, type and comment of each column.
    """

    name: str
    comment: str
    columns: list[tuple[str, str, str]]

    @property
    def path(self) -> Path:
        """The file of ``sql/`` that defines it."""
        [path] = [
            path
            for layer in ("facts", "reports", "operations", "nightly")
            if (path := SQL_DIR / layer / f"{self.name}.sql").exists()
        ]
        return path


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages, and their part of the navigation."""
    questions = _questions()
    pages = {table.name: _page(table, questions[table.name]) for table in _tables()}
    for name, content in pages.items():
        files.append(File.generated(config, f"{FOLDER}/{name}.md", content=content))
    assert config.nav is not None
    config.nav.insert(2, {"Published tables": [{name: f"{FOLDER}/{name}.md"} for name in sorted(pages)]})
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Link each table of the list to its page."""
    if page.file.src_uri != LIST:
        return markdown
    names = {table.name for table in _tables()}
    return _ROW.sub(
        lambda row: f"| [`{row[1]}`](tables/{row[1]}.md) | {row[2]} |" if row[1] in names else row[0],
        markdown,
    )


@cache
def _tables() -> list[Table]:
    with tempfile.TemporaryDirectory() as folder:
        refresh = [sys.executable, "-m", "cbw", "refresh", "--data-dir", folder]
        subprocess.run(refresh, check=True, stdout=subprocess.DEVNULL)
        with duckdb.connect(str(Path(folder) / "warehouse.duckdb"), read_only=True) as connection:
            return _read(connection)


def _read(connection: duckdb.DuckDBPyConnection) -> list[Table]:
    columns: defaultdict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for table, *column in connection.execute(
        "select table_name, column_name, data_type, coalesce(comment, '') from duckdb_columns() "
        "where not internal order by table_name, column_index"
    ).fetchall():
        columns[table].append((column[0], column[1], column[2]))
    comments = connection.execute("select table_name, comment from duckdb_tables() order by 1").fetchall()
    return [Table(name, comment, columns[name]) for name, comment in comments]


def _questions() -> dict[str, str]:
    return dict(_ROW.findall((SQL_DIR / "README.md").read_text(encoding="utf-8")))


def _page(table: Table, question: str) -> str:
    rows = [f"| `{name}` | {kind.lower()} | {_cell(comment)} |" for name, kind, comment in table.columns]
    return "\n".join(
        [
            f"# `{table.name}`",
            f"\n{table.comment}\n",
            f"> {question}\n",
            "## Columns\n\n| column | type | meaning |\n| --- | --- | --- |",
            *rows,
            f"\n## Lineage\n\n{_lineage(table)}\n",
            *_examples(table.name),
            f"## Definition\n\n`sql/{table.path.parent.name}/{table.path.name}`\n",
            f"```sql\n{table.path.read_text(encoding='utf-8')}```",
        ]
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def _lineage(table: Table) -> str:
    graph = ModelGraph.from_directory()
    inputs = {model.name: model.inputs for model in graph.models}
    if table.name not in inputs:
        return "The pipeline writes this table itself; no model computes it from raw events."
    published = {model.name for model in graph.published}
    return lineage_picture(table.name, inputs, lambda name: f"../{name}/" if name in published else None)


def _examples(table: str) -> list[str]:
    asked = [Example.named(name) for name in example_names()]
    lines = [
        f"- [{each.question}](../examples/{each.name}.sql.md)"
        for each in asked
        if re.search(rf"\b{table}\b", each.sql)
    ]
    return ["## Queries that read it\n", *lines, ""] if lines else []
