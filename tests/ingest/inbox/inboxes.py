"""An inbox with deliveries in it, and the readable ones of an inbox."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from ingest.inbox.delivery import NewDelivery
from ingest.inbox.inbox import Inbox
from ingest.inbox.reader import Delivery, InboxReader

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path


def delivery(body: bytes) -> NewDelivery:
    return NewDelivery.now(body, "current", content_type="application/json", peer="203.0.113.7")


@asynccontextmanager
async def running(inbox: Inbox) -> AsyncIterator[Inbox]:
    inbox.start()
    try:
        yield inbox
    finally:
        await inbox.close()


async def _store(path: Path, bodies: Sequence[bytes]) -> list[int]:
    async with running(Inbox(path)) as inbox:
        return await asyncio.gather(*(inbox.submit(delivery(body)) for body in bodies))


def store(path: Path, *bodies: bytes) -> list[int]:
    return asyncio.run(_store(path, bodies))


def read(path: Path) -> list[Delivery]:
    with InboxReader(path) as reader:
        return reader.read_after(0, 10**6, 10**9)


async def until_recovered(inbox: Inbox) -> None:
    while inbox.failure is not None:  # noqa: ASYNC110 - the inbox recovers in its own thread, without an event to wait for
        await asyncio.sleep(0.02)
