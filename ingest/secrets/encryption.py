"""Proves that a notification was encrypted with one of our INS secrets: pure, over the raw bytes on the wire.

ClickBank's Instant Notification Service encrypts with AES-256-CBC and sends no MAC, so the only proof is that the
plaintext makes sense: clean padding, UTF-8, one JSON object. The checks read the plaintext as it is: a tolerant one
(bytes ignored, a cut at the last brace) would accept ciphertexts that were changed.
"""

from __future__ import annotations

import binascii
import json
import secrets as randomness
from dataclasses import dataclass
from hashlib import sha1
from typing import TYPE_CHECKING, Literal, NamedTuple, Self
from urllib.parse import parse_qsl

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from ingest.secrets.not_authentic import NotAuthenticError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ingest.secrets.signature import Secret

BLOCK_BYTES = 16
KEY_BYTES = 32
_MOST_FORM_FIELDS = 16
_PADDING = PKCS7(8 * BLOCK_BYTES)
_LINE_ENDS = str.maketrans("", "", "\r\n")

Reason = Literal["ins_no_envelope", "ins_bad_base64", "ins_bad_iv", "ins_bad_length", "ins_not_decrypted"]
Fault = Literal["padding", "utf_8", "json"]

# Numbers stay text, so that no length of digits is a fault; content decides nothing here.
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str)


class InvalidEncryptionError(NotAuthenticError):
    """No secret decrypts the body to a notification.

    Args:
        reason: A short stable word for logs and metrics; the sender gets the same text for each.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"the notification is {reason.removeprefix('ins_').replace('_', ' ')}", reason)


class Opened(NamedTuple):
    """The result of one key.

    Attributes:
        plaintext: Without padding where the padding is clean, else all of it.
        fault: The first check that failed; None where the plaintext is a notification.
    """

    plaintext: bytes
    fault: Fault | None


@dataclass(frozen=True, slots=True)
class Envelope:
    """The two parts of a request's body."""

    iv: bytes
    ciphertext: bytes

    @classmethod
    def of(cls, body: bytes) -> Self:
        """Read a body: a JSON object where it starts with a brace, else a form, whatever its Content-Type says.

        Raises:
            InvalidEncryptionError: For every reason but ``ins_not_decrypted``.
        """
        notification, iv = _fields(body)
        try:
            ciphertext, iv_bytes = _decoded(notification), _decoded(iv)
        except ValueError as exc:
            raise InvalidEncryptionError("ins_bad_base64") from exc
        if len(iv_bytes) != BLOCK_BYTES:
            raise InvalidEncryptionError("ins_bad_iv")
        if not ciphertext or len(ciphertext) % BLOCK_BYTES:
            raise InvalidEncryptionError("ins_bad_length")
        return cls(iv_bytes, ciphertext)

    @classmethod
    def stand_in(cls, body: bytes) -> Self:
        """Return an envelope that costs as much to try as a real one of this size."""
        return cls(bytes(BLOCK_BYTES), body[: len(body) // BLOCK_BYTES * BLOCK_BYTES] or bytes(BLOCK_BYTES))

    def open(self, key: bytes) -> Opened:
        """Decrypt with one key, and run every check, also after a failed one: time reveals no plaintext."""
        decryptor = Cipher(AES(key), CBC(self.iv)).decryptor()
        padded = decryptor.update(self.ciphertext) + decryptor.finalize()
        unpadded = _unpadded(padded)
        plaintext = padded if unpadded is None else unpadded
        text = plaintext.decode("utf-8", "replace")
        checks: tuple[tuple[Fault, bool], ...] = (
            ("padding", unpadded is not None),
            ("utf_8", text.encode() == plaintext),
            ("json", _is_object(text)),
        )
        return Opened(plaintext, next((fault for fault, is_clean in checks if not is_clean), None))


def key_of(secret: bytes) -> bytes:
    """Return the AES key of a secret: the first 32 lower-case hex digits of its SHA-1, as ASCII."""
    return sha1(secret, usedforsecurity=False).hexdigest()[:KEY_BYTES].encode()


def decrypt(secrets: Sequence[Secret], body: bytes, now: datetime) -> tuple[bytes, str]:
    """Return the exact plaintext of a notification and the id of the secret that encrypted it.

    Every refusal costs the same: all keys decrypt all of a body of this size, and no check ends the work. Another
    amount for a wrong padding would decrypt customers' data for a stranger, byte by byte.

    Args:
        secrets: All are tried.
        body: The bytes as received.
        now: An aware instant; a secret that has expired by then opens nothing.

    Raises:
        InvalidEncryptionError: With its reason.
    """
    refusal = InvalidEncryptionError("ins_not_decrypted")
    try:
        envelope = Envelope.of(body)
    except InvalidEncryptionError as exc:
        envelope, refusal = Envelope.stand_in(body), exc
    found = None
    for secret in secrets:
        opened = envelope.open(key_of(secret.value))
        if opened.fault is None and secret.is_active(now) and found is None:
            found = (opened.plaintext, secret.id)
    if found is None or refusal.reason != "ins_not_decrypted":
        raise refusal
    return found


def encrypt(secret: bytes, plaintext: bytes) -> bytes:
    """Return the body that ClickBank would post for a notification, under a new random IV."""
    iv = randomness.token_hex(BLOCK_BYTES // 2).encode()
    padder, encryptor = _PADDING.padder(), Cipher(AES(key_of(secret)), CBC(iv)).encryptor()
    ciphertext = encryptor.update(padder.update(plaintext) + padder.finalize()) + encryptor.finalize()
    return json.dumps({"notification": _encoded(ciphertext), "iv": _encoded(iv)}).encode()


def _fields(body: bytes) -> tuple[str, str]:
    try:
        fields = _of_json(body) if body.lstrip().startswith(b"{") else _of_form(body)
        return fields["notification"], fields["iv"]
    except (ValueError, KeyError, RecursionError) as exc:
        raise InvalidEncryptionError("ins_no_envelope") from exc


def _of_json(body: bytes) -> dict[str, str]:
    return {name: value for name, value in json.loads(body.decode("ascii")).items() if isinstance(value, str)}


def _of_form(body: bytes) -> dict[str, str]:
    pairs = parse_qsl(body.decode("ascii"), strict_parsing=True, max_num_fields=_MOST_FORM_FIELDS)
    # A plus sign that the sender did not escape arrives as a blank.
    return {name: value.replace(" ", "+") for name, value in pairs}


def _decoded(text: str) -> bytes:
    return binascii.a2b_base64(text.translate(_LINE_ENDS).encode("ascii"), strict_mode=True)


def _encoded(content: bytes) -> str:
    return binascii.b2a_base64(content, newline=False).decode()


def _unpadded(padded: bytes) -> bytes | None:
    unpadder = _PADDING.unpadder()
    try:
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError:
        return None


def _is_object(text: str) -> bool:
    try:
        return isinstance(_DECODER.decode(text), dict)
    except RecursionError:
        return text.strip(" \t\r\n")[-1:] == "}"  # deeper than a parser reads, which no changed block makes
    except ValueError:
        return False
