"""Hypotheses about the key: the sender signed with a variant of our secret."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_to_bytes

from ingest.diagnosis.hypothesis import Altered

if TYPE_CHECKING:
    from collections.abc import Iterator

_SAME = "give both sides exactly the same bytes: printf %s, not echo; no quotes in the file"
_TEXT = "use the secret's characters as they are shown, undecoded, as the key"


def _white_space(secret: bytes) -> Iterator[bytes]:
    yield secret.strip()
    yield from (secret + end for end in (b"\n", b"\r\n", b" ", b"\t"))
    yield from (b" " + secret, b" " + secret + b" ")


def _quotes(secret: bytes) -> Iterator[bytes]:
    yield from (mark + secret + mark for mark in (b'"', b"'", b"`"))
    yield secret.strip(b"\"'`")


def _decoded(secret: bytes) -> Iterator[bytes]:
    text = secret.strip()
    for candidate in (text, text.removeprefix(b"whsec_")):
        for decode in (binascii.unhexlify, base64.b64decode, base64.urlsafe_b64decode):
            try:
                yield decode(
                    candidate + b"=" * (-len(candidate) % 4)
                    if decode is not binascii.unhexlify
                    else candidate
                )
            except (binascii.Error, ValueError):
                continue


def _encoded(secret: bytes) -> Iterator[bytes]:
    yield from (secret.hex().encode(), secret.hex().upper().encode())
    yield from (base64.b64encode(secret), base64.b64encode(secret).rstrip(b"="))


def _hashed(secret: bytes) -> Iterator[bytes]:
    digest = hashlib.sha256(secret)
    yield from (digest.digest(), digest.hexdigest().encode())


KEYS = (
    Altered("secret_white_space", "our secret with other white space around it", _SAME, _white_space),
    Altered("secret_quotes", "our secret with or without quotes around it", _SAME, _quotes),
    Altered(
        "secret_case", "our secret in another case", _SAME, lambda secret: [secret.lower(), secret.upper()]
    ),
    Altered("secret_decoded", "our secret decoded from hex or base64", _TEXT, _decoded),
    Altered("secret_encoded", "our secret written in hex or base64", _TEXT, _encoded),
    Altered("secret_hashed", "the SHA-256 of our secret as the key", _TEXT, _hashed),
    Altered(
        "secret_url_encoded",
        "our secret with its URL escapes done or undone",
        _SAME,
        lambda secret: [quote(secret, safe="").encode(), unquote_to_bytes(secret)],
    ),
    Altered(
        "secret_prefix",
        "our secret without its whsec_ prefix, or with one",
        _SAME,
        lambda secret: [secret.removeprefix(b"whsec_"), b"whsec_" + secret],
    ),
    Altered(
        "no_secret",
        "an empty secret, or the word undefined, null or None in its place",
        "the signing program found no secret: check the name of its variable",
        lambda _: [b"", b"undefined", b"null", b"None"],
    ),
)
