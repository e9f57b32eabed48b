"""The diagnosis of an INS request names the first step that fails, or the key that the sender used instead."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from hashlib import sha1, sha256

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from ingest.diagnosis.notification import STEPS, InsDiagnosis, diagnose_ins
from ingest.secrets.encryption import encrypt, key_of
from ingest.secrets.signature import Secret

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = b"A1B2C3D4E5"
SECRETS = [Secret("ins:mine", KEY), Secret("ins:over", b"OVER", NOW)]
OTHERS = [Secret("old.txt", b"OLDKEY")]
TEXT = b'{"receipt": "ABCD1234", "transactionType": "SALE", "totalOrderAmount": 12.50}'


def sealed(blocks: bytes, key: bytes) -> bytes:
    iv = b"0123456789ABCDEF"
    encryptor = Cipher(AES(key), CBC(iv)).encryptor()
    text = base64.b64encode(encryptor.update(blocks) + encryptor.finalize()).decode()
    return json.dumps({"notification": text, "iv": base64.b64encode(iv).decode()}).encode()


def padded(content: bytes) -> bytes:
    count = 16 - len(content) % 16
    return content + bytes([count]) * count


DIGEST = sha1(KEY, usedforsecurity=False).hexdigest()
CASES: dict[str, tuple[bytes, InsDiagnosis]] = {
    "right": (encrypt(KEY, TEXT), InsDiagnosis("", "ins:mine")),
    "expired": (encrypt(b"OVER", TEXT), InsDiagnosis("expired", "ins:over")),
    "no envelope": (TEXT, InsDiagnosis("envelope")),
    "not base64": (encrypt(KEY, TEXT).replace(b'n": "', b'n": "*'), InsDiagnosis("base64")),
    "a short IV": (b'{"notification": "AAAA", "iv": "AAAA"}', InsDiagnosis("iv")),
    "a cut text": (sealed(b"", key_of(KEY)), InsDiagnosis("length")),
    "an unknown key": (encrypt(b"UNKNOWN", TEXT), InsDiagnosis("key")),
    "a lost block": (sealed(padded(TEXT)[:-16], key_of(KEY)), InsDiagnosis("padding", "ins:mine")),
    "Latin-1": (sealed(padded(TEXT[:-1] + b',"a":"\xe9"}'), key_of(KEY)), InsDiagnosis("utf_8", "ins:mine")),
    "an array": (encrypt(KEY, b"[1]"), InsDiagnosis("json", "ins:mine")),
}
VARIANTS = {
    "the SHA-1 in upper-case hex": DIGEST.upper()[:32].encode(),
    "the SHA-256 in hex": sha256(KEY).hexdigest()[:32].encode(),
    "the SHA-256 as bytes": sha256(KEY).digest(),
    "the secret filled up with zero bytes": KEY.ljust(32, b"\0"),
    "the secret in lower case": key_of(KEY.lower()),
    "the secret with a line end": key_of(KEY + b"\n"),
}


@pytest.mark.parametrize(("body", "expected"), CASES.values(), ids=CASES)
def test_the_first_failing_step_is_named(body: bytes, expected: InsDiagnosis) -> None:
    found = diagnose_ins(SECRETS, body, NOW)
    assert found == expected
    assert found.is_valid == (not found.step)
    assert found.step in {"", *STEPS}


@pytest.mark.parametrize(("variant", "key"), VARIANTS.items(), ids=VARIANTS)
def test_a_usual_mistake_with_the_key_is_named(variant: str, key: bytes) -> None:
    found = diagnose_ins(SECRETS, sealed(padded(TEXT), key), NOW)
    assert found == InsDiagnosis("other_key", "ins:mine", variant)


def test_a_secret_of_a_file_is_tried_too() -> None:
    found = diagnose_ins(SECRETS, encrypt(b"OLDKEY", TEXT), NOW, others=OTHERS)
    assert (found.step, found.secret_id) == ("other_key", "old.txt")
    assert set(found.as_json()) == {"valid", "step", "says", "hint", "secret_id", "variant"}
