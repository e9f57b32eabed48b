"""The admin listener's Flask application: ``/healthz``, ``/metrics`` and the pages, behind the login."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, Response
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from transforms.admin.login import Login
from transforms.admin.metrics import registry
from transforms.admin.pages import pages

if TYPE_CHECKING:
    from cbw.settings import Settings

LOCAL_HOSTS = ["localhost", "127.0.0.1"]
MOST_BODY_BYTES = 16 * 1024


def create_admin_app(settings: Settings) -> Flask:
    """Return the application for this installation; it holds nothing open and writes nothing.

    A page is added as a route of `transforms.admin.pages`: every route but the health probe and the login is behind
    the login without a line of its own.
    """
    app = Flask("transforms.admin", static_folder=None)
    app.config.update(CBW_SETTINGS=settings, MAX_CONTENT_LENGTH=MOST_BODY_BYTES)
    if settings.admin_token is None:
        # Without a token the listener is on a loopback address. A stranger's page could point its own name at that
        # address and read us through the operator's browser; it cannot change the name that the browser asks for.
        app.config["TRUSTED_HOSTS"] = [*LOCAL_HOSTS, settings.admin_host]
    else:
        Login(settings.admin_token.get_secret_value()).protect(app)
    app.register_blueprint(pages)
    _add_probes(app, settings)
    app.after_request(_harden)
    return app


def _add_probes(app: Flask, settings: Settings) -> None:
    metrics_of = registry(settings)

    @app.get("/healthz")
    def healthz() -> Response:
        return Response("OK", content_type="text/plain; charset=utf-8")

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(metrics_of), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _harden(response: Response) -> Response:
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("X-Frame-Options", "DENY")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    response.headers.setdefault("Cache-Control", "no-store")
    return response
