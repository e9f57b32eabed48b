"""What a model's header says of where its rows come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ingest.errors import WarehouseError
from tests.transforms.harness import GRAPH
from transforms.explain_rule import Source, sources
from transforms.models import Model

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = {"fct_refunds": frozenset({"receipt", "refunded_date"}), "stg_today": frozenset({"today"})}


def model(directory: Path, *header: str) -> Model:
    path = directory / "made.sql"
    lines = ["One day.", "key: report_date", *header]
    path.write_text(
        "\n".join(f"-- {line}" for line in lines) + "\nselect 1 as report_date from fct_refunds, stg_today\n"
    )
    return Model.from_file(path)


def found(directory: Path, *header: str) -> list[Source]:
    return sources(model(directory, *header), COLUMNS.__getitem__)


@pytest.mark.parametrize(
    ("line", "condition"),
    [
        ("all", "true"),
        ("receipt", "source.receipt is not distinct from target.receipt"),
        (
            "refunded_date as report_date, receipt",
            (
                "source.refunded_date is not distinct from target.report_date"
                " and source.receipt is not distinct from target.receipt"
            ),
        ),
        ("where source.a > target.b", "(source.a > target.b)"),
        ("receipt where a or b", "source.receipt is not distinct from target.receipt and (a or b)"),
    ],
)
def test_a_line_is_a_condition(tmp_path: Path, line: str, condition: str) -> None:
    assert found(tmp_path, f"explained by fct_refunds: {line}") == [Source("fct_refunds", condition)]


def test_without_a_line_the_refresh_rule_says_it_and_what_it_does_not_mention_is_taken_whole(
    tmp_path: Path,
) -> None:
    header = ("refresh by: report_date", "from fct_refunds: refunded_date as report_date")
    assert found(tmp_path, *header) == [
        Source("fct_refunds", "source.refunded_date = target.report_date"),
        Source("stg_today", "true"),
    ]


def test_a_line_that_is_not_understood_names_the_model(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="model made: 'explained by fct_refunds: receipt is receipt'"):
        found(tmp_path, "explained by fct_refunds: receipt is receipt")


def further_up(name: str) -> set[str]:
    inputs = GRAPH[name].inputs - {"raw_events"}
    return set(inputs).union(*(further_up(each) for each in inputs))


def test_every_line_names_the_model_or_a_table_further_up() -> None:
    for each in GRAPH.models:
        named = {source.relation for source in sources(each, lambda _: frozenset())}
        assert named <= further_up(each.name) | {each.name, "raw_events"}, each.name
