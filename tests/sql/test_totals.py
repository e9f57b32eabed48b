"""Models add up and divide with macros: one file defines each kind of total, and each rate."""

from __future__ import annotations

import re

import duckdb
import pytest

from transforms.definitions.graph import LAYERS
from transforms.definitions.sql_file import SQL_DIR

SPELT_OUT = re.compile(r"/ nullif\(cast\(|coalesce\(sum\([\w.]+\), 0\)")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("select rate(1, 4)", 0.25),
        ("select rate(cast(1 as decimal(18, 4)), cast(3 as decimal(18, 4)))", 1 / 3),
        ("select rate(1, 0)", None),
        ("select total(x) from (select 1 as x where false)", 0),
        ("select typeof(total_count(x)) from (select 1 as x) as t", "BIGINT"),
        ("select typeof(total_amount(x)) from (select 1 as x) as t", "DECIMAL(18,4)"),
    ],
)
def test_nothing_to_divide_by_is_unknown_and_nothing_to_add_is_zero(expression: str, value: object) -> None:
    with duckdb.connect() as connection:
        connection.execute((SQL_DIR / "macros" / "totals.sql").read_text(encoding="utf-8"))
        assert connection.execute(expression).fetchall() == [(value,)]


def test_no_model_spells_them_out() -> None:
    files = [path for layer in LAYERS for path in (SQL_DIR / layer).glob("*.sql")]
    assert [path.name for path in files if SPELT_OUT.search(path.read_text(encoding="utf-8"))] == []
