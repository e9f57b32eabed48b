"""Options that several commands share; a module of its own, so that `cbw --help` imports no command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable


def data_dir_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--data-dir``."""
    return click.option(
        "--data-dir",
        type=click.Path(path_type=Path),
        help="Where all files live.  [env: CBW_DATA_DIR; default: ./data]",
    )(command)


def serving_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of every command that listens."""
    options: list[Callable[..., Any]] = [
        click.option("--host", help="Address to bind.  [env: CBW_HOST; default: 127.0.0.1]"),
        click.option("--port", type=int, help="Public port.  [env: CBW_PORT; default: 8400]"),
        click.option("--workers", type=int, help="Receiver processes.  [env: CBW_WORKERS; default: 1]"),
        data_dir_option,
        click.option(
            "--tls-cert",
            type=click.Path(path_type=Path),
            help="Speak HTTPS with this certificate (PEM).  [env: CBW_TLS_CERT]",
        ),
        click.option("--tls-key", type=click.Path(path_type=Path), help="Its key (PEM).  [env: CBW_TLS_KEY]"),
        click.option(
            "--behind-proxy", is_flag=True, help="A proxy with TLS stands in front: no warning about HTTP."
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command
