"""The columns of a model are read from its text."""

from __future__ import annotations

import pytest

from tests.transforms.harness import GRAPH
from transforms.output_columns import output_columns
from transforms.refresh_rule import parse


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        ("select a, b + 1 as c, t.d from t", ["a", "c", "d"]),
        ("with x as (select a, b from t) select * from x", ["a", "b"]),
        ("with x as (select a, b from t) select * exclude (a), 1 as c from x", ["b", "c"]),
        ("with x as (select a from t), y as (select x.*, 2 as b from x) select y.* from y", ["a", "b"]),
        (
            "with x as (select a from t), y as (select b from t) select y.*, x.a from x cross join y",
            ["b", "a"],
        ),
        ("with x as (select a from t), y as (select b from t) select * from x cross join y", ["a", "b"]),
        ("select * from (select a, b from t) as x", ["a", "b"]),
        ("with x as (select a from t union all select b from u) select * from x", ["a"]),
        ("(select a from t) union all (select b from u)", ["a"]),
    ],
)
def test_a_star_is_followed_to_where_its_columns_are_named(sql: str, columns: list[str]) -> None:
    assert list(output_columns(parse(sql))) == columns


@pytest.mark.parametrize(
    "sql",
    ["select * from t", "with x as (select * from t) select a, x.* from x", "select t.*, 1 as a from t"],
)
def test_a_star_that_stands_for_a_tables_columns_is_refused(sql: str) -> None:
    with pytest.raises(ValueError, match="columns of t: name them"):
        list(output_columns(parse(sql)))


def test_every_model_tells_its_columns() -> None:
    for model in GRAPH.models:
        assert len(set(model.columns)) == len(model.columns) > 0
        assert set(model.key) <= set(model.columns)
        assert set(model.stored_by) <= set(model.columns)
