"""A pipeline treats other models like the product's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.histories import read, receive, sale, settings_for
from transforms.definitions.graph import ModelGraph
from transforms.pipeline.pipeline import Pipeline

if TYPE_CHECKING:
    from pathlib import Path

    from cbw.settings import Settings

RECEIPTS = """-- One delivery and the receipt it names.
-- key: delivery_id
-- refresh by: delivery_id
-- from raw_events: sequence as delivery_id
select
    sequence as delivery_id,
    decode(body) ->> '$.data.receipt' as receipt
from raw_events
where verdict is null
"""
COUNTS = """-- One receipt.
-- key: receipt
-- refresh by: receipt
select
    receipt, -- as sent
    count(*) as deliveries
from stg_receipts
group by receipt
"""


@pytest.fixture
def graph(tmp_path: Path) -> ModelGraph:
    for path, sql in (("staging/stg_receipts", RECEIPTS), ("reports/receipt_counts", COUNTS)):
        file = tmp_path / f"{path}.sql"
        file.parent.mkdir()
        file.write_text(sql, encoding="utf-8")
    return ModelGraph.from_directory(tmp_path)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = settings_for(tmp_path / "data")
    receive(settings.data_dir, [sale("FIRST001"), sale("SECOND02"), sale("THIRD003")])
    return settings


def counts(settings: Settings) -> list[tuple[object, ...]]:
    return read(settings, "select receipt, deliveries from receipt_counts order by receipt")


def test_they_are_built_refreshed_published_and_verified(settings: Settings, graph: ModelGraph) -> None:
    with Pipeline(settings, checks=(), graph=graph) as pipeline:
        assert pipeline.run("startup").mode == "full"
        receive(settings.data_dir, [sale("SECOND02")])
        run = pipeline.run("timer")
        assert (run.mode, run.status, run.rows_changed) == ("incremental", "published", 2)
        assert counts(settings) == [("FIRST001", 1), ("SECOND02", 2), ("THIRD003", 1)]
        assert pipeline.run("timer").status == "unchanged"
        verification, checks = pipeline.verify()
    assert (verification.is_equal, checks) == (True, [])
    assert read(settings, "select comment from duckdb_tables() where table_name = 'receipt_counts'") == [
        ("One receipt.",)
    ]


def test_the_tables_of_other_models_are_rebuilt(settings: Settings, graph: ModelGraph) -> None:
    with Pipeline(settings) as product:
        assert product.run("startup").status == "published"
    with Pipeline(settings, checks=(), graph=graph) as pipeline:
        run = pipeline.run("startup")
    assert (run.mode, run.events_in, run.status) == ("full", 0, "published")
    assert len(counts(settings)) == 3
    assert not read(settings, "select * from duckdb_tables() where table_name = 'fct_sales'")
