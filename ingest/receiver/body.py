"""Reading a request's body whole: within a size, against a deadline, in bounded memory."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from ingest.receiver.answers import BAD_REQUEST, CONTENT_TOO_LARGE, OVERLOADED, REQUEST_TIMEOUT
from ingest.receiver.deadlines import Deadlines
from ingest.receiver.head import RefusedError

Receive = Callable[[], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """The limits of a body, and of all bodies in flight."""

    size: int = 1024 * 1024
    seconds: float = 10.0
    small: int = 64 * 1024
    """A body up to this size does not count as memory in flight, so that large bodies cannot crowd out events."""
    in_flight: int = 64 * 1024 * 1024
    """The most bytes of all larger bodies together, beyond that size."""


class BodyReader:
    """Reads bodies for one worker, and counts the memory they hold together."""

    def __init__(self, limits: BodyLimits) -> None:
        self._limits = limits
        self._deadlines: Deadlines[asyncio.Task[Any]] = Deadlines(limits.seconds, asyncio.Task.cancel)
        self._in_flight = 0
        # The worker has one event loop; on Python 3.11, get_running_loop() makes a system call.
        self._loop: asyncio.AbstractEventLoop | None = None

    async def read(self, receive: Receive, length: int | None) -> bytes:
        """Return the whole body.

        Args:
            receive: The ASGI channel.
            length: The declared length, or None for a chunked body.

        Raises:
            RefusedError: 413 at once for a declared length or while it streams, 408 at the deadline, 400
                for an incomplete body, 503 when bodies in flight hold too much memory.
        """
        if length is not None and length > self._limits.size:
            raise RefusedError(CONTENT_TOO_LARGE, "declared_too_large")
        self._loop = self._loop or asyncio.get_running_loop()
        task = asyncio.current_task(self._loop)
        assert task is not None
        self._deadlines.begin(task)
        try:
            return await self._read(receive, length)
        except asyncio.CancelledError as exc:
            if self._deadlines.finish(task):
                raise
            task.uncancel()  # the deadline cancelled it, which ends the body and not the request
            raise RefusedError(REQUEST_TIMEOUT, "body_timeout") from exc
        finally:
            self._deadlines.finish(task)

    async def _read(self, receive: Receive, length: int | None) -> bytes:
        chunks: list[bytes] = []
        size = counted = 0
        try:
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    raise RefusedError(BAD_REQUEST, "broken_body")
                chunks.append(message["body"])
                size += len(message["body"])
                # The declared length ends the body, without another turn for the empty last message.
                if size == length or not message["more_body"]:
                    return chunks[0] if len(chunks) == 1 else b"".join(chunks)
                counted += self._count(size, counted)
        finally:
            self._in_flight -= counted

    def _count(self, size: int, counted: int) -> int:
        """Add the growth of a body to the memory in flight, and return it."""
        if size > self._limits.size:
            raise RefusedError(CONTENT_TOO_LARGE, "streamed_too_large")
        grown = max(0, size - self._limits.small) - counted
        if grown > 0 and self._in_flight + grown > self._limits.in_flight:
            raise RefusedError(OVERLOADED, "bodies_in_flight")
        self._in_flight += max(0, grown)
        return max(0, grown)
