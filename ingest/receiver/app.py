"""The receiver's Flask application: three routes, and an answer for everything else.

It is called by the gate with the whole request in memory. Nothing here blocks: the webhook route checks
the signature and hands the delivery to the inbox; the gate then waits for the commit before it sends the
answer that this application returned. A webhook's view it calls directly, and dispatches here what that
refuses: routing, contexts and objects of Flask for an answer that is always the same would cost more than
the check and the fsync together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, Request, Response, request
from flask.sessions import NullSession, SessionInterface
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from cbw.errors import InboxUnavailableError
from cbw.logs import Logger
from ingest.inbox.delivery import NewDelivery
from ingest.receiver.exchange import (
    ACCEPTED,
    ENVIRON_KEY,
    INVALID_SIGNATURE,
    RETRY_SECONDS,
    UNAVAILABLE,
    Answer,
    Exchange,
)
from ingest.receiver.readiness import Readiness
from ingest.secrets.signature import InvalidSignatureError

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ingest.inbox.inbox import Inbox
    from ingest.secrets.keyring import Keyring

WEBHOOK = "webhook"
"""The endpoint whose view takes a request in."""
WEBHOOK_PATH = "/webhooks/clickbank"
SERVER_FAULT = 500

log = Logger(__name__)


def create_app(keyring: Keyring, inbox: Inbox) -> Flask:
    """Return the application that verifies with this keyring and stores in this inbox."""
    app = Flask("ingest.receiver.app", static_folder=None)
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.session_interface = _NoSessions()
    # A redirect would turn the sender's POST into a GET, and lose the event.
    app.url_map.merge_slashes = False
    app.url_map.redirect_defaults = False
    _add_routes(app, keyring, inbox)
    _add_error_handlers(app)
    return app


def _add_routes(app: Flask, keyring: Keyring, inbox: Inbox) -> None:
    @app.post(WEBHOOK_PATH, endpoint=WEBHOOK)
    def receive(exchange: Exchange | None = None) -> Answer:
        exchange = exchange or _exchange()
        exchange.secret_id = keyring.verify(exchange.body, exchange.signatures)
        exchange.stored = inbox.submit(
            NewDelivery.now(
                exchange.body, exchange.secret_id, content_type=exchange.content_type, peer=exchange.peer
            )
        )
        return ACCEPTED

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
    @app.errorhandler(InvalidSignatureError)
    def invalid_signature(exc: InvalidSignatureError) -> Response:
        return _refuse(INVALID_SIGNATURE, exc.reason)

    @app.errorhandler(InboxUnavailableError)
    def inbox_unavailable(exc: InboxUnavailableError) -> Response:
        return _refuse(UNAVAILABLE, exc.cause)

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
