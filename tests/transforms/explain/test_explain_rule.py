"""A model's header names the rows from which its rows are computed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from cbw.errors import WarehouseError
from tests.sql.harness import GRAPH
from transforms.definitions.model import Model
from transforms.definitions.parsed_select import ParsedSelect
from transforms.definitions.sql_file import SQL_DIR
from transforms.explain.explain_rule import Source, sources

if TYPE_CHECKING:
    from pathlib import Path

LONGEST = 120
COLUMNS = {"fct_refunds": frozenset({"receipt", "refunded_date"}), "int_today": frozenset({"today"})}


def model(directory: Path, *header: str) -> Model:
    path = directory / "made.sql"
    lines = ["One day.", "key: report_date", *header]
    path.write_text(
        "\n".join(f"-- {line}" for line in lines) + "\nselect 1 as report_date from fct_refunds, int_today\n"
    )
    return Model.from_file(path)


def rules(directory: Path, *header: str) -> list[Source]:
    return sources(model(directory, *header), COLUMNS.__getitem__)


@pytest.mark.parametrize(
    ("line", "source"),
    [
        ("all", Source("fct_refunds")),
        ("receipt", Source("fct_refunds", {"receipt": "receipt"})),
        (
            "refunded_date as report_date, receipt",
            Source("fct_refunds", {"refunded_date": "report_date", "receipt": "receipt"}),
        ),
        ("where source.a > target.b", Source("fct_refunds", where="source.a > target.b")),
        ("receipt where a or b", Source("fct_refunds", {"receipt": "receipt"}, "a or b")),
        ("receipt via stg_items", Source("fct_refunds", {"receipt": "receipt"}, via="stg_items")),
        (
            "via stg_items where via.a = source.b",
            Source("fct_refunds", where="via.a = source.b", via="stg_items"),
        ),
    ],
)
def test_a_line_is_columns_to_compare_and_a_condition(tmp_path: Path, line: str, source: Source) -> None:
    assert rules(tmp_path, f"explained by fct_refunds: {line}") == [source]


CONDITION = """-- The refunds of the day.
select source.*
from fct_refunds as source
cross join made as target
where
    source.a
    and source.b > target.c
"""


def test_a_condition_of_several_lines_is_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "explained").mkdir()
    (tmp_path / "explained" / "made_by_refunds.sql").write_text(CONDITION)
    (tmp_path / "reports").mkdir()
    line = "explained by fct_refunds: receipt file explained/made_by_refunds.sql"
    [source] = rules(tmp_path / "reports", line)
    assert source == Source("fct_refunds", {"receipt": "receipt"}, "source.a\n    and source.b > target.c")
    assert source.target_columns == {"receipt", "c"}


@pytest.mark.parametrize("text", [None, "-- All.\nselect source.* from fct_refunds as source\n"])
def test_a_file_without_a_condition_is_named(tmp_path: Path, text: str | None) -> None:
    (tmp_path / "explained").mkdir()
    (tmp_path / "reports").mkdir()
    if text is not None:
        (tmp_path / "explained" / "made.sql").write_text(text)
    with pytest.raises(WarehouseError, match=r"made\.sql: there is no condition"):
        rules(tmp_path / "reports", "explained by fct_refunds: file explained/made.sql")


FILES = sorted((SQL_DIR / "explained").glob("*.sql"))


def test_a_long_condition_is_in_a_file_and_a_header_names_every_file() -> None:
    headers = [line for path in SQL_DIR.glob("*/*.sql") for line in path.read_text().splitlines()]
    explained = [line for line in headers if line.startswith("-- explained by ")]
    conditions = [condition for line in explained for _, _, condition in [line.partition(" where ")]]
    assert [condition for condition in conditions if len(condition) > LONGEST] == []
    named = {file for line in explained for _, _, file in [line.partition(" file explained/")] if file}
    assert named == {path.name for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_is_the_select_of_a_headers_rows(path: Path) -> None:
    """The file names the relation and the model, so that anybody can run it unchanged."""
    [(relation, model)] = [
        (relation, each.name)
        for each in GRAPH.models
        for relation in re.findall(
            rf"^-- explained by (\w+):.* file explained/{path.name}$", each.sql, re.MULTILINE
        )
    ]
    text = path.read_text()
    assert f"\nselect source.*\nfrom {relation} as source\ncross join {model} as target\nwhere\n" in text
    assert ParsedSelect.of(text).tables >= {relation, model}


def test_without_a_line_the_refresh_rule_decides_and_other_inputs_count_whole(
    tmp_path: Path,
) -> None:
    header = ("refresh by: report_date", "from fct_refunds: refunded_date as report_date")
    assert rules(tmp_path, *header) == [
        Source("fct_refunds", {"refunded_date": "report_date"}),
        Source("int_today"),
    ]


def test_the_columns_of_a_target_are_those_compared_and_those_of_the_condition() -> None:
    source = Source("fct_refunds", {"receipt": "a"}, "source.b > target.b and target.c")
    assert source.target_columns == {"a", "b", "c"}
    assert not source.is_plain
    assert Source("fct_refunds", {"receipt": "a"}, "source.is_counted").is_plain


def test_a_line_that_is_not_understood_names_the_model(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="model made: 'explained by fct_refunds: receipt is receipt'"):
        rules(tmp_path, "explained by fct_refunds: receipt is receipt")


def further_up(name: str) -> set[str]:
    inputs = GRAPH[name].inputs - {"raw_events"}
    return set(inputs).union(*(further_up(each) for each in inputs))


def test_every_line_names_the_model_or_an_upstream_table() -> None:
    for each in GRAPH.models:
        named = {
            name
            for source in sources(each, lambda _: frozenset())
            for name in (source.relation, source.via)
            if name
        }
        assert named <= further_up(each.name) | {each.name, "raw_events"}, each.name
