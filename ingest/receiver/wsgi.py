"""Calls the Flask application with a request in memory, and returns its whole answer."""

from __future__ import annotations

import sys
from io import BytesIO
from typing import TYPE_CHECKING, Any

from ingest.receiver.answers import Answer
from ingest.receiver.endpoints import BY_PATH
from ingest.receiver.exchange import ENVIRON_KEY, Exchange

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from ingest.receiver.head import Head


def call(app: Flask, head: Head, exchange: Exchange) -> Answer:
    """Return the application's answer; it must not block, since this runs in the event loop.

    A delivery goes straight to its endpoint's view: Flask's routing, contexts and objects would cost more than the
    check and the fsync together.

    Raises:
        InboxUnavailableError: The delivery is authentic, and cannot be stored now.
    """
    endpoint = BY_PATH.get(head.path) if head.method == "POST" else None
    view = None if endpoint is None else app.view_functions.get(endpoint.source)
    if view is None:
        return _dispatch(app, head, exchange)
    answer = view(exchange)
    assert isinstance(answer, Answer)
    return answer


def _dispatch(app: Flask, head: Head, exchange: Exchange) -> Answer:
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], _: Any = None
    ) -> Callable[[bytes], object]:
        started.append((status, headers))
        return _refuse_to_write

    chunks = app.wsgi_app(_environ(head, exchange), start_response)
    status, headers = started[0]
    return Answer(b"".join(chunks), int(status[:3]), headers)


def _environ(head: Head, exchange: Exchange) -> dict[str, Any]:
    """Return the smallest environ that Flask accepts, without anything of the process's environment."""
    return {
        # HTTP methods are case-sensitive, and Werkzeug ignores the case: "post" must match no route.
        "REQUEST_METHOD": head.method if head.method.isupper() else "-",
        "SCRIPT_NAME": "",
        # Werkzeug strips leading slashes, and "//webhooks/clickbank" is another path than ours.
        "PATH_INFO": f"/-{head.path}" if head.path.startswith("//") else head.path,
        "QUERY_STRING": "",
        "CONTENT_LENGTH": str(len(exchange.body)),
        "REMOTE_ADDR": exchange.peer or "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(exchange.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        ENVIRON_KEY: exchange,
    }


def _refuse_to_write(_: bytes) -> object:
    raise NotImplementedError("the application returns its body")
