"""Load from one thread: many keep-alive connections, each of which sends its next request when the last is answered."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.receiver.endpoints import COMMAND_CENTER
from ingest.secrets.signature import SIGNATURE_HEADER, sign
from tests.e2e.conftest import PATIENCE, SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator

FORGED = "ab" * 32


def request(body: bytes, signature: str) -> bytes:
    head = (
        f"POST {COMMAND_CENTER.path} HTTP/1.1\r\nHost: localhost\r\n{SIGNATURE_HEADER}: {signature}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@dataclass
class Load:
    """Connections of one kind, and the answers to their requests.

    Attributes:
        name: Makes the bodies differ from those of other loads.
        connections: How many there are.
        requests: How many each of them sends.
        size: Bytes of a body.
        forged: Whether the signature is wrong.
    """

    name: str
    connections: int
    requests: int
    size: int = 1_000
    forged: bool = False
    statuses: Counter[int] = field(default_factory=Counter)
    without_retry_after: int = 0
    """Answers 503 that do not say when to try again."""
    broken: int = 0
    """Requests whose connection ended without an answer."""
    acknowledged: set[bytes] = field(default_factory=set)
    seconds: list[float] = field(default_factory=list)

    async def run(self, port: int) -> None:
        """Send every request; sign all bodies before, so that signing does not count as waiting."""
        signatures = [
            [FORGED if self.forged else sign(SECRET, body) for body in self._bodies(number)]
            for number in range(self.connections)
        ]
        await asyncio.gather(
            *(self._connection(port, number, signatures[number]) for number in range(self.connections))
        )

    async def _connection(self, port: int, number: int, signatures: list[str]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for body, signature in zip(self._bodies(number), signatures, strict=True):
            try:
                if await self._exchange(reader, writer, body, signature):
                    continue
            except (ConnectionError, asyncio.IncompleteReadError):
                self.broken += 1
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()

    def _bodies(self, connection: int) -> Iterator[bytes]:
        for number in range(self.requests):
            yield f"{self.name}-{connection}-{number}-".encode().ljust(self.size, b"x")

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body: bytes, signature: str
    ) -> bool:
        """Send one request, record its answer, and return whether the connection stays open."""
        writer.write(request(body, signature))
        async with asyncio.timeout(PATIENCE):
            await writer.drain()
            started = time.perf_counter()  # an answer takes its time from the end of the request
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length: ")[2].split(b"\r\n")[0])
            await reader.readexactly(length)
        self.seconds.append(time.perf_counter() - started)
        status = int(head.split()[1])
        self.statuses[status] += 1
        if status == 200:
            self.acknowledged.add(body)
        self.without_retry_after += status == 503 and b"retry-after: " not in head
        return b"connection: close" not in head

    def report(self) -> str:
        """Return one line for people."""
        times = sorted(self.seconds)
        middle, late = statistics.median(times), times[int(len(times) * 0.99)]
        return (
            f"{self.name}: {dict(self.statuses)} in {len(times)} answers, {self.broken} broken; "
            f"p50 {middle * 1000:.0f} ms, p99 {late * 1000:.0f} ms, longest {times[-1] * 1000:.0f} ms"
        )
