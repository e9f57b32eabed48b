"""The gate and the application together, driven over ASGI: their answers when the inbox cannot keep up."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog

from ingest.inbox.inbox import Bounds, Inbox
from ingest.inbox.reader import InboxReader
from ingest.receiver.app import create_app
from ingest.receiver.body import BodyLimits
from ingest.receiver.endpoints import COMMAND_CENTER
from ingest.receiver.exchange import ENVIRON_KEY, Exchange
from ingest.receiver.gate import Gate
from ingest.receiver.peers import Peers
from ingest.secrets.keyring import Keyring
from ingest.secrets.signature import Secret, sign

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import datetime
    from pathlib import Path

    import pytest
    from flask import Flask

KEY = b"the-secret-that-the-tests-use"
BODY = b'{"type": "sale.created"}'


@dataclass
class Reply:
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    async def take(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self.body += message["body"]


@dataclass
class Bench:
    """A gate with a real application and a real inbox, and no server."""

    inbox: Inbox
    app: Flask
    gate: Gate

    async def request(self, method: str, path: str, body: bytes = b"", signature: str | None = None) -> Reply:
        headers = [(b"host", b"localhost"), (b"content-length", str(len(body)).encode())]
        if signature is not None:
            headers.append((b"x-webhook-signature", signature.encode()))
        scope = {
            "type": "http", "http_version": "1.1", "method": method, "raw_path": path.encode(),
            "query_string": b"", "headers": headers, "client": ("203.0.113.7", 1234),
        }  # fmt: skip
        reply = Reply()
        await self.gate(scope, _one_message(body), reply.take)
        return reply

    async def post(self, body: bytes = BODY) -> Reply:
        return await self.request("POST", COMMAND_CENTER.path, body, sign(KEY, body))


def _one_message(body: bytes) -> Any:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


@asynccontextmanager
async def bench(
    path: Path,
    *,
    bounds: Bounds | None = None,
    commit_seconds: float = 2.0,
    keyring: Keyring | None = None,
) -> AsyncIterator[Bench]:
    inbox = Inbox(path, bounds=bounds)
    app = create_app(keyring or Keyring([Secret("current", KEY)]), inbox)
    gate = Gate(app, inbox, peers=Peers(), body_limits=BodyLimits(), commit_seconds=commit_seconds)
    inbox.start()
    try:
        yield Bench(inbox, app, gate)
    finally:
        if not inbox.is_draining:
            await inbox.close()


def stored(path: Path) -> list[bytes]:
    with InboxReader(path) as reader:
        return [delivery.body for delivery in reader.read_after(0, 10**6, 10**9)]


def test_a_commit_past_the_deadline_is_503_and_never_a_200(path: Path) -> None:
    """The event may be stored all the same; a repeat of it is the same event."""

    async def check() -> None:
        async with bench(path) as it:
            assert (await it.post(b"before")).status == 200
            it.gate._commits.seconds = 0.1
            with closing(sqlite3.connect(path, isolation_level=None)) as blocker:
                blocker.execute("begin immediate")
                reply = await it.post(b"late")
            assert (reply.status, reply.body) == (503, b"Unavailable, try again")
            assert int(reply.headers["Retry-After".lower()]) > 0
            it.gate._commits.seconds = 30.0
            assert (await it.post(b"after")).status == 200

    asyncio.run(check())
    assert stored(path) == [b"before", b"late", b"after"]


def test_flask_answers_a_webhook_as_its_view_called_directly_does(path: Path) -> None:
    async def check() -> None:
        async with bench(path) as it:
            direct = await it.post(b"direct")
            headers = {b"x-webhook-signature": [sign(KEY, b"dispatched").encode()]}
            exchange = Exchange("id", headers=headers, body=b"dispatched")
            response = it.app.test_client().post(
                COMMAND_CENTER.path, environ_overrides={ENVIRON_KEY: exchange}
            )
            assert exchange.stored is not None
            await exchange.stored
            assert (direct.status, direct.body) == (response.status_code, response.data)
            assert {**direct.headers, "x-request-id": ""} == {
                "x-request-id": "",
                **{name.lower(): value for name, value in response.headers.items()},
            }

    asyncio.run(check())
    assert stored(path) == [b"direct", b"dispatched"]


def test_a_refusal_is_verified_once_and_counted_once(path: Path) -> None:
    async def check() -> None:
        keyring = _CountingKeyring([Secret("current", KEY)])
        async with bench(path, keyring=keyring) as it:
            reply = await it.request("POST", COMMAND_CENTER.path, BODY, signature="0" * 64)
            assert (reply.status, reply.body) == (401, b"Invalid signature")
            assert it.gate._recorder.tally.requests == {(401, "mismatch"): 1}
        assert keyring.verifications == 1

    asyncio.run(check())
    assert stored(path) == []


class _CountingKeyring(Keyring):
    verifications = 0

    def verify(self, body: bytes, header_values: Sequence[bytes], now: datetime) -> str:
        self.verifications += 1
        return super().verify(body, header_values, now)


def test_a_full_queue_is_503_and_not_a_longer_wait(path: Path) -> None:
    async def check() -> list[Reply]:
        async with bench(path, bounds=Bounds(rows=5)) as it:
            replies = await asyncio.gather(*(it.post(b"%d" % number) for number in range(20)))
            assert (await it.post(b"room again")).status == 200
            return replies

    replies = asyncio.run(check())
    assert {reply.status for reply in replies} == {200, 503}
    assert [reply.status for reply in replies].count(200) + 1 == len(stored(path))


def test_a_draining_receiver_is_503_and_not_ready(path: Path) -> None:
    async def check() -> None:
        async with bench(path) as it:
            await it.inbox.close()
            assert (await it.post()).status == 503
            ready = await it.request("GET", "/readyz")
            assert (ready.status, json.loads(ready.body)["failing"]) == (503, ["draining"])
            assert ready.headers["retry-after"]
            assert (await it.request("GET", "/healthz")).status == 200

    asyncio.run(check())


def test_a_fault_of_ours_is_503_and_never_500(path: Path) -> None:
    async def check() -> None:
        async with bench(path) as it:

            @it.app.get("/faulty")
            def faulty() -> str:
                raise RuntimeError("private detail")

            with structlog.testing.capture_logs() as lines:
                reply = await it.request("GET", "/faulty")
            assert (reply.status, reply.body) == (503, b"Unavailable, try again")
            assert [line["event"] for line in lines] == ["webhook.unexpected", "webhook.request"]

    asyncio.run(check())


def test_a_fault_before_the_application_is_503_too(path: Path) -> None:
    async def receive() -> dict[str, Any]:
        raise RuntimeError("the channel broke")

    async def check() -> None:
        async with bench(path) as it:
            reply = Reply()
            scope = {
                "type": "http", "http_version": "1.1", "method": "POST", "raw_path": b"/",
                "query_string": b"", "headers": [(b"host", b"a"), (b"content-length", b"1")], "client": None,
            }  # fmt: skip
            await it.gate(scope, receive, reply.take)
            assert reply.status == 503

    asyncio.run(check())


def test_the_environ_holds_nothing_of_the_processs_environment(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CBW_WEBHOOK_SECRET", KEY.decode())
    seen: dict[str, Any] = {}

    async def check() -> None:
        async with bench(path) as it:

            @it.app.before_request
            def look() -> None:
                from flask import request  # noqa: PLC0415 - the proxy of this one request

                seen.update(request.environ)

            await it.request("PUT", COMMAND_CENTER.path, BODY, signature="")

    asyncio.run(check())
    assert isinstance(seen[ENVIRON_KEY], Exchange)
    assert not set(seen) & set(os.environ)
    assert KEY.decode() not in repr(seen)


def test_a_head_request_is_answered_like_get(path: Path) -> None:
    async def check() -> None:
        async with bench(path) as it:
            reply = await it.request("HEAD", "/healthz")
            assert (reply.status, reply.body) == (200, b"")

    asyncio.run(check())


def test_the_lifespan_opens_the_inbox_and_drains_it(path: Path) -> None:
    async def check() -> list[str]:
        inbox = Inbox(path)
        gate = Gate(
            create_app(Keyring([Secret("current", KEY)]), inbox),
            inbox,
            peers=Peers(),
            body_limits=BodyLimits(),
        )
        messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
        sent: list[str] = []

        async def receive() -> dict[str, Any]:
            return next(messages)

        async def send(message: dict[str, Any]) -> None:
            sent.append(message["type"])

        await gate({"type": "lifespan"}, receive, send)
        return sent

    assert asyncio.run(check()) == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert stored(path) == []
