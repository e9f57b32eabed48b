"""Small histories, and how to store them in an inbox without the network."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

import duckdb

from cbw.settings import load_settings
from ingest.inbox.delivery import NewDelivery
from ingest.inbox.inbox import Inbox
from ingest.send.samples import sample
from ingest.simulation.simulator import simulate
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from cbw.settings import Settings
    from transforms.pipeline.pipeline import Pipeline

END = datetime(2026, 6, 30, 20, tzinfo=UTC)


def settings_for(data_dir: Path, **settings: object) -> Settings:
    """Return the settings of a test, independent of the environment of the test run."""
    return load_settings(
        **{"data_dir": data_dir, "webhook_secret": b"the-secret-that-the-tests-use"} | settings
    )


@cache
def history(count: int = 300, days: int = 40, seed: int = 5) -> tuple[bytes, ...]:
    """Return the bodies of a simulated history that always ends at the same moment."""
    return tuple(event.body for event in simulate(count, days, seed, END))


def sale(receipt: str, *, days_ago: float = 0) -> bytes:
    """Return a clean sale."""
    return sample("sale.created", now=END - timedelta(days=days_ago), receipt=receipt)


def receive(data_dir: Path, bodies: Iterable[bytes]) -> None:
    """Store deliveries in the inbox of a data directory, as the receiver does after it has verified them."""
    directory = data_dir / "inbox"
    directory.mkdir(parents=True, exist_ok=True)
    asyncio.run(_receive(directory, list(bodies)))


def go_on(pipeline: Pipeline, receipt: str) -> None:
    """Publish one more version, which holds one more sale."""
    receive(pipeline.settings.data_dir, [sale(receipt)])
    assert pipeline.run("command").status == "published"


def read(settings: Settings, query: str) -> list[tuple[object, ...]]:
    """Return the rows of a query on the published tables."""
    with Warehouse(settings.warehouse_path) as warehouse:
        return warehouse.rows(query)


def published_receipts(path: Path) -> list[str]:
    """Return the receipts of the sales in a published file, sorted."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return [row[0] for row in connection.execute("select receipt from fct_sales order by 1").fetchall()]


async def _receive(directory: Path, bodies: list[bytes]) -> None:
    inbox = Inbox.claim(directory)
    inbox.start()
    try:
        for start in range(0, len(bodies), 500):
            batch = bodies[start : start + 500]
            await asyncio.gather(*(inbox.submit(_delivery(body)) for body in batch))
    finally:
        await inbox.close()


def _delivery(body: bytes) -> NewDelivery:
    return NewDelivery.now(body, "current", content_type="application/json", peer="203.0.113.7")
