"""``cbw pipeline``: the pipeline alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cbw.options import data_dir_option
from cbw.settings import load_settings

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@data_dir_option
def pipeline(*, data_dir: Path | None) -> int:
    """Run the pipeline alone: load, build, check, publish, every CBW_REFRESH_SECONDS.

    \b
    Example:
      cbw pipeline --data-dir /var/lib/cbw
    """
    from cbw.logs import configure_logging
    from transforms.service.schedule import run_pipeline

    configure_logging()
    return run_pipeline(load_settings(data_dir=data_dir))
