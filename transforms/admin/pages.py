"""The pages a person opens, each behind the login; `current_app.config["CBW_SETTINGS"]` says where the data is."""

from __future__ import annotations

from flask import Blueprint

pages = Blueprint("pages", __name__)

INDEX = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>clickbank-warehouse</title>
<h1>clickbank-warehouse</h1>
<ul>
<li><a href="/metrics">/metrics</a>: figures for Prometheus
<li><a href="/healthz">/healthz</a>: whether this listener is alive
</ul></html>
"""


@pages.get("/")
def index() -> str:
    """Show what this listener serves."""
    return INDEX
