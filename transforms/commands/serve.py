"""``cbw serve``: receiver, pipeline and admin listener, supervised."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from cbw.options import serving_options

SELF = [sys.executable, "-m", "cbw"]


@click.command()
@serving_options
def serve(*, behind_proxy: bool, **options: Any) -> int:
    """Run the receiver, the pipeline and the admin listener, supervised: one that dies is started again.

    Every setting is an environment variable (or a line in .env); docs/settings.md lists them all.

    \b
    Examples:
      CBW_WEBHOOK_SECRET=... cbw serve
      cbw serve --port 9000 --workers 2 --data-dir /var/lib/cbw
      cbw serve --host 0.0.0.0 --port 443 --tls-cert fullchain.pem --tls-key key.pem
    """
    from cbw.addresses import admin_address, check_certificate, free_address
    from cbw.locks import hold_data_dir
    from cbw.logs import configure_logging
    from cbw.place import Place
    from cbw.settings import load_settings, unknown_variables
    from cbw.supervisor import PIPELINE_NICENESS, Child, Supervisor
    from ingest.secrets.keyring import Keyring

    configure_logging()
    settings = load_settings(**options)
    Keyring.from_settings(settings)
    check_certificate(settings)
    # The children check this too; checking first reports a fault once, before any child starts.
    os.close(hold_data_dir(settings))
    free_address(settings.host, settings.port)
    admin_address(settings)
    for name in unknown_variables():
        click.echo(f"cbw: warning: {name} is no setting; see `cbw serve --help`", err=True)
    given = {f"CBW_{name.upper()}": str(value) for name, value in options.items() if value is not None}
    receive = [*SELF, "receive", *(["--behind-proxy"] if behind_proxy else [])]
    children = [
        Child("receive", receive),
        Child("pipeline", [*SELF, "pipeline"], niceness=PIPELINE_NICENESS),
        Child("admin", [*SELF, "admin"]),
    ]
    return Supervisor(children, os.environ | given, Place.at_start(settings.data_dir)).run()
