"""Durable, verified POSTs per second of the receiver, beside an empty Flask handler on the same server.

    python benchmarks/receive.py [--seconds 4] [--rounds 3] [--json receive.json]

Both run on Granian on this machine, in the same run, turn by turn. The empty handler reads the body and
answers OK: no signature, no storage. So the ratio is what authenticity and an fsync cost, and machines
that differ in speed still compare. The load comes from a process of its own, over keep-alive connections,
each of which sends its next event when the last is answered.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask, request

from ingest.inbox_reader import InboxReader, list_inboxes
from ingest.signature import sign

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "benchmark-secret-of-32-bytes-long"
PATH = "/webhooks/clickbank"
WARM_UP_SECONDS = 1.0
SYSTEMS = {
    "receiver, 1 worker": ("receiver", 1),
    "receiver, 2 workers": ("receiver", 2),
    "empty Flask": ("peer", 1),
}


@dataclass(frozen=True)
class Figure:
    """One system at one number of connections: medians over the rounds."""

    system: str
    connections: int
    per_second: float
    p50_ms: float
    p99_ms: float
    errors: int


class Client(asyncio.Protocol):
    """One keep-alive connection that sends event after event."""

    def __init__(self, requests: list[bytes], offset: int, latencies: list[float]) -> None:
        self._requests = requests
        self._next = offset
        self._latencies = latencies
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
        body = _event(number)
        head = (
            f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: ClickBank\r\nAccept: */*\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            f"X-Webhook-Signature: {sign(SECRET.encode(), body)}\r\n\r\n"
        )
        requests.append(head.encode() + body)
    return requests


def _event(number: int) -> bytes:
    data = {
        "receipt": f"{number:08X}",
        "transactionTime": "2026-03-01T12:00:00-08:00",
        "transactionType": "SALE",
        "vendor": "examplevnd",
        "affiliate": "exampleaff",
        "role": "VENDOR",
        "totalAccountAmount": 21.32,
        "totalOrderAmount": 49.95,
        "totalTaxAmount": 2.95,
        "currency": "USD",
        "paymentMethod": "VISA",
        "lineItems": [
            {"itemNo": "7", "productTitle": "A product", "quantity": 1, "lineItemType": "STANDARD"}
        ],
        "customer": {"billing": {"firstName": "Ada", "lastName": "Invented", "email": "ada@example.com"}},
        "trackingCodes": ["spring", "mail"],
    }  # fmt: skip
    return json.dumps({"id": f"evt_{number}", "type": "sale.created", "data": data}).encode()


async def _load(port: int, connections: int, seconds: float) -> dict[str, float]:
    requests = _requests(1000)
    latencies: list[float] = []
    loop = asyncio.get_running_loop()
    clients = [Client(requests, number * 7, latencies) for number in range(connections)]
    for client in clients:
        await loop.create_connection(partial(_same, client), "127.0.0.1", port)
    await asyncio.sleep(WARM_UP_SECONDS)
    latencies.clear()
    started = time.perf_counter()
    await asyncio.sleep(seconds)
    elapsed = time.perf_counter() - started
    measured = sorted(latencies)
    return {
        "per_second": len(measured) / elapsed,
        "p50_ms": 1000 * measured[len(measured) // 2],
        "p99_ms": 1000 * measured[int(len(measured) * 0.99)],
        "errors": sum(client.errors for client in clients),
        "acknowledged": sum(client.acknowledged for client in clients),
    }


def _serve_receiver(port: int, workers: int) -> int:
    from ingest.server import run_receiver  # noqa: PLC0415 - a server process loads its own side only
    from ingest.settings import load_settings  # noqa: PLC0415

    return run_receiver(load_settings(port=port, workers=workers))


def _serve_peer(port: int, workers: int) -> int:
    from granian.constants import Interfaces  # noqa: PLC0415
    from granian.server.mp import MPServer  # noqa: PLC0415

    server = MPServer(
        "benchmarks.receive:peer", port=port, workers=workers, interface=Interfaces.WSGI,
        blocking_threads=32, backpressure=1024, websockets=False, workers_kill_timeout=3,
    )  # fmt: skip
    server.serve(target_loader=_load_peer, wrap_loader=False)
    return 0


def _load_peer() -> Flask:
    app = Flask("peer")

    @app.post(PATH)
    def receive() -> str:
        request.get_data()
        return "OK"

    return app


@contextmanager
def _server(kind: str, workers: int, data_dir: Path) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environ = {**os.environ, "CBW_WEBHOOK_SECRET": SECRET, "CBW_DATA_DIR": str(data_dir)}
    process = subprocess.Popen(
        [sys.executable, __file__, "--serve", kind, str(port), str(workers)],
        env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait_for(port)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


def _wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError("the server did not start")


def _measure(name: str, connections: int, seconds: float) -> dict[str, float]:
    kind, workers = SYSTEMS[name]
    with tempfile.TemporaryDirectory() as directory, _server(kind, workers, Path(directory)) as port:
        command = [sys.executable, __file__, "--load", str(port), str(connections), str(seconds)]
        figures: dict[str, float] = json.loads(subprocess.check_output(command))
        if kind == "receiver" and _stored(Path(directory)) < figures["acknowledged"]:
            raise RuntimeError("an acknowledged event is not in an inbox")
    return figures


def _stored(data_dir: Path) -> int:
    stored = 0
    for path in list_inboxes(data_dir / "inbox"):
        with InboxReader(path) as reader:
            stored += reader.tip()
    return stored


def _figures(connections: list[int], rounds: int, seconds: float) -> list[Figure]:
    figures = []
    for number in connections:
        measured: dict[str, list[dict[str, float]]] = {name: [] for name in SYSTEMS}
        for _ in range(rounds):
            for name in SYSTEMS:
                measured[name].append(_measure(name, number, seconds))
        for name, runs in measured.items():
            median = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
            errors = int(sum(run["errors"] for run in runs))
            figures.append(
                Figure(name, number, median["per_second"], median["p50_ms"], median["p99_ms"], errors)
            )
    return figures


def _print(figures: list[Figure]) -> None:
    print(
        f"{'system':22}{'connections':>12}{'POST/s':>10}{'ratio':>8}{'p50 ms':>9}{'p99 ms':>9}{'errors':>8}"
    )
    base = {figure.connections: figure.per_second for figure in figures if figure.system == "empty Flask"}
    for figure in figures:
        ratio = figure.per_second / base[figure.connections]
        print(
            f"{figure.system:22}{figure.connections:>12}{figure.per_second:>10,.0f}{ratio:>8.2f}"
            f"{figure.p50_ms:>9.2f}{figure.p99_ms:>9.2f}{figure.errors:>8}"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=4.0, help="measured time per figure and round")
    parser.add_argument("--rounds", type=int, default=3, help="each figure is the median of so many rounds")
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 32, 128])
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    parser.add_argument("--serve", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--load", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        kind, port, workers = options.serve
        return {"receiver": _serve_receiver, "peer": _serve_peer}[kind](int(port), int(workers))
    if options.load:
        port, connections, seconds = options.load
        print(json.dumps(asyncio.run(_load(int(port), int(connections), float(seconds)))))
        return 0
    figures = _figures(options.connections, options.rounds, options.seconds)
    _print(figures)
    if options.json:
        options.json.write_text(json.dumps([asdict(figure) for figure in figures], indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
