"""`make docs`: the site is complete, has a page for each published table, and requests nothing from another host."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from transforms.definitions.documentation import NIGHTLY, OPERATIONS
from transforms.definitions.graph import ModelGraph

ROOT = Path(__file__).resolve().parent.parent
GRAPH = ModelGraph.of_product()
# Elements that make a browser fetch an address, which is in one of these attributes.
LOADED = re.compile(
    r"<(?:script|link|img|iframe|source|object)\b[^>]*?\b(?:src|href|data)=\"?((?:https?:)?//[^\" >]+)"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


def test_every_published_table_has_a_page_with_its_columns_and_types(site: Path) -> None:
    for model in GRAPH.published:
        page = (site / "sql" / "tables" / model.name / "index.html").read_text(encoding="utf-8")
        columns = re.findall(r"<td><code>(\w+)</code></td>\s*<td>([^<]+)</td>\s*<td>[^\s]", page)
        assert [name for name, _ in columns] == list(model.shown_columns), model.name
    for name in (*OPERATIONS, *NIGHTLY):
        assert (site / "sql" / "tables" / name / "index.html").exists()


def test_the_lineage_of_a_table_shows_every_ancestor(site: Path) -> None:
    page = (site / "sql" / "tables" / "refund_rates" / "index.html").read_text(encoding="utf-8")
    drawn = set(re.findall(r"<text[^>]*>(\w+)</text>", page))
    assert drawn == GRAPH.ancestors("refund_rates") | {"refund_rates"}


def test_the_list_of_tables_leads_to_their_pages(site: Path) -> None:
    page = (site / "sql" / "index.html").read_text(encoding="utf-8")
    assert '<a href="tables/daily_sales/"><code>daily_sales</code></a>' in page


def test_no_page_loads_anything_from_another_host(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > len(GRAPH.published)
    for page in pages:
        html = page.read_text(encoding="utf-8")
        assert "default-src 'self'" in html, page
        assert LOADED.findall(html) == [], page
    for style in site.rglob("*.css"):
        assert re.findall(r"(?:url\(|@import )[\"']?(?:https?:)?//", style.read_text(encoding="utf-8")) == []
