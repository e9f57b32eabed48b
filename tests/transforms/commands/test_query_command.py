"""``cbw query``: rows for people and for programs, and suggestions for a misspelt name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.histories import receive, sale
from tests.processes import cbw
from transforms.reading.examples import example_names

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with one published sale."""
    data_dir = tmp_path_factory.mktemp("query") / "data"
    receive(data_dir, [sale("FIRST001")])
    done = cbw("refresh", cwd=data_dir.parent, data_dir=data_dir)
    assert done.code == 0, done.err
    return data_dir


def test_rows_come_as_table_csv_or_json(published: Path) -> None:
    query = "select receipt, gross_amount, sold_at from fct_sales"
    table, csv, json_ = (
        cbw("query", query, *form, cwd=published.parent) for form in ([], ["--format", "csv"], ["--json"])
    )
    assert (table.code, csv.code, json_.code) == (0, 0, 0)
    assert "FIRST001" in table.out
    assert "1 row" in table.out
    assert "79.95 " in table.out
    assert csv.out.splitlines() == [
        "receipt,gross_amount,sold_at",
        "FIRST001,79.9500,2026-06-30 19:59:58+00:00",
    ]
    assert json_.json == [
        {"receipt": "FIRST001", "gross_amount": "79.9500", "sold_at": "2026-06-30 19:59:58+00:00"}
    ]


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("select * from daily_sale", "does not exist! (did you mean daily_sales"),
        ("select * from sales", "does not exist! (did you mean "),
        ("select * from refunds", "fct_refunds"),
        ("select * from quasi", 'does not exist! (all: `cbw query "show tables"`)'),
        ("select nothing from fct_sales", "nothing"),
        ("select sumn(1)", "sumn"),
        ("select from", "syntax error"),
        ("", "there is no statement to run"),
    ],
)
def test_a_wrong_query_is_told_what_is_wrong_and_what_was_perhaps_meant(
    published: Path, sql: str, says: str
) -> None:
    done = cbw("query", sql, cwd=published.parent)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("cbw: ")
    assert says in done.err
    assert "Traceback" not in done.err


def test_a_long_table_is_cut_with_a_note_and_whole_elsewhere(published: Path) -> None:
    sql = "select range as n from range(3000)"
    table, whole, csv, json_ = (
        cbw("query", sql, *form, cwd=published.parent)
        for form in (["--limit", 7], ["--limit", 0], ["--format", "csv"], ["--json"])
    )
    assert "the first 7 rows; there are more" in table.out
    assert ("│ 6 │" in table.out, "│ 7 │" in table.out) == (True, False)
    assert "3,000 rows" in whole.out
    assert len(csv.out.splitlines()) == 3001
    assert len(json_.json) == 3000


def test_sql_may_come_from_a_file_or_standard_input(published: Path) -> None:
    sql = "select count(*) as sales from fct_sales"
    (published.parent / "count.sql").write_text(sql, encoding="utf-8")
    from_file = cbw("query", "--file", "count.sql", "--json", cwd=published.parent)
    from_input = cbw("query", "--file", "-", "--json", cwd=published.parent, typed=sql.encode())
    assert from_file.json == from_input.json == [{"sales": 1}]


def test_the_examples_are_listed_by_name_and_each_can_be_run(published: Path) -> None:
    listed = cbw("query", "--examples", "--json", cwd=published.parent)
    assert [each["name"] for each in listed.json] == example_names()
    done = cbw("query", "--example", "sales_by_day", "--json", cwd=published.parent)
    assert [(row["sales"], row["gross sales"]) for row in done.json] == [(1, "79.95")]


def test_a_query_cannot_change_the_warehouse(published: Path) -> None:
    done = cbw("query", "delete from fct_sales", cwd=published.parent)
    assert done.code == 1
    assert "read-only" in done.err
