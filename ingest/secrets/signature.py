"""Proves that a body was signed with one of our secrets: pure, over the raw bytes on the wire.

The sender signs with HMAC-SHA256 and sends the digest as 64 hex digits in one header. There is no
prefix, no timestamp and no delivery id, so this proves the author of a body and not its age.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from ingest.secrets.not_authentic import NotAuthenticError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

SIGNATURE_HEADER = "X-Webhook-Signature"

_ALGORITHM = "sha256"
_PREFIX = b"sha256="

Reason = Literal["missing", "ambiguous", "malformed", "mismatch"]

# The form is checked before decoding because bytes.fromhex tolerates spaces.
_HEX_DIGEST = re.compile(rb"[0-9a-fA-F]{64}")


class InvalidSignatureError(NotAuthenticError):
    """No secret proves that the body comes from the sender.

    Args:
        reason: A short stable word for logs and metrics; the sender gets the same text for each.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"the signature is {reason}", reason)


@dataclass(frozen=True, slots=True)
class Secret:
    """A key that may sign or encrypt bodies, under the id that is stored with each delivery it proved."""

    id: str
    value: bytes = field(repr=False)
    expires_at: datetime | None = None

    def is_active(self, now: datetime) -> bool:
        """Return whether the secret is still accepted; at the instant of expiry it is not."""
        return self.expires_at is None or now < self.expires_at


def sign(secret: bytes, body: bytes) -> str:
    """Return the header value the sender would put on ``body``: 64 lower-case hex digits."""
    return hmac.digest(secret, body, _ALGORITHM).hex()


def verify(
    secrets: Sequence[Secret],
    body: bytes,
    header_values: Sequence[bytes],
    now: datetime,
    *,
    allow_prefix: bool = False,
) -> str:
    """Return the id of the secret that signed ``body``.

    Args:
        secrets: All are tried, so that the duration does not reveal the one that matched.
        body: The bytes as received; never a re-serialised document.
        header_values: The value of every signature header of the request, undecoded.
        now: An aware instant; a secret that has expired by then matches nothing.
        allow_prefix: Whether the digits may have the prefix ``sha256=``, as some relays write them.

    Raises:
        InvalidSignatureError: With the reason ``missing``, ``ambiguous``, ``malformed`` or ``mismatch``.
    """
    claimed = _claimed_digest(header_values, allow_prefix=allow_prefix)
    matched = None
    for secret in secrets:
        expected = hmac.digest(secret.value, body, _ALGORITHM)
        if hmac.compare_digest(expected, claimed) and secret.is_active(now) and matched is None:
            matched = secret.id
    if matched is None:
        raise InvalidSignatureError("mismatch")
    return matched


def _claimed_digest(header_values: Sequence[bytes], *, allow_prefix: bool) -> bytes:
    if not header_values:
        raise InvalidSignatureError("missing")
    if len(header_values) > 1:
        raise InvalidSignatureError("ambiguous")
    digits = header_values[0].removeprefix(_PREFIX) if allow_prefix else header_values[0]
    if _HEX_DIGEST.fullmatch(digits) is None:
        raise InvalidSignatureError("malformed")
    return bytes.fromhex(digits.decode())
