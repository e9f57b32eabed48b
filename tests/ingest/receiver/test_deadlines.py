"""Deadlines end the waits that take too long, and no others."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ingest.receiver.answers import REQUEST_TIMEOUT
from ingest.receiver.body import BodyLimits, BodyReader
from ingest.receiver.deadlines import Deadlines
from ingest.receiver.head import RefusedError


async def _end_of(deadlines: Deadlines[str], ended: asyncio.Queue[str], item: str) -> str:
    deadlines.begin(item)
    return await ended.get()


def test_an_item_that_is_not_finished_is_ended() -> None:
    async def check() -> None:
        ended: asyncio.Queue[str] = asyncio.Queue()
        deadlines = Deadlines(0.02, ended.put_nowait)
        assert await _end_of(deadlines, ended, "first") == "first"
        assert not deadlines.finish("first")
        assert await _end_of(deadlines, ended, "after a pause") == "after a pause"

    asyncio.run(check())


def test_an_item_that_is_finished_in_time_is_never_ended() -> None:
    async def check() -> None:
        ended: asyncio.Queue[str] = asyncio.Queue()
        deadlines = Deadlines(0.02, ended.put_nowait)
        deadlines.begin("in time")
        deadlines.begin("also in time")
        assert deadlines.finish("also in time")
        assert deadlines.finish("in time")
        assert await _end_of(deadlines, ended, "late") == "late"
        assert ended.empty()

    asyncio.run(check())


def test_several_are_ended_in_the_order_in_which_they_began() -> None:
    async def check() -> list[str]:
        ended: asyncio.Queue[str] = asyncio.Queue()
        deadlines = Deadlines(0.02, ended.put_nowait)
        for item in ("first", "second", "third"):
            deadlines.begin(item)
        return [await ended.get() for _ in range(3)]

    assert asyncio.run(check()) == ["first", "second", "third"]


async def _never() -> dict[str, Any]:
    await asyncio.Event().wait()
    raise AssertionError


def test_a_late_body_is_refused_and_its_task_goes_on() -> None:
    async def check() -> None:
        with pytest.raises(RefusedError) as refused:
            await BodyReader(BodyLimits(seconds=0.02)).read(_never, 10)
        assert refused.value.answer is REQUEST_TIMEOUT
        task = asyncio.current_task()
        assert task is not None
        assert task.cancelling() == 0
        await asyncio.sleep(0)

    asyncio.run(check())


def test_a_reader_that_is_cancelled_is_no_late_body() -> None:
    async def check() -> None:
        reading = asyncio.create_task(BodyReader(BodyLimits()).read(_never, 10))
        await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading

    asyncio.run(check())
