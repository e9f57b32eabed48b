"""Runs the admin listener: one process, a few threads."""

from __future__ import annotations

import signal
import sys
from ipaddress import ip_address
from typing import TYPE_CHECKING

from waitress.server import create_server

from cbw.addresses import admin_address
from cbw.logs import Logger
from transforms.admin.app import MOST_BODY_BYTES, create_admin_app

if TYPE_CHECKING:
    from types import FrameType

    from cbw.settings import Settings

THREADS = 4
CONNECTIONS = 64

log = Logger(__name__)


def run_admin(settings: Settings) -> int:
    """Serve the admin listener until SIGTERM or SIGINT, and return the exit code.

    Call it from the main thread of a process of its own.

    Raises:
        ConfigurationError: The address is taken or not ours, or strangers could reach it and there is no token.
    """
    address = admin_address(settings)
    server = create_server(
        create_admin_app(settings),
        host=address,
        port=settings.admin_port,
        threads=THREADS,
        connection_limit=CONNECTIONS,
        max_request_body_size=MOST_BODY_BYTES,
        clear_untrusted_proxy_headers=True,
        ident=None,
    )
    signal.signal(signal.SIGTERM, _leave)
    log.info("admin.started", address=address, port=settings.admin_port)
    if not ip_address(address).is_loopback:
        log.warning(
            "admin.exposed",
            address=address,
            hint="put a proxy with TLS in front: the token crosses in clear text",
        )
    server.run()  # returns at SystemExit or KeyboardInterrupt
    server.close()
    log.info("admin.stopped")
    return 0


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)
