"""DuckDB's parser and sqlglot, which share no code, agree on every SELECT."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from tests.sql.harness import GRAPH
from transforms.definitions.checks import read_checks
from transforms.definitions.parsed_select import ParsedSelect
from transforms.definitions.sql_file import SQL_DIR

if TYPE_CHECKING:
    from transforms.definitions.model import Query
from transforms.definitions.checks import checks_of

if TYPE_CHECKING:
    from transforms.definitions.model import Query

QUERIES = [*GRAPH.models, *checks_of(GRAPH), *read_checks(SQL_DIR / "conservation")]
each_query = pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)


def tables_in(query: Query) -> list[exp.Table]:
    return [table for table in sqlglot.parse_one(query.sql, read="duckdb").find_all(exp.Table) if table.name]


@each_query
def test_both_parsers_find_the_same_tables(query: Query) -> None:
    parsed = ParsedSelect.of(query.sql)
    ctes = {cte.alias for cte in sqlglot.parse_one(query.sql, read="duckdb").find_all(exp.CTE)}
    assert (parsed.tables, parsed.ctes) == ({table.name for table in tables_in(query)}, ctes)


@each_query
def test_both_parsers_find_the_tables_at_the_same_positions(query: Query) -> None:
    filters = {name: f"(select * from {name} /* é */)" for name in query.inputs}
    expected = query.sql
    for table in sorted(tables_in(query), key=lambda table: table.this.meta["start"], reverse=True):
        if table.name in filters:
            alias = "" if table.alias else f" as {table.name}"
            start, end = table.this.meta["start"], table.this.meta["end"] + 1
            expected = f"{expected[:start]}{filters[table.name]}{alias}{expected[end:]}"
    assert query.restricted(filters) == expected
    assert query.restricted({}) == query.sql


@pytest.mark.parametrize("model", GRAPH.models, ids=lambda model: model.name)
def test_both_parsers_find_the_same_columns(model: Query) -> None:
    tree = sqlglot.parse_one(model.sql, read="duckdb")
    assert isinstance(tree, exp.Query)
    assert list(ParsedSelect.of(model.sql).columns()) == tree.named_selects


def test_a_table_is_found_at_any_level() -> None:
    parsed = ParsedSelect.of(
        "with a as (select 1 from b), c as (select * from a where exists (select 1 from d.e)) -- from f\n"
        "select 'from g', (select max(x) from h) from c join i using (x) union all select * from range(3) order by 1"
    )
    assert (parsed.tables, parsed.ctes) == ({"a", "b", "c", "e", "h", "i"}, {"a", "c"})


@pytest.mark.parametrize(
    ("sql", "restricted"),
    [
        ("from t", "from (F) as t"),
        ("from t as s", "from (F) as s"),
        ("from t s(a)", "from (F) s(a)"),
        ("select t.a from u, t, u as t2", "select t.a from u, (F) as t, u as t2"),
        ('from "t"', 'from (F) as "t"'),
        ('from main . "t" as "s t"', 'from (F) as "s t"'),
        ("from memory.main.t where a > .5", "from (F) as t where a > .5"),
        ("/* é from t */ select 'ü 🎉 from t' from t -- t", "/* é from t */ select 'ü 🎉 from t' from (F) as t -- t"),
        ("select 'ß', \"ö\" from é.t join ü on true", "select 'ß', \"ö\" from (F) as t join ü on true"),
        ("select\n\t1\r\nfrom/**/t;", "select\n\t1\r\nfrom/**/(F) as t;"),
        ("from t semi join t as o using (a)", "from (F) as t semi join (F) as o using (a)"),
        (
            "select case (from t) when 1 then 2 when 3 then 4 end",
            "select case (from (F) as t) when 1 then 2 when 3 then 4 end",
        ),
        ("select 1 where 1 in (from t) union from t", "select 1 where 1 in (from (F) as t) union from (F) as t"),
        ("with c as (from t) from c, T, tt", "with c as (from (F) as t) from c, T, tt"),
        ("select t from s", "select t from s"),
    ],
)  # fmt: skip
def test_a_filter_replaces_the_references_to_its_table_alone(sql: str, restricted: str) -> None:
    assert ParsedSelect.of(sql).restricted({"t": "(F)"}) == restricted


def test_names_in_quotes_and_in_other_alphabets_are_filtered() -> None:
    filters = {'we "ird': "(A)", "größe": "(B)", "表": "(C)"}
    sql = 'from "we ""ird", größe as g, "größe" natural join 表'
    expected = 'from (A) as "we ""ird", (B) as g, (B) as "größe" natural join (C) as 表'
    assert ParsedSelect.of(sql).restricted(filters) == expected


def test_a_filtered_select_returns_the_rows_of_the_filter() -> None:
    connection = duckdb.connect()
    connection.execute("create table t as select range as a from range(5)")
    sql = ParsedSelect.of("select 'é', t.a from main.t left join t as o on o.a = t.a + 1 where o.a is null")
    filters = {"t": "(select * from t where a < 3)"}
    assert connection.execute(sql.restricted(filters)).fetchall() == [("é", 2)]


@pytest.mark.parametrize(
    ("sql", "restricted"),
    [("select 1\u00a0from t", "select 1\u00a0from (F) as t"), ("from s: t", "from s: (F)")],
)
def test_a_position_that_one_release_reports_wrongly_is_found_or_refused(sql: str, restricted: str) -> None:
    """DuckDB 1.5 counts some spaces of several bytes as one; DuckDB 2.0 reports the position of an alias in front."""
    try:
        text = ParsedSelect.of(sql).restricted({"t": "(F)"})
    except ValueError as exc:
        assert "the reference to t is not in its text" in str(exc)  # noqa: PT017 - either is right, another text is not
    else:
        assert text == restricted


@pytest.mark.parametrize("sql", ["from a /* . */ . t", "from 't'"])
def test_a_position_without_the_name_is_refused(sql: str) -> None:
    parsed = ParsedSelect.of(sql)
    assert parsed.restricted({"u": "(F)"}) == sql
    with pytest.raises(ValueError, match="the reference to t is not in its text"):
        parsed.restricted({"t": "(F)"})


@pytest.mark.parametrize(
    "sql", ["select from where", "create table t (a int)", "select 1; select 2", "", "-- only a comment"]
)
def test_any_text_but_one_select_is_refused_in_one_line(sql: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        ParsedSelect.of(sql)
