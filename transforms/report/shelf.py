"""The directory of reports: ``<data dir>/reports/``, with ``latest.html`` as the link to the newest."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cbw.data_dir import REPORTS, make_below
from cbw.durable import sync
from cbw.errors import WarehouseError
from transforms.report.gather import gather
from transforms.report.limits import Limits
from transforms.report.page import render
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from pathlib import Path

    from cbw.settings import Settings

KEEP_REPORTS = 60
LATEST = "latest.html"
DEFAULT_DAYS = 30


def write_report(settings: Settings, *, days: int = DEFAULT_DAYS, output: Path | None = None) -> Path:
    """Write a report of the newest published version.

    The file appears whole or not at all. Without ``output`` it joins the reports of the data directory, which keeps
    the latest 60.

    Args:
        settings: The location of the warehouse.
        days: The length of the period: 7, 30, 60 or 90.
        output: The file to write outside the data directory.

    Returns:
        The file written.

    Raises:
        WarehouseError: No version is published yet, or the file cannot be written.
        ConfigurationError: The owner's limits are wrong.
    """
    now = datetime.now(tz=UTC)
    limits = Limits.for_data_dir(settings.data_dir)
    with Warehouse(settings.warehouse_path) as warehouse:
        page = render(gather(warehouse, limits, days=days, zone=settings.timezone, now=now))
    reports = settings.data_dir / REPORTS
    path = output or reports / f"report-{now:%Y%m%dT%H%M%S.%fZ}.html"
    try:
        if output is None:
            make_below(settings.data_dir, reports)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, page)
        if output is None:
            _switch(path)
            _prune(reports)
    except OSError as exc:
        raise WarehouseError(f"the report cannot be written to {path}: {exc.strerror or exc}") from exc
    return path


def newest_report(data_dir: Path) -> Path | None:
    """Return the newest report of a data directory; None when it holds none."""
    latest = data_dir / REPORTS / LATEST
    return latest.resolve() if latest.exists() else None


def _replace(path: Path, page: str) -> None:
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        unfinished.write_text(page, encoding="utf-8")
        sync(unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    sync(path.parent)


def _switch(path: Path) -> None:
    new_link = path.with_name(f"{LATEST}.new")
    new_link.unlink(missing_ok=True)
    new_link.symlink_to(path.name)
    new_link.replace(path.with_name(LATEST))
    sync(path.parent)


def _prune(reports: Path) -> None:
    for path in sorted(reports.glob("report-*.html"))[:-KEEP_REPORTS]:
        path.unlink()
