"""How a sender proves a body: Command Center signs it, INS encrypts it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ingest.secrets.signature import SIGNATURE_HEADER, sign


class Sealed(NamedTuple):
    """The headers and the body of one POST."""

    headers: dict[str, str]
    body: bytes


Seal = Callable[[bytes, bytes], Sealed]
"""Proves a body (second) with a secret (first)."""

_JSON = {"Content-Type": "application/json"}


def signed(secret: bytes, body: bytes) -> Sealed:
    """Sign as Command Center does."""
    return Sealed(_JSON | {SIGNATURE_HEADER: sign(secret, body)}, body)


def encrypted(secret: bytes, body: bytes) -> Sealed:
    """Encrypt as the Instant Notification Service does."""
    from ingest.secrets.encryption import encrypt  # noqa: PLC0415 - only where INS is used

    return Sealed(_JSON, encrypt(secret, body))
