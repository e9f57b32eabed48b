"""``cbw receive``: the receiver alone."""

from __future__ import annotations

from typing import Any

import click

from cbw.options import serving_options


@click.command()
@serving_options
def receive(*, behind_proxy: bool, **options: Any) -> int:
    """Run the receiver alone: verified webhooks go to the inbox, nothing else happens.

    \b
    Examples:
      CBW_WEBHOOK_SECRET=... cbw receive
      cbw receive --host 0.0.0.0 --behind-proxy --workers 2
      cbw receive --host 0.0.0.0 --port 443 --tls-cert fullchain.pem --tls-key key.pem
    """
    from cbw.settings import load_settings
    from ingest.receiver.server import Serving, run_receiver

    return run_receiver(load_settings(**options), Serving(behind_proxy=behind_proxy))
