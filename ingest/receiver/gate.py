"""The gate between the web server (ASGI) and the Flask application (WSGI).

A WSGI application reads the body from a socket: a slow sender holds a thread for ever, a broken body looks like a
short one, and WSGI merges header names that differ in dashes and underscores. So the gate reads the whole request,
within limits and against a deadline, calls the application with the body in memory, and waits for the commit without
holding a thread. The application decides the answer; the gate refuses only broken framing, slow or large requests, and
peers that are not allowed.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cbw.errors import InboxUnavailableError
from cbw.logs import Logger
from ingest.receiver.answers import INVALID_SIGNATURE, UNAVAILABLE, Answer
from ingest.receiver.body import BodyLimits, BodyReader, Receive
from ingest.receiver.deadlines import Deadlines
from ingest.receiver.endpoints import BY_PATH, ENDPOINTS
from ingest.receiver.exchange import Exchange
from ingest.receiver.head import Head, RefusedError
from ingest.receiver.rate_limit import RateLimit
from ingest.receiver.recorder import Recorder
from ingest.receiver.watchdog import Pulse
from ingest.receiver.wsgi import call

if TYPE_CHECKING:
    from flask import Flask

    from ingest.inbox.inbox import Inbox
    from ingest.receiver.peers import Peers

# A sender gets its answer within 2 s: half a second is for the network and a busy machine.
COMMIT_SECONDS = 1.5
REFUSALS_LOGGED_PER_SECOND = 20
FIRST_ERROR_STATUS = 400
SERVER_FAULT = 500
_RAW_PATHS = {endpoint.path.encode() for endpoint in ENDPOINTS}

Send = Callable[[dict[str, Any]], Awaitable[None]]


class Gate:
    """The ASGI application that the web server calls.

    Args:
        app: The Flask application, which decides.
        inbox: Started and closed with the worker's lifespan.
        peers: The addresses that may send.
        body_limits: The limits of a body.
        commit_seconds: The longest wait for a commit before the sender gets 503.
        recorder: Counts the answers, and starts and stops with the inbox; None counts in memory only.
        pulse: The worker's heartbeat; None without a watchdog.
    """

    def __init__(
        self,
        app: Flask,
        inbox: Inbox,
        *,
        peers: Peers,
        body_limits: BodyLimits,
        commit_seconds: float = COMMIT_SECONDS,
        recorder: Recorder | None = None,
        pulse: Pulse | None = None,
    ) -> None:
        self._app = app
        self._inbox = inbox
        self._peers = peers
        self._bodies = BodyReader(body_limits)
        self._commits: Deadlines[asyncio.Future[int]] = Deadlines(commit_seconds, _time_out)
        self._recorder = recorder or Recorder(inbox)
        self._pulse = pulse or Pulse()
        self._log = Logger(__name__)
        self._logs_accepted = self._log.is_enabled_for(logging.DEBUG)
        self._refusals = RateLimit(per_second=REFUSALS_LOGGED_PER_SECOND)
        self._ids = itertools.count(1)
        self._id_prefix = secrets.token_hex(6)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request, or the lifespan of the worker."""
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        else:
            await self._run_lifespan(receive, send)

    async def _run_lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        self._inbox.start()
        self._recorder.start()
        beating = asyncio.create_task(self._pulse.keep_beating(self._inbox.index))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._inbox.close()
        self._recorder.stop()
        beating.cancel()
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        exchange = Exchange(f"{self._id_prefix}-{next(self._ids):x}")
        answer = await self._answer_always(scope, receive, exchange)
        # Before the answer is sent: the peer may close the connection then, and end this coroutine.
        self._record(scope, exchange, answer.status, started)
        headers = [_encoded(header) for header in answer.headers]
        headers.append((b"x-request-id", exchange.request_id.encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def _answer_always(self, scope: dict[str, Any], receive: Receive, exchange: Exchange) -> Answer:
        try:
            return await self._answer(scope, receive, exchange)
        except RefusedError as exc:
            exchange.reason = exc.reason
            return exc.answer
        except InboxUnavailableError as exc:
            exchange.reason = exc.cause
            return UNAVAILABLE
        except Exception:  # noqa: BLE001 - our fault is a 503: a sender may take a 500 for final
            self._log.exception("webhook.unexpected", request_id=exchange.request_id)
            exchange.reason = "unexpected"
            return UNAVAILABLE

    async def _answer(self, scope: dict[str, Any], receive: Receive, exchange: Exchange) -> Answer:
        head = Head.from_scope(scope)
        exchange.peer = self._peers.peer(head.client, head.headers.get(b"x-forwarded-for", ()))
        endpoint = BY_PATH.get(head.path)
        if endpoint is not None and endpoint.has_peer_list and not self._peers.allows(exchange.peer):
            raise RefusedError(INVALID_SIGNATURE, "peer_not_allowed")
        exchange.headers = head.headers
        if head.content_length != 0:
            exchange.body = await self._bodies.read(receive, head.content_length)
        answer = call(self._app, head, exchange)
        if exchange.stored is not None:
            await self._committed(exchange.stored)
        return answer

    async def _committed(self, stored: asyncio.Future[int]) -> None:
        """Wait for the fsync, up to the deadline: the inbox may still commit the event after a 503.

        That is harmless, since a repeat is the same event; a 200 before the commit could lose it.
        """
        self._commits.begin(stored)
        try:
            await stored
        finally:
            self._commits.finish(stored)

    def _record(self, scope: dict[str, Any], exchange: Exchange, status: int, started: float) -> None:
        """Count the request and log its line: debug for an acceptance, rate limited for a refusal."""
        seconds = time.perf_counter() - started
        self._recorder.count(exchange, status, seconds)
        if status < FIRST_ERROR_STATUS:
            if not self._logs_accepted:
                return
            write, suppressed = self._log.debug, 0
        else:
            write = self._log.warning if status >= SERVER_FAULT else self._log.info
            admitted = self._refusals.admit(exchange.reason)
            if admitted is None:
                return
            suppressed = admitted
            if status < SERVER_FAULT and scope["raw_path"] in _RAW_PATHS:
                self._recorder.reject(exchange, status, suppressed)
        write(
            "webhook.request",
            request_id=exchange.request_id,
            method=scope["method"],
            path=scope["raw_path"][:200].decode("ascii", "backslashreplace"),
            code=status,
            reason=exchange.reason,
            bytes=len(exchange.body),
            ms=round(seconds * 1000, 3),
            peer=exchange.peer,
            suppressed=suppressed,
        )


@lru_cache(maxsize=256)
def _encoded(header: tuple[str, str]) -> tuple[bytes, bytes]:
    name, value = header
    return name.lower().encode("latin-1"), value.encode("latin-1")


def _time_out(stored: asyncio.Future[int]) -> None:
    if not stored.done():
        stored.set_exception(InboxUnavailableError("the commit takes too long", cause="timeout"))
