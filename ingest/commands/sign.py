"""``cbw sign``: the signature of a file."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from cbw.errors import CbwError


@click.command()
@click.argument("path", type=click.Path(path_type=Path), default="-")
def sign(*, path: Path) -> int:
    """Print the signature of a file, or of standard input, made with the webhook secret.

    The bytes are signed as they are: a newline at the end counts.

    \b
    Examples:
      cbw sign body.json
      printf '{"type":"ping"}' | cbw sign
    """
    from cbw.settings import load_settings
    from ingest.secrets.keyring import signing_secret
    from ingest.secrets.signature import sign as signature_of

    try:
        body = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as exc:
        raise CbwError(f"{path} cannot be read: {exc.strerror}") from exc
    click.echo(signature_of(signing_secret(load_settings()), body))
    return 0
