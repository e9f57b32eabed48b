"""``cbw sign``: the signature of a file, or its ciphertext."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from cbw.errors import CbwError


@click.command()
@click.argument("path", type=click.Path(path_type=Path), default="-")
@click.option(
    "--ins", "is_ins", is_flag=True, help="Print the body that INS would post: the file, encrypted."
)
def sign(*, path: Path, is_ins: bool) -> int:
    """Print the signature of a file, or of standard input, made with the webhook secret.

    The bytes are signed as they are: a newline at the end counts.

    \b
    Examples:
      cbw sign body.json
      printf '{"type":"ping"}' | cbw sign
      cbw sign --ins notification.json
    """
    from cbw.settings import load_settings
    from ingest.secrets.ins import encrypting_secret
    from ingest.secrets.keyring import signing_secret
    from ingest.secrets.signature import sign as signature_of

    try:
        body = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as exc:
        raise CbwError(f"{path} cannot be read: {exc.strerror}") from exc
    settings = load_settings()
    if is_ins:
        secret = encrypting_secret(settings)
        from ingest.secrets.encryption import encrypt

        click.echo(encrypt(secret, body))
    else:
        click.echo(signature_of(signing_secret(settings), body))
    return 0
