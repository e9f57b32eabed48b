"""DuckDB's parser names the same tables as sqlglot's, which shares no code with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlglot import exp

from tests.transforms.harness import GRAPH
from transforms.checks import read_checks
from transforms.named_tables import names_in

if TYPE_CHECKING:
    from transforms.models import Query


@pytest.mark.parametrize("query", [*GRAPH.models, *read_checks()], ids=lambda query: query.name)
def test_both_parsers_name_the_same(query: Query) -> None:
    ctes = {cte.alias for cte in query.tree.find_all(exp.CTE)}
    tables = {table.name for table in query.tree.find_all(exp.Table) if table.name}
    assert names_in(query.sql) == (tables, ctes)


def test_a_table_is_named_wherever_it_stands() -> None:
    names = names_in(
        "with a as (select 1 from b), c as (select * from a where exists (select 1 from d.e)) -- from f\n"
        "select 'from g', (select max(x) from h) from c join i using (x) union all select * from range(3) order by 1"
    )
    assert names == ({"a", "b", "c", "e", "h", "i"}, {"a", "c"})


@pytest.mark.parametrize("sql", ["select from where", "create table t (a int)"])
def test_what_is_no_select_is_refused_in_one_line(sql: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        names_in(sql)
