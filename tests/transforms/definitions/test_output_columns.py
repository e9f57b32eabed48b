"""The last SELECT of a model names its columns."""

from __future__ import annotations

import duckdb
import pytest

from tests.sql.harness import GRAPH
from transforms.definitions.graph import LAYERS
from transforms.definitions.parsed_select import ParsedSelect
from transforms.definitions.sql_file import SQL_DIR

TABLES = "create table t as select 1 as a, 2 as b, 3 as x; create table u as select 1 as a, 4 as b, 5 as k"


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        ("select a, b + 1 as c, t.x from t", ["a", "c", "x"]),
        ("with x as (select * from t) select a, b from x limit 3", ["a", "b"]),
        ("select b as c, a from t union all select k, b from u", ["c", "a"]),
        ("(select a from t) union (select b from u) union all select x from t", ["a"]),
        ('select a as "E f", b as "select", c: 5, "x" from t', ["E f", "select", "c", "x"]),
    ],
)
def test_columns_are_those_that_the_last_select_names(sql: str, columns: list[str]) -> None:
    assert list(ParsedSelect.of(sql).columns()) == columns
    connection = duckdb.connect()
    connection.execute(TABLES)
    assert [column[0] for column in connection.execute(sql).description or []] == columns


@pytest.mark.parametrize(
    "sql",
    [
        "select * from t", "from t", "select t.*, 1 as a from t", "select * exclude (a) from t",
        "with x as (select 1 as a) select * from x", "values (1, 2)", "select columns('a') from t",
        "select * from t union all select a, b, x from t",
    ],
)  # fmt: skip
def test_a_star_in_the_last_select_is_refused(sql: str) -> None:
    with pytest.raises(ValueError, match="name each of them in the last SELECT"):
        ParsedSelect.of(sql).columns()


def test_a_union_that_names_its_columns_by_more_than_one_select_is_refused() -> None:
    with pytest.raises(ValueError, match="write `union all`"):
        ParsedSelect.of("select a, b from t union by name select k, b from u").columns()


@pytest.mark.parametrize("sql", ["select count(*) from t", "select a::int from t", "select 1"])
def test_a_column_without_a_name_is_refused(sql: str) -> None:
    """DuckDB would print the expression as its name."""
    with pytest.raises(ValueError, match="has no name: give it one with `as`"):
        ParsedSelect.of(sql).columns()


def test_the_last_select_of_every_file_names_every_column() -> None:
    for layer in LAYERS:
        for path in (SQL_DIR / layer).glob("*.sql"):
            assert ParsedSelect.of(path.read_text(encoding="utf-8")).columns(), path


def test_every_model_has_its_columns() -> None:
    for model in GRAPH.models:
        assert len(set(model.columns)) == len(model.columns) > 0
        assert set(model.key) <= set(model.columns)
        assert set(model.stored_by) <= set(model.columns)
