"""The pages for people, each behind the login; `current_app.config["CBW_SETTINGS"]` holds the settings."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

import duckdb
from flask import Blueprint, Response, current_app, send_file

from cbw.errors import CbwError
from cbw.logs import Logger
from cbw.settings import Settings
from transforms.report.live import look, render
from transforms.report.shelf import newest_report

pages = Blueprint("pages", __name__)

log = Logger(__name__)

NO_REPORT = "There is no report yet: `cbw report` writes one.\n"


@pages.get("/")
def index() -> str:
    """Show the state of the installation, in a page that refreshes itself."""
    now, settings = datetime.now(tz=UTC), _settings()
    return render(look(settings, now), zone=settings.timezone, now=now)


@pages.get("/report")
def report() -> Response:
    """Show the newest report."""
    newest = newest_report(_settings().data_dir)
    if newest is None:
        return Response(NO_REPORT, 404, content_type="text/plain; charset=utf-8")
    return send_file(newest, mimetype="text/html")


@pages.errorhandler(CbwError)
@pages.errorhandler(OSError)
@pages.errorhandler(duckdb.Error)
@pages.errorhandler(sqlite3.Error)
def unreadable(error: Exception) -> Response:
    """Report a file that cannot be read just now; the open page goes on trying."""
    log.warning("admin.page_unreadable", error=type(error).__name__)
    sentence = (
        str(error)
        if isinstance(error, CbwError)
        else "A file cannot be read just now; `cbw doctor` says why."
    )
    return Response(f"{sentence}\n", 503, content_type="text/plain; charset=utf-8")


def _settings() -> Settings:
    settings = current_app.config["CBW_SETTINGS"]
    assert isinstance(settings, Settings)
    return settings
