"""The diagnosis names each way in which a signature can be wrong."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import pytest

from ingest.diagnosis.diagnose import HYPOTHESES, diagnose
from ingest.secrets.signature import Secret, sign
from ingest.send.samples import event_types, sample

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 6, 30, 20, tzinfo=UTC)
KEY = b"the-secret-that-the-tests-use/2"
OTHER = b"quite-another-secret-than-that"
# As a sender writes it that is neither JavaScript nor Python; both would write some of it differently.
BODY = (
    '{"type":  "sale.created",\n "id": 12.0, "url": "https://x/<é>", "data": {"b": 1, "a": [ 2 ]}}'.encode()
)
DOCUMENT = json.loads(BODY)
NUMBERS = {**DOCUMENT, "id": 12}

STRINGIFIED = json.dumps(NUMBERS, ensure_ascii=False, separators=(",", ":"))
SORTED = json.dumps(NUMBERS, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
DUMPED = json.dumps(DOCUMENT).encode()
HEX_KEY = "00112233445566778899aabbccddeeff"


def signed(text: str | bytes, key: bytes = KEY) -> str:
    return sign(key, text if isinstance(text, bytes) else text.encode())


def digested(function: str, *parts: bytes) -> str:
    return hashlib.new(function, b"".join(parts)).hexdigest()


# The name, the body in hand, and the signature that came with it.
CASES: list[tuple[str, bytes, str]] = [
    ("newline_added", BODY + b"\n", signed(BODY)),
    ("newline_added", BODY + b"\r\n", signed(BODY)),
    ("newline_stripped", BODY, signed(BODY + b"\n")),
    ("newline_stripped", BODY, signed(BODY + b"\r\n")),
    ("line_ends", BODY.replace(b"\n", b"\r\n"), signed(BODY)),
    ("line_ends", BODY, signed(BODY.replace(b"\n", b"\r\n"))),
    ("whitespace_around", b"  " + BODY + b" \n", signed(BODY)),
    ("byte_order_mark", BODY, signed(b"\xef\xbb\xbf" + BODY)),
    ("byte_order_mark", b"\xef\xbb\xbf" + BODY, signed(BODY)),
    ("json_stringify", BODY, signed(STRINGIFIED)),
    ("json_stringify_indented", BODY, signed(json.dumps(NUMBERS, ensure_ascii=False, indent=2))),
    ("json_dumps", BODY, signed(json.dumps(DOCUMENT))),
    ("json_dumps", BODY, signed(json.dumps(DOCUMENT, ensure_ascii=False))),
    ("json_dumps", BODY, signed(json.dumps(DOCUMENT, separators=(",", ":")))),
    ("json_sorted_keys", BODY, signed(json.dumps(DOCUMENT, sort_keys=True))),
    ("php_json_encode", BODY, signed(json.dumps(DOCUMENT, separators=(",", ":")).replace("/", r"\/"))),
    ("go_json_marshal", BODY, signed(SORTED.replace("<", r"\u003c").replace(">", r"\u003e"))),
    ("data_only", BODY, signed('{"b": 1, "a": [ 2 ]}')),
    ("data_only", BODY, signed('{"b":1,"a":[2]}')),
    ("encoded_twice", BODY, signed(json.dumps(BODY.decode()))),
    ("other_encoding", BODY, signed(BODY.decode().encode("latin-1"))),
    ("other_encoding", BODY, signed(BODY.decode("latin-1").encode())),
    ("body_as_text", BODY, signed(BODY.hex())),
    ("body_as_text", BODY, signed(base64.b64encode(BODY))),
    ("form_encoded", BODY, signed("payload=" + quote_plus(BODY))),
    ("empty_body", BODY, signed(b"")),
    ("secret_white_space", BODY, signed(BODY, KEY + b"\n")),
    ("secret_white_space", BODY, signed(BODY, b" " + KEY)),
    ("secret_quotes", BODY, signed(BODY, b'"' + KEY + b'"')),
    ("secret_case", BODY, signed(BODY, KEY.upper())),
    ("secret_encoded", BODY, signed(BODY, KEY.hex().encode())),
    ("secret_encoded", BODY, signed(BODY, base64.b64encode(KEY))),
    ("secret_hashed", BODY, signed(BODY, hashlib.sha256(KEY).digest())),
    ("secret_url_encoded", BODY, signed(BODY, quote(KEY, safe="").encode())),
    ("secret_prefix", BODY, signed(BODY, b"whsec_" + KEY)),
    ("no_secret", BODY, signed(BODY, b"")),
    ("no_secret", BODY, signed(BODY, b"undefined")),
    ("hmac_sha1", BODY, hmac.digest(KEY, BODY, "sha1").hex()),
    ("hmac_sha384", BODY, hmac.digest(KEY, BODY, "sha384").hex()),
    ("hmac_sha512", BODY, hmac.digest(KEY, BODY, "sha512").hex()),
    ("hmac_md5", BODY, hmac.digest(KEY, BODY, "md5").hex()),
    ("plain_sha256", BODY, digested("sha256", BODY)),
    ("plain_sha1", BODY, digested("sha1", BODY)),
    ("plain_sha512", BODY, digested("sha512", BODY)),
    ("plain_md5", BODY, digested("md5", BODY)),
    ("secret_before_body", BODY, digested("sha256", KEY, BODY)),
    ("secret_after_body", BODY, digested("sha256", BODY, KEY)),
    ("arguments_swapped", BODY, sign(BODY, KEY)),
    ("hash_of_hash", BODY, signed(digested("sha256", BODY))),
    ("hash_of_raw_hash", BODY, signed(hashlib.sha256(BODY).digest())),
    ("base64", BODY, base64.b64encode(bytes.fromhex(signed(BODY))).decode()),
    ("base64", BODY, base64.urlsafe_b64encode(bytes.fromhex(signed(BODY))).decode().rstrip("=")),
    ("base64_of_hex", BODY, base64.b64encode(signed(BODY).encode()).decode()),
    ("prefix", BODY, "sha256=" + signed(BODY)),
    ("prefix", BODY, "0x" + signed(BODY)),
    ("prefix", BODY, "t=1700000000,v1=" + signed(BODY)),
    ("signature_white_space", BODY, f" {signed(BODY)}\n"),
    ("signature_white_space", BODY, f'"{signed(BODY)}"'),
    ("separated", BODY, ":".join(f"{byte:02x}" for byte in bytes.fromhex(signed(BODY)))),
    ("cut", BODY, signed(BODY)[:63]),
    ("cut", BODY, signed(BODY)[:16]),
    ("secret_expired", BODY, signed(BODY, b"the-secret-of-last-year")),
    ("other_secret", BODY, signed(BODY, OTHER)),
]  # fmt: skip
SECRETS = (
    Secret("current", KEY),
    Secret("previous", b"the-secret-of-last-year", NOW - timedelta(days=1)),
)


def names(body: bytes, signature: str, secrets: tuple[Secret, ...] = SECRETS) -> list[str]:
    found = diagnose(secrets, body, signature, NOW, others=[Secret("file", OTHER)])
    assert not found.is_valid
    return [cause.name for cause in found.causes]


@pytest.mark.parametrize(("name", "body", "signature"), CASES, ids=[name for name, _, _ in CASES])
def test_one_cause_is_named(name: str, body: bytes, signature: str) -> None:
    assert names(body, signature) == [name]


@pytest.mark.parametrize("decode", [bytes.fromhex, base64.b64decode])
def test_a_decoded_secret_is_named(decode: Callable[[str], bytes]) -> None:
    secrets = (Secret("current", HEX_KEY.encode()),)
    assert names(BODY, signed(BODY, decode(HEX_KEY)), secrets) == ["secret_decoded"]


def test_white_space_in_our_own_secret_is_named() -> None:
    assert names(BODY, signed(BODY), (Secret("current", KEY + b"\n"),)) == ["secret_white_space"]


def test_every_hypothesis_has_a_case() -> None:
    names = [hypothesis.name for hypothesis in HYPOTHESES]
    assert len(names) == len(set(names))
    assert {name for name, _, _ in CASES} | {"secret_decoded"} == set(names)


@pytest.mark.parametrize(
    ("signature", "expected"),
    [
        ("sha256=" + signed(STRINGIFIED), ["prefix", "json_stringify"]),
        (base64.b64encode(hmac.digest(KEY, BODY, "sha1")).decode(), ["base64", "hmac_sha1"]),
        (signed(STRINGIFIED, KEY + b"\n"), ["secret_white_space", "json_stringify"]),
        (f"sha1={hmac.digest(KEY, DUMPED, 'sha1').hex()}", ["prefix", "hmac_sha1", "json_dumps"]),
        (signed(STRINGIFIED, b"the-secret-of-last-year"), ["json_stringify", "secret_expired"]),
    ],
)  # fmt: skip
def test_causes_that_came_together_are_all_named(signature: str, expected: list[str]) -> None:
    assert names(BODY, signature) == expected


@pytest.mark.parametrize("event_type", event_types())
def test_the_senders_own_signature_is_valid(event_type: str) -> None:
    body = sample(event_type)
    for signature in (signed(body), signed(body).upper()):
        found = diagnose(SECRETS, body, signature, NOW)
        assert (found.is_valid, found.secret_id, found.causes) == (True, "current", ())


def test_a_previous_secret_is_valid_until_it_expires() -> None:
    secrets = (Secret("current", OTHER), Secret("previous", KEY, NOW + timedelta(seconds=1)))
    assert diagnose(secrets, BODY, signed(BODY), NOW).secret_id == "previous"


@pytest.mark.parametrize("body", [b"", b"\xff\x00", b"[" * 5000, b'{"a": 1', BODY])
@pytest.mark.parametrize(
    "signature", ["", "none", "0" * 64, "é" * 64, signed(b"x", OTHER * 2), "=" * 40, "0x", ":"]
)
def test_a_signature_without_an_explanation_has_no_cause(body: bytes, signature: str) -> None:
    found = diagnose(SECRETS, body, signature, NOW)
    assert (found.is_valid, found.secret_id, found.causes) == (False, None, ())
    assert found.tried > 300


def test_a_diagnosis_shows_no_secret_and_no_body() -> None:
    shown = json.dumps(diagnose(SECRETS, BODY, signed(STRINGIFIED), NOW).as_json())
    for private in (KEY.decode(), "last-year", "https://x/"):
        assert private not in shown
