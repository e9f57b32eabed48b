"""The models of the like-for-like comparison give the same rows as the product's."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import duckdb
import pytest

from benchmarks.peers.history import history
from benchmarks.peers.systems import Ours, SameModels
from benchmarks.peers.tables import SUBSET, differences

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[Ours]:
    system = Ours(tmp_path)
    yield system
    system.close()


@pytest.fixture
def same_models(tmp_path: Path) -> Iterator[SameModels]:
    system = SameModels(tmp_path)
    yield system
    system.close()


@pytest.mark.long
def test_refreshed_in_disorder_they_equal_the_products_until_one_has_another_event(
    ours: Ours, same_models: SameModels
) -> None:
    bodies = list(history(400))
    random.Random(1).shuffle(bodies)
    ours.take_in(bodies)
    ours.refresh_running()
    for some in (bodies[:300], bodies[300:350], bodies[350:]):
        same_models.take_in(some)
        same_models.refresh_running()
    with duckdb.connect(str(same_models.database), read_only=True) as connection:
        assert all(connection.sql(f"from {table} limit 1").fetchall() for table in SUBSET)
        modes = connection.sql(
            "select mode from pipeline_runs where rows_changed > 0 order by run_id"
        ).fetchall()
    assert modes == [("full",), ("incremental",), ("incremental",)]
    assert differences(ours.database, same_models.database, "main") == dict.fromkeys(SUBSET, 0)

    same_models.take_in(history(5, 2))
    same_models.refresh_running()
    assert differences(ours.database, same_models.database, "main")["fct_orders"] > 0
