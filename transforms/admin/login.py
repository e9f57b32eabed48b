"""The login of the admin listener: a request shows the token as a bearer header, or once in a form.

The form sets a signed cookie whose key derives from the token: a new token ends every session, and nothing is stored.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Blueprint, Response, redirect, request, session

from cbw.logs import Logger

if TYPE_CHECKING:
    from flask import Flask
    from flask.typing import ResponseReturnValue

OPEN_ENDPOINTS = {"healthz", "login.form", "login.enter"}
SESSION_HOURS = 12
_LOGGED_IN = "is_logged_in"

FORM = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>clickbank-warehouse</title>
<form method="post" action="/login">
<label>Token <input type="password" name="token" autocomplete="current-password" autofocus required></label>
<button>Log in</button> {message}
</form></html>
"""

log = Logger(__name__)


class Login:
    """Protects an application with one token.

    Args:
        token: CBW_ADMIN_TOKEN.
    """

    def __init__(self, token: str) -> None:
        self._token = token.encode()

    def protect(self, app: Flask) -> None:
        """Require the token, or a session that it started, for every route but the health probe and the form."""
        app.secret_key = hashlib.sha256(b"cbw admin session\0" + self._token).digest()
        app.config.update(
            SESSION_COOKIE_NAME="cbw_admin",
            SESSION_COOKIE_SAMESITE="Strict",
            PERMANENT_SESSION_LIFETIME=timedelta(hours=SESSION_HOURS),
        )
        app.before_request(self._guard)
        app.register_blueprint(self._routes())

    def _guard(self) -> ResponseReturnValue | None:
        if request.endpoint in OPEN_ENDPOINTS or session.get(_LOGGED_IN) or self._has_bearer():
            return None
        if "text/html" in request.headers.get("Accept", ""):
            return redirect("/login")
        return Response("Unauthorized", 401, {"WWW-Authenticate": "Bearer"}, content_type="text/plain")

    def _has_bearer(self) -> bool:
        shown = request.authorization
        return (
            shown is not None
            and shown.type == "bearer"
            and shown.token is not None
            and self._is_token(shown.token)
        )

    def _is_token(self, shown: str) -> bool:
        # As bytes, since `compare_digest` refuses text with letters outside ASCII.
        return hmac.compare_digest(shown.encode("utf-8", "surrogateescape"), self._token)

    def _routes(self) -> Blueprint:
        routes = Blueprint("login", __name__)

        @routes.get("/login")
        def form() -> str:
            return FORM.format(message="")

        @routes.post("/login")
        def enter() -> ResponseReturnValue:
            if not self._is_token(request.form.get("token", "")):
                log.warning("admin.login_refused", peer=request.remote_addr)
                return FORM.format(message="That is not the token."), 401
            session.permanent = True
            session[_LOGGED_IN] = True
            return redirect("/")

        return routes
