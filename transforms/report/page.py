"""Write a report as one HTML page that needs no network; Jinja escapes every value."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from transforms.report import formats
from transforms.report.chart import HALF, NARROW, WIDE, place
from transforms.report.cohorts import HORIZONS
from transforms.report.content import MOST_ROWS, Report
from transforms.report.trends import vendor_name

if TYPE_CHECKING:
    from collections.abc import Callable

PACKAGE = "transforms.report"


def render(report: Report) -> str:
    """Return the page of a report."""
    return write("report.html.j2", "report.js", report=report, most_rows=MOST_ROWS, horizons=HORIZONS)


def write(template: str, script: str, *, connect: str = "'none'", **values: Any) -> str:
    """Fill a template of this package, with the style sheet and the scripts inside the page.

    The page's content security policy admits these alone, by their hashes: even a vendor's name that slipped through
    the escaping could neither run a script nor load one.

    Args:
        template: The file's name.
        script: The script's file, in addition to the one of every page.
        connect: The addresses that the policy lets the script fetch.
        values: The template's variables.
    """
    environment = _environment()
    style, code = _source("page.css"), _source("page.js") + _source(script)
    return environment.get_template(template).render(
        style=Markup(style),  # noqa: S704 - our own file
        script=Markup(code),  # noqa: S704 - our own file
        policy=_policy(style, code, connect),
        **values,
    )


def _policy(style: str, script: str, connect: str) -> str:
    return (
        f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}; connect-src {connect}"
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _source(name: str) -> str:
    loader = _environment().loader
    assert loader is not None
    return loader.get_source(_environment(), name)[0]


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(PACKAGE), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    filters: dict[str, Callable[..., Any]] = {
        "money": formats.money, "percent": formats.percent, "count": formats.count, "day": formats.day,
        "instant": formats.instant, "hours": formats.hours, "plain": formats.plain, "ago": formats.ago,
        "vendor": vendor_name,
    }  # fmt: skip
    environment.filters |= filters
    environment.globals |= {"place": place, "WIDE": WIDE, "HALF": HALF, "NARROW": NARROW}
    return environment
