"""The systems that receive webhooks: ours, an empty handler as the limit, and the two that a developer writes first.

    python -m benchmarks.receiving.servers receiver|empty|duckdb|postgres PORT WORKERS

All run on Granian with the same settings. The last two verify the signature as ours does, and answer after their
database has durably committed the event.
"""

from __future__ import annotations

import hmac
import os
import sys
import threading
from hashlib import sha256
from typing import TYPE_CHECKING

from flask import Flask, Response, request

from benchmarks.receiving.events import PATH, SECRET

if TYPE_CHECKING:
    from collections.abc import Callable

THREADS = 32


def _receiver(port: int, workers: int) -> int:
    from cbw.settings import load_settings  # noqa: PLC0415
    from ingest.receiver.server import run_receiver  # noqa: PLC0415 - a peer's environment lacks it

    return run_receiver(load_settings(port=port, workers=workers))


def _serve(load: Callable[[], Flask], port: int, workers: int) -> int:
    from granian.constants import Interfaces  # noqa: PLC0415 - only here
    from granian.server.mp import MPServer  # noqa: PLC0415

    server = MPServer(
        "benchmarks.receiving.servers", port=port, workers=workers, interface=Interfaces.WSGI,
        blocking_threads=THREADS, backpressure=1024, websockets=False, workers_kill_timeout=3,
    )  # fmt: skip
    server.serve(target_loader=load, wrap_loader=False)
    return 0


def _empty() -> Flask:
    app = Flask("empty")

    @app.post(PATH)
    def receive() -> str:
        request.get_data()
        return "OK"

    return app


def _storing(store: Callable[[bytes], None]) -> Flask:
    app = Flask("storing")

    @app.post(PATH)
    def receive() -> Response:
        body = request.get_data()
        expected = hmac.new(SECRET.encode(), body, sha256).hexdigest()
        if not hmac.compare_digest(expected.encode(), request.headers["X-Webhook-Signature"].encode()):
            return Response("Invalid signature", 401)
        store(body)
        return Response("OK")

    return app


def _duckdb() -> Flask:
    import duckdb  # noqa: PLC0415 - only this one

    connection = duckdb.connect(os.environ["PEER_DATABASE"])
    connection.execute("create table if not exists events (received_at timestamptz default now(), body blob)")
    local = threading.local()

    def store(body: bytes) -> None:
        if not hasattr(local, "cursor"):
            local.cursor = connection.cursor()
        local.cursor.execute("insert into events (body) values (?)", [body])

    return _storing(store)


def _postgres() -> Flask:
    from psycopg_pool import ConnectionPool  # noqa: PLC0415 - only this one

    pool = ConnectionPool(os.environ["PEER_DATABASE"], min_size=THREADS // 2, max_size=THREADS, open=True)
    with pool.connection() as connection:
        connection.execute(
            "select pg_advisory_xact_lock(1)"
        )  # two workers that create the table at once would fail
        connection.execute(
            "create table if not exists events (received_at timestamptz default now(), body bytea)"
        )

    def store(body: bytes) -> None:
        with pool.connection() as connection:
            connection.execute("insert into events (body) values (%s)", [body])

    return _storing(store)


if __name__ == "__main__":
    kind, port, workers = sys.argv[1:]
    if kind == "receiver":
        sys.exit(_receiver(int(port), int(workers)))
    loaders = {"empty": _empty, "duckdb": _duckdb, "postgres": _postgres}
    sys.exit(_serve(loaders[kind], int(port), int(workers)))
