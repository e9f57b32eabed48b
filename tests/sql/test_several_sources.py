"""Facts do not depend on which sources tell them, nor on the order in which they do.

The full run: ``CBW_EXAMPLES=500 pytest tests/sql/test_several_sources.py --timeout 0``.
"""

from __future__ import annotations

import os
import random
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.amounts import IS_LONG, amount
from tests.oracle import build_warehouse
from tests.sql.agreement import differences
from tests.sql.one_store import differing, opened, refill, tables_of
from tests.sql.source_histories import (
    INS,
    nasty_histories_of_several_sources,
    told_by_all,
    told_by_some,
)
from tests.transforms.build.test_incremental_equals_rebuild import arrive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.oracle import RawDelivery
    from transforms.store.store import Store

EVENTS = 400 if IS_LONG else 120
SOURCES = ("current", INS, "orders")
FACTS = {
    "fct_sales": "receipt role payment gross_amount account_amount currency sold_date affiliate is_counted",
    "fct_refunds": "receipt role refund_amount currency refunded_date refund_type is_counted",
    "fct_chargebacks": "receipt role kind chargeback_amount currency charged_back_date is_counted",
    "fct_orders": "receipt state net_amount",
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    yield from opened(tmp_path_factory.mktemp("data"), threads=1)


def facts(store: Store, deliveries: list[RawDelivery]) -> dict[str, list[tuple[Any, ...]]]:
    tables = tables_of(store, *deliveries)
    return {
        table: sorted((tuple(row[column] for column in columns.split()) for row in tables[table]), key=str)
        for table, columns in FACTS.items()
    }


def test_the_same_truth_told_by_any_sources_gives_the_same_facts(store: Store) -> None:
    subsets = [each for size in (1, 2, 3) for each in combinations(SOURCES, size)]
    first, *others = [facts(store, told_by_all(EVENTS, 5, subset)) for subset in subsets]
    assert all(first.values())
    for subset, other in zip(subsets[1:], others, strict=True):
        assert other == first, subset


@pytest.mark.parametrize("seed", [1, 2])
def test_sql_and_oracle_agree_where_each_source_tells_some(store: Store, seed: int) -> None:
    deliveries = told_by_some(EVENTS, seed)
    refill(store, deliveries)
    assert differences(store, build_warehouse(deliveries)) == []


@settings(
    max_examples=amount(4, 30),
    deadline=None,
    derandomize="CBW_EXAMPLES" not in os.environ,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
)
@given(deliveries=nasty_histories_of_several_sources(max_size=20))
def test_sql_and_oracle_agree_whatever_was_sent_by_several_sources(
    store: Store, deliveries: list[RawDelivery]
) -> None:
    refill(store, deliveries)
    assert differences(store, build_warehouse(deliveries)) == []


def test_refreshes_give_what_a_rebuild_gives_where_each_source_tells_some(store: Store) -> None:
    deliveries = told_by_some(EVENTS, 3)
    arrive(store, deliveries, random.Random(3).sample(range(1, len(deliveries)), 4))
    assert differing(store) == []
