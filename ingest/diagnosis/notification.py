"""Explains why a captured INS request is not decrypted: by the first failing step, or by a key that would open it."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha1, sha256
from typing import TYPE_CHECKING, Any

from ingest.secrets.encryption import KEY_BYTES, Envelope, InvalidEncryptionError, key_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from ingest.secrets.signature import Secret

STEPS = {
    "envelope": (
        "the body is no JSON object, and no form, with `notification` and `iv`",
        "capture the whole body as it was sent; a test with curl needs --data-binary @FILE",
    ),
    "base64": (
        "`notification` or `iv` is not base64",
        "a form must escape + as %2B or send it as a blank; nothing may cut or wrap the text",
    ),
    "iv": ("`iv` is not 16 bytes", "a proxy or a program on the way changed the body"),
    "length": ("the ciphertext is empty or no multiple of 16 bytes", "the body was cut on the way"),
    "key": (
        "no configured secret opens it, nor a usual mistake made with one",
        "compare the secret with the account's Advanced Tools in ClickBank, or try another with --secret-file",
    ),
    "expired": ("the secret that opens it has expired", "let its line in CBW_INS_SECRETS_FILE end later"),
    "padding": (
        "the last block holds no clean padding, while the rest is text: the end was changed or cut",
        "look for a program on the way that changes bodies",
    ),
    "utf_8": ("a part of the text is not UTF-8: a block of the ciphertext was changed", "likewise"),
    "json": ("the text is no JSON object", "the sender encrypted something else than a notification"),
    "other_key": (
        "another key than the one of a configured secret opens it",
        "let the sender take the first 32 lower-case hex digits of the SHA-1 of the secret",
    ),
}
"""Each step of decryption that can fail, in order: its fault, and the remedy."""

_OF_REASON = {
    "ins_no_envelope": "envelope",
    "ins_bad_base64": "base64",
    "ins_bad_iv": "iv",
    "ins_bad_length": "length",
}
_PEEK_BYTES = 16


@dataclass(frozen=True, slots=True)
class InsDiagnosis:
    """The explanation of a request.

    Attributes:
        step: The step that fails, one of ``STEPS``; empty where the receiver accepts the body.
        secret_id: The secret that opens it, by itself or as a variant; None for none.
        variant: How the key departs from the rule; empty where it does not.
    """

    step: str
    secret_id: str | None = None
    variant: str = ""

    @property
    def is_valid(self) -> bool:
        """Whether the receiver accepts the body."""
        return not self.step

    def as_json(self) -> dict[str, Any]:
        """Return plain values, without any part of the body or of a secret."""
        says, hint = STEPS.get(self.step, ("", ""))
        return {
            "valid": self.is_valid,
            "step": self.step or None,
            "says": says,
            "hint": hint,
            "secret_id": self.secret_id,
            "variant": self.variant or None,
        }


def diagnose_ins(
    secrets: Sequence[Secret], body: bytes, now: datetime, *, others: Sequence[Secret] = ()
) -> InsDiagnosis:
    """Explain a request.

    Args:
        secrets: Every configured secret, expired ones too.
        body: The bytes as received.
        now: An aware instant.
        others: Further candidates that are not configured.
    """
    try:
        envelope = Envelope.of(body)
    except InvalidEncryptionError as exc:
        return InsDiagnosis(_OF_REASON[exc.reason])
    for secret in secrets:
        if envelope.open(key_of(secret.value)).fault is None:
            return InsDiagnosis("" if secret.is_active(now) else "expired", secret.id)
    return _of_other_key(envelope, secrets, others) or _of_fault(envelope, secrets) or InsDiagnosis("key")


def _of_other_key(
    envelope: Envelope, secrets: Sequence[Secret], others: Sequence[Secret]
) -> InsDiagnosis | None:
    for secret in (*secrets, *others):
        for variant, key in _variants(secret.value):
            if envelope.open(key).fault is None:
                return InsDiagnosis("other_key", secret.id, variant)
    return None


def _of_fault(envelope: Envelope, secrets: Sequence[Secret]) -> InsDiagnosis | None:
    """Find the secret under which most is text: a wrong key makes noise of the first block already."""
    for secret in secrets:
        opened = envelope.open(key_of(secret.value))
        if opened.fault == "json" or opened.plaintext.lstrip(b" \t\r\n")[:_PEEK_BYTES].isascii():
            return InsDiagnosis(opened.fault or "", secret.id)
    return None


def _variants(secret: bytes) -> Iterator[tuple[str, bytes]]:
    hexadecimal = sha1(secret, usedforsecurity=False).hexdigest()
    yield "the secret itself (a file of --secret-file)", key_of(secret)
    yield "the SHA-1 in upper-case hex", hexadecimal.upper()[:KEY_BYTES].encode()
    yield "the SHA-256 in hex", sha256(secret).hexdigest()[:KEY_BYTES].encode()
    yield "the SHA-256 as bytes", sha256(secret).digest()
    yield "the secret filled up with zero bytes", secret.ljust(KEY_BYTES, b"\0")[:KEY_BYTES]
    yield "the secret in lower case", key_of(secret.lower())
    yield "the secret in upper case", key_of(secret.upper())
    for end in (b"\n", b"\r\n"):
        yield "the secret with a line end", key_of(secret + end)
    yield "the secret without white space around it", key_of(secret.strip())
