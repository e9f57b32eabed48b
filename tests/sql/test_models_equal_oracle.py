"""The SQL models and the oracle, independent plain Python, give the same tables row for row.

CI runs a slice, the same on every run, `make test-long` more. The full run, as many examples as you like:
``CBW_EXAMPLES=2000 pytest tests/sql/test_models_equal_oracle.py --timeout 0``. An example is one history of up to 40
deliveries, or of up to 8.
"""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from ingest.simulation.simulator import simulate
from tests.amounts import IS_LONG, amount, some_of
from tests.oracle import RawDelivery, build_warehouse
from tests.sql.agreement import differences
from tests.sql.harness import built
from tests.sql.nasty_histories import histories
from tests.sql.one_store import opened, refill

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from transforms.store.store import Store

EXAMPLES = amount(6, 50)
EVENTS = 1500 if IS_LONG else 500
END = datetime(2026, 6, 30, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    yield from opened(tmp_path_factory.mktemp("data"))


def simulated(seed: int, count: int = EVENTS) -> list[RawDelivery]:
    """Return a simulated history, each delivery five minutes after its event."""
    history = simulate(count, days=200, seed=seed, end=END)
    return [RawDelivery(event.occurred_at + timedelta(minutes=5), event.body) for event in history]


@pytest.mark.parametrize("seed", some_of((1, 2, 3), 3))
def test_a_simulated_history_gives_the_oracles_tables_in_any_order_and_with_repeats(
    store: Store, seed: int
) -> None:
    rng = random.Random(seed)
    deliveries = simulated(seed)
    deliveries += rng.sample(deliveries, 100)
    rng.shuffle(deliveries)
    refill(store, deliveries)
    assert differences(store, build_warehouse(deliveries)) == []


def test_the_report_zone_moves_every_date(tmp_path: Path) -> None:
    deliveries = simulated(4, count=300)
    with built(deliveries, tmp_path, timezone="Asia/Tokyo") as store:
        assert differences(store, build_warehouse(deliveries, "Asia/Tokyo")) == []


thorough = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="CBW_EXAMPLES" not in os.environ,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
)


@thorough
@given(deliveries=histories(max_size=40))
def test_whatever_was_sent_sql_and_oracle_agree(store: Store, deliveries: list[RawDelivery]) -> None:
    refill(store, deliveries)
    assert differences(store, build_warehouse(deliveries)) == []


@thorough
@given(deliveries=histories(max_size=8))
def test_whatever_little_was_sent_sql_and_oracle_agree(store: Store, deliveries: list[RawDelivery]) -> None:
    """In a short history "today", orphans and empty groups weigh more."""
    refill(store, deliveries)
    assert differences(store, build_warehouse(deliveries)) == []
