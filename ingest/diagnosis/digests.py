"""Hypotheses about the function: it was not HMAC-SHA256 of the body under the secret."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from ingest.diagnosis.hypothesis import Computed

if TYPE_CHECKING:
    from collections.abc import Callable

_HINT = "the signature is HMAC-SHA256 of the raw body under the secret, as 64 hex digits"


def _hmac(name: str) -> Callable[[bytes, bytes], bytes]:
    return lambda secret, body: hmac.digest(secret, body, name)


def _plain(name: str) -> Callable[[bytes, bytes], bytes]:
    return lambda _, body: hashlib.new(name, body).digest()


hmac_sha256 = _hmac("sha256")

DIGESTS = (
    Computed("hmac_sha1", "HMAC-SHA1, which is not the function", _HINT, _hmac("sha1")),
    Computed("hmac_sha512", "HMAC-SHA512, which is not the function", _HINT, _hmac("sha512")),
    Computed("hmac_sha384", "HMAC-SHA384, which is not the function", _HINT, _hmac("sha384")),
    Computed("hmac_md5", "HMAC-MD5, which is not the function", _HINT, _hmac("md5")),
    Computed("plain_sha256", "a plain SHA-256 of the body, without the secret", _HINT, _plain("sha256")),
    Computed("plain_sha1", "a plain SHA-1 of the body, without the secret", _HINT, _plain("sha1")),
    Computed("plain_sha512", "a plain SHA-512 of the body, without the secret", _HINT, _plain("sha512")),
    Computed("plain_md5", "a plain MD5 of the body, without the secret", _HINT, _plain("md5")),
    Computed(
        "secret_before_body",
        "a SHA-256 of the secret followed by the body, which is no HMAC",
        _HINT,
        lambda secret, body: hashlib.sha256(secret + body).digest(),
    ),
    Computed(
        "secret_after_body",
        "a SHA-256 of the body followed by the secret, which is no HMAC",
        _HINT,
        lambda secret, body: hashlib.sha256(body + secret).digest(),
    ),
    Computed(
        "arguments_swapped",
        "HMAC-SHA256 with the body as the key and the secret as the message",
        "swap the two arguments",
        lambda secret, body: hmac_sha256(body, secret),
    ),
    Computed(
        "hash_of_hash",
        "HMAC-SHA256 of the body's SHA-256 in hex",
        _HINT,
        lambda secret, body: hmac_sha256(secret, hashlib.sha256(body).hexdigest().encode()),
    ),
    Computed(
        "hash_of_raw_hash",
        "HMAC-SHA256 of the body's SHA-256",
        _HINT,
        lambda secret, body: hmac_sha256(secret, hashlib.sha256(body).digest()),
    ),
)
