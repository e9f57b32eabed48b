"""What a model's header says of where its rows come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cbw.errors import WarehouseError
from tests.sql.harness import GRAPH
from transforms.definitions.model import Model
from transforms.explain.explain_rule import Source, sources

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = {"fct_refunds": frozenset({"receipt", "refunded_date"}), "int_today": frozenset({"today"})}


def model(directory: Path, *header: str) -> Model:
    path = directory / "made.sql"
    lines = ["One day.", "key: report_date", *header]
    path.write_text(
        "\n".join(f"-- {line}" for line in lines) + "\nselect 1 as report_date from fct_refunds, int_today\n"
    )
    return Model.from_file(path)


def found(directory: Path, *header: str) -> list[Source]:
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
    assert found(tmp_path, f"explained by fct_refunds: {line}") == [source]


def test_without_a_line_the_refresh_rule_says_it_and_what_it_does_not_mention_is_taken_whole(
    tmp_path: Path,
) -> None:
    header = ("refresh by: report_date", "from fct_refunds: refunded_date as report_date")
    assert found(tmp_path, *header) == [
        Source("fct_refunds", {"refunded_date": "report_date"}),
        Source("int_today"),
    ]


def test_the_columns_to_know_of_a_target_are_those_compared_and_those_of_the_condition() -> None:
    source = Source("fct_refunds", {"receipt": "a"}, "source.b > target.b and target.c")
    assert source.target_columns == {"a", "b", "c"}
    assert not source.is_plain
    assert Source("fct_refunds", {"receipt": "a"}, "source.is_counted").is_plain


def test_a_line_that_is_not_understood_names_the_model(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="model made: 'explained by fct_refunds: receipt is receipt'"):
        found(tmp_path, "explained by fct_refunds: receipt is receipt")


def further_up(name: str) -> set[str]:
    inputs = GRAPH[name].inputs - {"raw_events"}
    return set(inputs).union(*(further_up(each) for each in inputs))


def test_every_line_names_the_model_or_a_table_further_up() -> None:
    for each in GRAPH.models:
        named = {
            name
            for source in sources(each, lambda _: frozenset())
            for name in (source.relation, source.via)
            if name
        }
        assert named <= further_up(each.name) | {each.name, "raw_events"}, each.name
