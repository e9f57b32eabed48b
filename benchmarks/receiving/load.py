"""The load: keep-alive connections, each of which sends its next event after the answer to the previous one.

    python -m benchmarks.receiving.load PORT CONNECTIONS SECONDS

Runs in a process of its own, so that the server's process does nothing but serve. Prints the figures as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from functools import partial

from benchmarks.receiving.events import PATH, SECRET, event
from ingest.secrets.signature import sign

WARM_UP_SECONDS = 1.0


class Client(asyncio.Protocol):
    """One keep-alive connection that sends event after event."""

    def __init__(
        self, requests: list[bytes], offset: int, latencies: list[float], answered: asyncio.Event
    ) -> None:
        self._requests = requests
        self._next = offset
        self._latencies = latencies
        self._answered = answered
        self._received = b""
        self.acknowledged = 0
        self.errors = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, separator, body = self._received.partition(b"\r\n\r\n")
        if not separator or len(body) < _content_length(head):
            return
        self._latencies.append(time.perf_counter() - self._sent)
        self._answered.set()
        if head.startswith(b"HTTP/1.1 200"):
            self.acknowledged += 1
        else:
            self.errors += 1
        self._received = b""
        self._send()

    def _send(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(self._requests[self._next % len(self._requests)])
        self._next += 1


def _same(client: Client) -> Client:
    return client


def _content_length(head: bytes) -> int:
    return int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])


def _requests(count: int) -> list[bytes]:
    requests = []
    for number in range(count):
        body = event(number)
        head = (
            f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: ClickBank\r\nAccept: */*\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            f"X-Webhook-Signature: {sign(SECRET.encode(), body)}\r\n\r\n"
        )
        requests.append(head.encode() + body)
    return requests


async def _load(port: int, connections: int, seconds: float) -> dict[str, float]:
    requests = _requests(1000)
    latencies: list[float] = []
    answered = asyncio.Event()
    loop = asyncio.get_running_loop()
    clients = [Client(requests, number * 7, latencies, answered) for number in range(connections)]
    for client in clients:
        await loop.create_connection(partial(_same, client), "127.0.0.1", port)
    await asyncio.sleep(min(WARM_UP_SECONDS, seconds))
    latencies.clear()
    answered.clear()
    started = time.perf_counter()
    await asyncio.sleep(seconds)
    await answered.wait()  # on a busy machine the first answer may take longer than the measured time
    elapsed = time.perf_counter() - started
    measured = sorted(latencies)
    return {
        "per_second": len(measured) / elapsed,
        "p50_ms": 1000 * measured[len(measured) // 2],
        "p99_ms": 1000 * measured[int(len(measured) * 0.99)],
        "max_ms": 1000 * measured[-1],
        "errors": sum(client.errors for client in clients),
        "acknowledged": sum(client.acknowledged for client in clients),
    }


if __name__ == "__main__":
    port, connections, seconds = sys.argv[1:]
    print(json.dumps(asyncio.run(_load(int(port), int(connections), float(seconds)))))
