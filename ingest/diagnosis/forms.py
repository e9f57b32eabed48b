"""Hypotheses about the form: the digest is right, but not written as 64 hex digits."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

from ingest.diagnosis.hypothesis import Claim, Hypothesis

if TYPE_CHECKING:
    from collections.abc import Iterator

_HINT = "send the 64 hex digits and nothing else in X-Webhook-Signature"
_HEX = re.compile(r"[0-9a-fA-F]+")
_PREFIXED = re.compile(r"(?:0x|[A-Za-z][\w.-]*\s*[=:]\s*|.*[,;]\s*v\d+=)([0-9a-zA-Z+/_=-]+)")
_SEPARATED = re.compile(r"[0-9a-fA-F]{2}([ :-][0-9a-fA-F]{2})+")
# Fewer digits would fit by chance.
FEWEST_DIGITS = 16
# In hex digits: MD5, SHA-1, SHA-256, SHA-384, SHA-512.
WHOLE = {32, 40, 64, 96, 128}

BASE64 = Hypothesis("base64", "is base64 instead of hex", _HINT)
BASE64_OF_HEX = Hypothesis("base64_of_hex", "is hex digits written in base64 once more", _HINT)
PREFIX = Hypothesis("prefix", "has a prefix such as sha256=", _HINT)
WHITE_SPACE = Hypothesis("signature_white_space", "has white space or quotes around it", _HINT)
SEPARATED = Hypothesis("separated", "has separators between its bytes", _HINT)
CUT = Hypothesis(
    "cut", "is cut short", "the header or the field it went through is too narrow for 64 characters"
)
FORMS = (BASE64, BASE64_OF_HEX, PREFIX, WHITE_SPACE, SEPARATED, CUT)


def claims(signature: str) -> list[Claim]:
    """Return every reading of a signature's text, the plainest first."""
    found = list(_digits(signature, None))
    trimmed = signature.strip().strip("\"'`").strip()
    if trimmed != signature:
        found += _digits(trimmed, WHITE_SPACE)
    if prefixed := _PREFIXED.fullmatch(trimmed):
        found += _digits(prefixed[1], PREFIX)
    if _SEPARATED.fullmatch(trimmed):
        found += _digits(re.sub("[ :-]", "", trimmed), SEPARATED)
    return found


def _digits(text: str, form: Hypothesis | None) -> Iterator[Claim]:
    if _HEX.fullmatch(text):
        if len(text) in WHOLE:
            yield Claim(text.lower(), form)
        if len(text) >= FEWEST_DIGITS:
            yield Claim(text.lower(), form or CUT, is_cut=True)
    for decoded in _from_base64(text):
        yield Claim(decoded.hex(), form or BASE64)
        if re.fullmatch(rb"[0-9a-fA-F]+", decoded):
            yield Claim(decoded.decode().lower(), form or BASE64_OF_HEX)


def _from_base64(text: str) -> Iterator[bytes]:
    padded = text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)
    for characters in (None, b"-_"):
        try:
            decoded = base64.b64decode(padded, characters, validate=True)
        except (binascii.Error, ValueError):
            continue
        if 2 * len(decoded) in WHOLE:
            yield decoded
