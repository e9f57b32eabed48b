"""A title from a sender is read back whole, whatever it holds, and in whichever form."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import duckdb
import pytest

from tests.histories import END, receive, settings_for
from tests.processes import cbw
from transforms.pipeline.pipeline import Pipeline
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from pathlib import Path

TITLES = [
    'Say "hello", then\nleave;\r\nor stay',
    "a\tb\\n|c` --",
    "Robert'); drop table fct_sales; --",
    "[bold red]no markup[/] {{ 7 * 7 }} <script>alert(1)</script> &amp;",
    "\x1b[31mred\x1b[0m\u202eevil\u2066",
    "\u0000start and end\u0000",
    "\U0001f600 \u00e9\u0065\u0301 \u65e5\u672c\u8a9e",
    "0e1",
    "x" * 70_000,
]
QUERY = "select receipt, title from fct_sale_lines order by receipt"


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("titles") / "data"
    receive(path, [body(f"TITLE{number:03}", title) for number, title in enumerate(TITLES)])
    with Pipeline(settings_for(path)) as pipeline:
        pipeline.run("command")
    return path


def body(receipt: str, title: str) -> bytes:
    line = {"itemNo": "1", "productTitle": title, "productPrice": 10}
    data = {
        "receipt": receipt,
        "transactionTime": END.isoformat(),
        "totalOrderAmount": 10,
        "lineItems": [line],
    }
    return json.dumps({"type": "sale.created", "data": data}).encode()


def test_in_the_published_file(data_dir: Path) -> None:
    with Warehouse(settings_for(data_dir).warehouse_path) as warehouse:
        assert [title for _, title in warehouse.rows(QUERY)] == TITLES


def test_as_json_and_csv(data_dir: Path, tmp_path: Path) -> None:
    found = cbw("query", QUERY, "--format", "json", data_dir=data_dir, cwd=tmp_path)
    assert [row["title"] for row in found.json] == TITLES
    found = cbw("query", QUERY, "--format", "csv", data_dir=data_dir, cwd=tmp_path)
    csv.field_size_limit(200_000)
    rows = list(csv.DictReader(io.StringIO(found.out, newline="")))
    assert [row["title"] for row in rows] == TITLES


def test_as_parquet(data_dir: Path, tmp_path: Path) -> None:
    arguments = ("--to", tmp_path / "out", "--table", "fct_sale_lines")
    done = cbw("export", *arguments, data_dir=data_dir, cwd=tmp_path)
    assert done.code == 0, done.err
    [path] = (tmp_path / "out").rglob("fct_sale_lines*.parquet")
    rows = duckdb.sql(f"select title from read_parquet('{path}') order by receipt").fetchall()
    assert [title for (title,) in rows] == TITLES
