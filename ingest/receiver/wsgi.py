"""Calls the Flask application with a request that is already in memory, and returns its whole answer."""

from __future__ import annotations

import sys
from io import BytesIO
from typing import TYPE_CHECKING, Any

from cbw.errors import CbwError
from ingest.receiver.app import WEBHOOK, WEBHOOK_PATH
from ingest.receiver.exchange import ENVIRON_KEY, Answer, Exchange

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from ingest.receiver.head import Head


def call(app: Flask, head: Head, exchange: Exchange) -> Answer:
    """Return what the application answers; it must not block, since this runs in the event loop.

    A webhook goes straight to its view. What the view refuses is dispatched by Flask, whose error handlers answer it;
    until it refuses it has changed nothing.
    """
    if head.path == WEBHOOK_PATH and head.method == "POST":
        try:
            answer = app.view_functions[WEBHOOK](exchange)
        except CbwError:
            return _dispatch(app, head, exchange)
        assert isinstance(answer, Answer)
        return answer
    return _dispatch(app, head, exchange)


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
    """Return the least environ that Flask needs; nothing of the process's environment is in it."""
    return {
        # A method is case-sensitive, and Werkzeug's are not: "post" must meet no route.
        "REQUEST_METHOD": head.method if head.method.isupper() else "-",
        "SCRIPT_NAME": "",
        # It also strips leading slashes, and "//webhooks/clickbank" is another path than ours.
        "PATH_INFO": f"/-{head.path}" if head.path.startswith("//") else head.path,
        "QUERY_STRING": "",
        "CONTENT_TYPE": exchange.content_type or "",
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
