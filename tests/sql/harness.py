"""Run the real loader and the real SQL files on a few deliveries, without the network."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cbw.settings import load_settings
from ingest.inbox.reader import Delivery
from ingest.load.raw_events import load
from transforms.build.rebuild import rebuild
from transforms.definitions.graph import ModelGraph
from transforms.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.oracle import RawDelivery

GRAPH = ModelGraph.of_product()


@dataclass
class MemorySource:
    """A source of deliveries in memory, which the loader reads as it reads an inbox."""

    inbox_id: str
    deliveries: list[Delivery]

    def read_after(self, sequence: int, limit_rows: int, limit_bytes: int) -> list[Delivery]:  # noqa: ARG002
        return self.deliveries[sequence : sequence + limit_rows]


def source_of(raw: Sequence[RawDelivery], inbox_id: str = "memory") -> MemorySource:
    """Return a source that holds deliveries as an inbox would store them."""
    return MemorySource(
        inbox_id,
        [
            Delivery(
                seq=number,
                received_at=round(delivery.received_at.timestamp() * 1_000_000),
                body=delivery.body,
                body_sha256=hashlib.sha256(delivery.body).digest(),
                secret_id=getattr(
                    delivery, "secret_id", "current"
                ),  # the second oracle's deliveries name none
                content_type="application/json",
                peer="127.0.0.1",
            )
            for number, delivery in enumerate(raw, 1)
        ],
    )


@contextmanager
def built(raw: Sequence[RawDelivery], data_dir: Path, **settings: Any) -> Iterator[Store]:
    """Load deliveries into a fresh store below ``data_dir`` and build every model."""
    store = Store.open(load_settings(data_dir=data_dir, **settings))
    try:
        store.define_aliases(GRAPH)
        load(store.connection, [source_of(raw)])
        with store.transaction() as connection:
            rebuild(connection, GRAPH)
        yield store
    finally:
        store.close()


def rows_of(store: Store, table: str) -> list[dict[str, Any]]:
    """Return a table's rows as dicts; instants are aware UTC datetimes."""
    cursor = store.connection.execute(f"select * from {table}")
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
