"""Files that hold secrets: one secret and nothing else, or several with ids and expiries.

A message quotes only the number of a line: a line with its fields swapped has a secret in place of the id.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from cbw.errors import ConfigurationError
from cbw.logs import Logger
from cbw.secret_settings import MIN_SECRET_BYTES
from ingest.secrets.signature import Secret

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LINE_FORM = "write one `id secret [until]` a line, until as in 2026-12-31T00:00:00+00:00"

_ID = re.compile(rb"[A-Za-z0-9._-]{1,32}")
_MOST_FIELDS = 3

log = Logger(__name__)


def read_secret(
    path: Path, variable: str = "CBW_WEBHOOK_SECRET_FILE", *, least: int = MIN_SECRET_BYTES
) -> bytes:
    """Return the one secret of a file, without the newline that an editor adds.

    Args:
        path: The file.
        variable: The setting that names it.
        least: The length in bytes that a secret must have.

    Raises:
        ConfigurationError: The file cannot be read, or its secret is too short.
    """
    secret = _read(path, variable)
    if secret.endswith(b"\n"):
        log.warning("settings.secret_newline_stripped", path=str(path))
        secret = secret[:-2] if secret.endswith(b"\r\n") else secret[:-1]
    if len(secret) < least:
        raise ConfigurationError(
            f"{variable}: the secret in {path} is {len(secret)} bytes long; a secret needs at least {least}"
        )
    return secret


def read_secrets(
    path: Path, variable: str = "CBW_WEBHOOK_SECRETS_FILE", *, least: int = MIN_SECRET_BYTES
) -> tuple[Secret, ...]:
    """Return the secrets of a file of ``id secret [until]`` lines, in its order.

    Blank lines and lines that start with ``#`` are skipped. A secret with white space cannot be in such a file.

    Args:
        path: The file.
        variable: The setting that names it.
        least: The length in bytes that a secret must have.

    Raises:
        ConfigurationError: The file cannot be read or holds none, or a line, which is named, is not of that form.
    """
    lines = _read(path, variable).splitlines()
    secrets = []
    for number, line in enumerate(lines, 1):
        fields = line.split()
        if not fields or fields[0].startswith(b"#"):
            continue
        try:
            secrets.append(_secret(fields, least))
        except ValueError as exc:
            raise ConfigurationError(f"{variable}: {path} line {number} {exc}", hint=LINE_FORM) from exc
    if not secrets:
        raise ConfigurationError(f"{variable}: {path} holds no secret", hint=LINE_FORM)
    return tuple(secrets)


def require_own_ids(secrets: Sequence[Secret], kind: str, variable: str) -> None:
    """Refuse secrets of which two have one id.

    Args:
        secrets: Every secret of one sender.
        kind: The word for one of them, such as ``INS secret``.
        variable: The setting whose file gives the ids.

    Raises:
        ConfigurationError: Naming the id.
    """
    ids = [secret.id for secret in secrets]
    for name in ids:
        if ids.count(name) > 1:
            raise ConfigurationError(
                f"two {kind}s have the id {name!r}", hint=f"give each line of {variable} its own"
            )


def _secret(fields: list[bytes], least: int) -> Secret:
    if not 1 < len(fields) <= _MOST_FIELDS:
        raise ValueError(f"has {len(fields)} fields, not 2 or 3")
    name, value, *until = fields
    if _ID.fullmatch(name) is None:
        raise ValueError("starts with no id: up to 32 letters, digits, dots, dashes and underscores")
    if len(value) < least:
        raise ValueError(f"has a secret of {len(value)} bytes; a secret needs at least {least}")
    return Secret(name.decode("ascii"), value, _instant(until[0]) if until else None)


def _instant(field: bytes) -> datetime:
    try:
        instant = datetime.fromisoformat(field.decode("ascii", "replace"))
    except ValueError as exc:
        raise ValueError("ends with something that is no instant") from exc
    if instant.tzinfo is None:
        raise ValueError("ends with an instant without an offset, such as +00:00")
    return instant


def _read(path: Path, variable: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise ConfigurationError(
            f"{variable}: {path} cannot be read: {exc.strerror}", hint="name a file that this user may read"
        ) from exc
