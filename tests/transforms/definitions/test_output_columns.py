"""The columns of a model are read from its text."""

from __future__ import annotations

import duckdb
import pytest

from tests.sql.harness import GRAPH
from transforms.definitions.parsed_select import ParsedSelect

TABLES = "create table t as select 1 as a, 2 as b, 3 as x; create table u as select 1 as a, 4 as b, 5 as k"


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        ("select a, b + 1 as c, t.x from t", ["a", "c", "x"]),
        ("with x as (select a, b from t) select * from x", ["a", "b"]),
        ("with x as (select a, b from t) select * exclude (a), 1 as c from x", ["b", "c"]),
        ("with x as (select a from t), y as (select x.*, 2 as b from x) select y.* from y", ["a", "b"]),
        ("with x as (select a from t), y as (select b from t) select y.*, x.a from x, y", ["b", "a"]),
        ("with x as (select a from t), y as (select b from t) select * from x cross join y", ["a", "b"]),
        ("select * from (select a, b from t) as x", ["a", "b"]),
        ("with x as (select a from t union all select b from u) select * from x", ["a"]),
        ("(select a from t) union all (select b from u)", ["a"]),
        ("select a, b from t union by name select k, b from u", ["a", "b", "k"]),
        ("with x as (select a, b from t) select * replace (a + 1 as a) from x", ["a", "b"]),
        ("with x as (select a, b from t), y as (select a, k from u) from x join y using (a)", ["a", "b", "k"]),
        ("with x as (select b, a from t), y as (select k, a from u) from x natural join y", ["b", "a", "k"]),
        ("with x as (select a, b from t), y as (select a, k from u) from x semi join y using (a)", ["a", "b"]),
        (
            "with x as (select a, b from t), y as (select a from u) select * exclude (x.a) from x join y on x.a = y.a",
            ["b", "a"],
        ),
        ("with x as (select a, b from t) select s.* exclude (a), s.a from x as s, u", ["b", "a"]),
        ("with x as (select a from t) from (with x as (select b from t) from x) as y, x", ["b", "a"]),
        ("with x as (select 1 as c), x2 as (from x), y as (with x as (select 2 as d) from x2) from y", ["c"]),
        ("with recursive x(n) as (select 1 as b union all select n + 1 from x where n < 3) from x", ["n"]),
        ("with x as (select a, b from t) select * from x as y(c)", ["c", "b"]),
        ("select v.* from (values (1, 2)) as v(c, d)", ["c", "d"]),
        ("select * exclude (col0) from (values (1, 2))", ["col1"]),
        ('select a as "E f", b as "select", c: 5, "x" from t', ["E f", "select", "c", "x"]),
        ("with x as (select * from t) select a from x limit 3", ["a"]),
    ],
)  # fmt: skip
def test_a_star_is_followed_to_where_its_columns_are_named(sql: str, columns: list[str]) -> None:
    assert list(ParsedSelect.of(sql).columns()) == columns
    connection = duckdb.connect()
    connection.execute(TABLES)
    assert [column[0] for column in connection.execute(sql).description or []] == columns


@pytest.mark.parametrize(
    "sql",
    [
        "select * from t", "with x as (select * from t) select a, x.* from x", "select t.*, 1 as a from t",
        "with t as (select 1 as a) select * from main.t", "select t.* from range(3) as r(a)",
        "select * from range(3) as t(a)", "with x as (select 1 as a) select * from x join t using (a)",
    ],
)  # fmt: skip
def test_a_star_that_stands_for_a_tables_columns_is_refused(sql: str) -> None:
    with pytest.raises(ValueError, match="columns of t: name them"):
        ParsedSelect.of(sql).columns()


@pytest.mark.parametrize(
    "sql",
    [
        "select count(*) from t",
        "select a::int from t",
        "with x as (select 1 as a) select columns('a') from x",
    ],
)
def test_a_column_without_a_name_is_refused(sql: str) -> None:
    """DuckDB would name it by how it prints the expression."""
    with pytest.raises(ValueError, match="has no name: give it one with `as`"):
        ParsedSelect.of(sql).columns()


def test_every_model_tells_its_columns() -> None:
    for model in GRAPH.models:
        assert len(set(model.columns)) == len(model.columns) > 0
        assert set(model.key) <= set(model.columns)
        assert set(model.stored_by) <= set(model.columns)
