"""The receiver's Flask application: the endpoints, two probes, and an answer for everything else.

The gate calls it with the whole request in memory. Nothing here blocks: an endpoint's view calls `receive` and hands an
authentic delivery to the inbox; the gate then waits for the commit before it sends the view's answer.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flask import Flask, Request, Response, request
from flask.sessions import NullSession, SessionInterface
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from cbw.logs import Logger
from ingest.receiver.answers import ACCEPTED, RETRY_SECONDS, UNAVAILABLE, Answer
from ingest.receiver.endpoints import ENDPOINTS, Endpoint
from ingest.receiver.exchange import ENVIRON_KEY, Exchange
from ingest.receiver.readiness import Readiness
from ingest.receiver.receive import receive

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.typing import ResponseReturnValue

    from ingest.inbox.inbox import Inbox
    from ingest.secrets.keyring import Keyring

SERVER_FAULT = 500

log = Logger(__name__)


def create_app(keyring: Keyring, inbox: Inbox) -> Flask:
    """Return the application that verifies with this keyring and stores in this inbox.

    It serves the endpoints of those senders that the keyring has secrets of.
    """
    app = Flask("ingest.receiver.app", static_folder=None)
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.session_interface = _NoSessions()
    # A redirect would turn the sender's POST into a GET, and lose the event.
    app.url_map.merge_slashes = False
    app.url_map.redirect_defaults = False
    for endpoint in ENDPOINTS:
        if endpoint.secrets(keyring):
            _add_endpoint(app, endpoint, keyring, inbox)
    _add_probes(app, inbox)
    _add_error_handlers(app)
    return app


def _add_endpoint(app: Flask, endpoint: Endpoint, keyring: Keyring, inbox: Inbox) -> None:
    view = _delivery_view(endpoint, keyring, inbox)
    app.add_url_rule(endpoint.path, endpoint.source, view, methods=["POST"])
    if endpoint.answers_get:
        app.add_url_rule(endpoint.path, f"{endpoint.source}_greeting", lambda: ACCEPTED, methods=["GET"])


def _delivery_view(endpoint: Endpoint, keyring: Keyring, inbox: Inbox) -> Callable[[Exchange | None], Answer]:
    def view(exchange: Exchange | None = None) -> Answer:
        exchange = exchange or _exchange()
        verdict = receive(
            endpoint, keyring, exchange.headers, exchange.body, peer=exchange.peer, now=datetime.now(UTC)
        )
        exchange.reason = verdict.reason
        if verdict.delivery is not None:
            exchange.secret_id = verdict.delivery.secret_id
            exchange.stored = inbox.submit(verdict.delivery)
        return verdict.answer

    return view


def _add_probes(app: Flask, inbox: Inbox) -> None:
    @app.get("/healthz")
    def healthz() -> Answer:
        return ACCEPTED

    @app.get("/readyz")
    def readyz() -> ResponseReturnValue:
        readiness = Readiness.of(inbox)
        if readiness.is_ready:
            return readiness.as_json()
        return readiness.as_json(), UNAVAILABLE.status, {"Retry-After": str(RETRY_SECONDS)}


def _add_error_handlers(app: Flask) -> None:
    @app.errorhandler(HTTPException)
    def http_error(exc: HTTPException) -> Response:
        if exc.code is None or exc.code >= SERVER_FAULT:
            return unexpected(exc)
        response = _refuse(Answer.plain(exc.code, exc.name), exc.name.lower().replace(" ", "_"))
        if isinstance(exc, MethodNotAllowed):
            response.allow.update(exc.valid_methods or ())
        return response

    @app.errorhandler(Exception)
    def unexpected(exc: Exception) -> Response:
        log.error("webhook.unexpected", request_id=_exchange().request_id, exc_info=exc)
        return _refuse(UNAVAILABLE, "unexpected")


def _exchange() -> Exchange:
    exchange: Exchange = request.environ[ENVIRON_KEY]
    return exchange


def _refuse(answer: Answer, reason: str) -> Response:
    _exchange().reason = reason
    return Response(answer.body, answer.status, answer.headers)


class _NoSessions(SessionInterface):
    """Spare each request the cookie machinery: a webhook has no session."""

    def open_session(self, app: Flask, request: Request) -> NullSession:  # noqa: ARG002 - the base's signature
        return NullSession()
