"""``cbw admin``: the admin listener alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cbw.options import data_dir_option
from cbw.settings import load_settings

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.option("--host", help="Address to bind.  [env: CBW_ADMIN_HOST; default: 127.0.0.1]")
@click.option("--port", type=int, help="Its port.  [env: CBW_ADMIN_PORT; default: 8401]")
@data_dir_option
def admin(*, host: str | None, port: int | None, data_dir: Path | None) -> int:
    """Run the admin listener alone: the status page, the newest report, metrics for Prometheus, and a health probe.

    It only reads files. Any but a loopback address needs CBW_ADMIN_TOKEN.

    \b
    Examples:
      cbw admin
      CBW_ADMIN_TOKEN=... cbw admin --host 0.0.0.0
      curl --silent http://127.0.0.1:8401/metrics
    """
    from cbw.logs import configure_logging
    from transforms.admin.server import run_admin

    configure_logging()
    return run_admin(load_settings(admin_host=host, admin_port=port, data_dir=data_dir))
