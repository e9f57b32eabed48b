"""How a full build lays rows down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.oracle.builders import refund, sale
from tests.sql.harness import GRAPH
from tests.sql.one_store import opened, refill

if TYPE_CHECKING:
    from collections.abc import Iterator

    from transforms.store.store import Store


@pytest.fixture
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    yield from opened(tmp_path_factory.mktemp("data"))


def test_rows_lie_beside_each_other_as_the_header_says(store: Store) -> None:
    days = [9, 2, 27, 14, 5, 20]
    refill(
        store,
        [
            *(sale(f"R{day}", f"2026-05-{day:02}T12:00:00Z") for day in days),
            *(refund(f"R{day}", f"2026-06-{day:02}T12:00:00Z", 100) for day in days),
        ],
    )
    laid = [model for model in GRAPH.models if model.stored_by]
    assert {"fct_sales", "fct_refunds", "daily_sales", "int_event_items"} <= {model.name for model in laid}
    for model in laid:
        columns = ", ".join(model.stored_by)
        rows = store.connection.execute(f"select {columns} from {model.name} order by rowid").fetchall()
        assert rows == sorted(rows)
    assert len(store.connection.execute("select * from fct_sales").fetchall()) == len(days)
