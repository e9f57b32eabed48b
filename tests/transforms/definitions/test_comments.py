"""The comments of columns are those that sqlglot's parser attaches to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlglot
from sqlglot import exp

from transforms.definitions.comments import comments_of_defined, comments_of_selected
from transforms.definitions.documentation import NIGHTLY, OPERATIONS
from transforms.definitions.graph import ModelGraph
from transforms.definitions.sql_file import SQL_DIR

if TYPE_CHECKING:
    from pathlib import Path

    from transforms.definitions.model import Model

GRAPH = ModelGraph.of_product()
DEFINED = [SQL_DIR / "operations" / f"{name}.sql" for name in OPERATIONS]
DEFINED += [SQL_DIR / "nightly" / f"{name}.sql" for name in NIGHTLY]


def last_comment(node: exp.Expression) -> str:
    """Return the comment that ends a column; an earlier one explains its computation."""
    return (node.comments or [""])[-1].strip()


@pytest.mark.parametrize("model", GRAPH.published, ids=lambda model: str(model.name))
def test_of_a_select(model: Model) -> None:
    sql = model.sql
    tree = sqlglot.parse_one(sql, read="duckdb").find(exp.Select)
    assert tree is not None
    expected = {column.alias_or_name: last_comment(column) for column in tree.selects if column.comments}
    assert comments_of_selected(sql) == expected
    assert len(expected) > 2


@pytest.mark.parametrize("path", DEFINED, ids=lambda path: str(path.stem))
def test_of_a_definition(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    columns = sqlglot.parse_one(text, read="duckdb").find_all(exp.ColumnDef)
    found = {
        column.name: [text for node in column.walk() for text in node.comments or []] for column in columns
    }
    expected = {name: comments[-1].strip() for name, comments in found.items() if comments}
    assert comments_of_defined(text) == expected
    assert len(expected) > 2


def test_a_comment_inside_the_computation_of_a_column_is_not_the_columns() -> None:
    sql = """with t as (
    select
        a, -- inside
        b -- inside, too
    from u
)

select
    -- why it is computed
    a + 1 as c, -- the column's
    case
        -- why
        when b then 1
    end as d, -- d's, with 'quotes' -- and dashes
    e
from t -- no column's
"""
    assert comments_of_selected(sql) == {"c": "the column's", "d": "d's, with 'quotes' -- and dashes"}
