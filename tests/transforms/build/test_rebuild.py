"""A full build stores rows in the order of the model's header."""

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


def test_rows_are_stored_in_the_order_of_the_header(store: Store) -> None:
    days = [9, 2, 27, 14, 5, 20]
    refill(
        store,
        [
            *(sale(f"R{day}", f"2026-05-{day:02}T12:00:00Z") for day in days),
            *(refund(f"R{day}", f"2026-06-{day:02}T12:00:00Z", 100) for day in days),
        ],
    )
    ordered = [model for model in GRAPH.models if model.stored_by]
    assert {"fct_sales", "fct_refunds", "daily_sales", "int_event_items"} <= {model.name for model in ordered}
    for model in ordered:
        columns = ", ".join(model.stored_by)
        rows = store.connection.execute(f"select {columns} from {model.name} order by rowid").fetchall()
        assert rows == sorted(rows)
    assert len(store.connection.execute("select * from fct_sales").fetchall()) == len(days)
