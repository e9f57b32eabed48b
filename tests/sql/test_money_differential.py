"""The product's tables and the second oracle's agree on random histories of everything that decides money.

CI runs a slice, the same on every run. The full run, as many histories as you like: ``CBW_EXAMPLES=1000 pytest
tests/sql/test_money_differential.py --timeout 0``; ``python -m tests.differential SEED`` shrinks the one of a seed
to the fewest deliveries that still differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.amounts import amount
from tests.differential.histories import history
from tests.differential.running import verdict
from tests.sql.one_store import opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from transforms.store.store import Store

EXAMPLES = amount(4, 100)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    yield from opened(tmp_path_factory.mktemp("data"))


@pytest.mark.parametrize("seed", range(EXAMPLES))
def test_in_batches_and_rebuilt_the_product_gives_the_oracles_tables(store: Store, seed: int) -> None:
    assert verdict(store, history(seed)) == []
