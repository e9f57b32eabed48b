"""A body is a notification if one of our keys opens it to clean padding, UTF-8 and one JSON object, and never else."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from hypothesis import given
from hypothesis import strategies as st

from ingest.secrets.encryption import Envelope, InvalidEncryptionError, decrypt, encrypt, key_of
from ingest.secrets.signature import Secret
from tests.amounts import amount

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRET = b"A1B2C3D4E5"
SECRETS = [Secret("ins:other", b"OTHER"), Secret("ins:mine", SECRET), Secret("ins:over", b"OVER", NOW)]
PLAINTEXT = '{"receipt":"ABCD1234","transactionType":"SALE","totalOrderAmount":1.00,"title":"Café"}'.encode()
# openssl enc -aes-256-cbc -K (hex of the first 32 digits of sha1sum) -iv (hex of 0123456789ABCDEF)
BY_OPENSSL = (
    "y7lAQACwa84eMOzBbLj/gwhPvZNM4MF/vscgzD32dcHSfZOBvCSV1195L/WEmvIc7kQEhlVhAw/fEBnBq+tg+Pxy+/aclZSCjnmvVFWb9KQk"
    "wluT4NQB0iSW+jAWG2CB"
)
IV = base64.b64encode(b"0123456789ABCDEF").decode()
KEYS = amount(2_000, 20_000, "CBW_KEYS")


def padded(content: bytes) -> bytes:
    count = 16 - len(content) % 16
    return content + bytes([count]) * count


def sealed(blocks: bytes, secret: bytes = SECRET) -> str:
    """Encrypt whole blocks as they are, by the book and not by our own function."""
    key = hashlib.sha1(secret, usedforsecurity=False).hexdigest()[:32].encode()
    encryptor = Cipher(AES(key), CBC(b"0123456789ABCDEF")).encryptor()
    return base64.b64encode(encryptor.update(blocks) + encryptor.finalize()).decode()


def body_of(notification: str, iv: str = IV) -> bytes:
    return json.dumps({"notification": notification, "iv": iv}).encode()


def reason_of(body: bytes, secrets: list[Secret] | None = None) -> str:
    with pytest.raises(InvalidEncryptionError) as refusal:
        decrypt(SECRETS if secrets is None else secrets, body, NOW)
    return refusal.value.reason


@pytest.mark.parametrize(
    "body",
    {
        "json": body_of(BY_OPENSSL),
        "json with blanks and escaped slashes": b"\n " + body_of(BY_OPENSSL).replace(b"/", b"\\/"),
        "json with line ends in the text": body_of(BY_OPENSSL[:76] + "\r\n" + BY_OPENSSL[76:]),
        "json with more fields": json.dumps({"v": 8, "notification": BY_OPENSSL, "iv": IV}).encode(),
        "form": urlencode({"notification": BY_OPENSSL, "iv": IV}).encode(),
        "form whose plus signs are blanks": f"iv={quote(IV)}&notification={BY_OPENSSL}".encode(),
    }.items(),
    ids=lambda pair: pair[0],
)
def test_a_notification_is_opened_in_every_form_it_may_come_in(body: tuple[str, bytes]) -> None:
    assert decrypt(SECRETS, body[1], NOW) == (PLAINTEXT, "ins:mine")


@pytest.mark.parametrize(
    "content",
    [
        b"{}",
        b' \n{"a": 1}\r\n',
        b'{"a": 1, "a": 2}',
        b'{"a": NaN, "b": 1e999, "c": ' + b"9" * 5000 + b"}",
        '{"a": "\\ud800", "b": "\N{REPLACEMENT CHARACTER}"}'.encode(),
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    ],
    ids=["empty", "blanks around", "duplicate key", "odd numbers", "odd characters", "too deep"],
)
def test_content_never_decides(content: bytes) -> None:
    """The pipeline's strict parser judges it later, with the bytes stored."""
    assert decrypt(SECRETS, encrypt(SECRET, content), NOW)[0] == content


BLOCKS = padded(PLAINTEXT)
REFUSED = {
    "empty": (b"", "ins_no_envelope"),
    "plain JSON": (PLAINTEXT, "ins_no_envelope"),
    "not JSON": (b'{"notification":', "ins_no_envelope"),
    "nested for ever": (b'{"a":' * 100_000, "ins_no_envelope"),
    "an array": (b"[]", "ins_no_envelope"),
    "fields that are no text": (b'{"notification": 1, "iv": null}', "ins_no_envelope"),
    "a legacy form": (b"ctransreceipt=ABCD1234&ctransaction=SALE&cverify=01234567", "ins_no_envelope"),
    "many fields": (b"a=1&" * 100 + b"a=1", "ins_no_envelope"),
    "not ASCII": (b'{"notification": "\xe9", "iv": ""}', "ins_no_envelope"),
    "not base64": (body_of("y7l*"), "ins_bad_base64"),
    "base64 without padding": (body_of("y7lAQACw", IV.rstrip("=")), "ins_bad_base64"),
    "base64 with more behind it": (body_of(BY_OPENSSL + "=AAA"), "ins_bad_base64"),
    "base64 with blanks in JSON": (body_of(BY_OPENSSL.replace("+", " ")), "ins_bad_base64"),
    "characters that no base64 has": (body_of("\uff59\uff17\uff4c\uff21"), "ins_bad_base64"),
    "a short IV": (body_of(BY_OPENSSL, "AAAA"), "ins_bad_iv"),
    "no ciphertext": (body_of(""), "ins_bad_length"),
    "half a block": (body_of(base64.b64encode(bytes(24)).decode()), "ins_bad_length"),
    "a block less": (body_of(sealed(BLOCKS[:-16])), "ins_not_decrypted"),
    "padding of zeros": (body_of(sealed(BLOCKS[:-1] + b"\0")), "ins_not_decrypted"),
    "padding that differs": (body_of(sealed(padded(b"{}")[:-2] + b"\1\x0e")), "ins_not_decrypted"),
    "not UTF-8": (body_of(sealed(padded(b'{"a": "\xe9"}'))), "ins_not_decrypted"),
    "an array inside": (body_of(sealed(padded(b"[1]"))), "ins_not_decrypted"),
    "text after the last brace": (body_of(sealed(padded(b"{} x"))), "ins_not_decrypted"),
    "a byte order mark": (body_of(sealed(padded(b"\xef\xbb\xbf{}"))), "ins_not_decrypted"),
    "nested for ever and cut": (body_of(sealed(padded(b'{"a":' * 100_000))), "ins_not_decrypted"),
    "another secret": (body_of(sealed(BLOCKS, b"ANOTHER")), "ins_not_decrypted"),
    "a secret that expires now": (body_of(sealed(BLOCKS, b"OVER")), "ins_not_decrypted"),
    "the secret in lower case": (body_of(sealed(BLOCKS, SECRET.lower())), "ins_not_decrypted"),
    "the secret with a line end": (body_of(sealed(BLOCKS, SECRET + b"\n")), "ins_not_decrypted"),
}


@pytest.mark.parametrize(("body", "reason"), REFUSED.values(), ids=REFUSED)
def test_everything_else_is_refused_with_its_reason(body: bytes, reason: str) -> None:
    assert reason_of(body) == reason


@dataclass(frozen=True)
class CountedSecret(Secret):
    """A secret that notices how often it is asked for its value."""

    uses: list[str] = field(default_factory=list, compare=False)

    def __getattribute__(self, name: str) -> object:
        if name == "value":
            object.__getattribute__(self, "uses").append(name)
        return super().__getattribute__(name)


@pytest.mark.parametrize("body", [body for body, _ in REFUSED.values()] + [body_of(BY_OPENSSL)])
def test_every_key_is_tried_on_every_body(body: bytes) -> None:
    """A refusal that spares a key, or the work of one, would say how far a stranger got."""
    secrets = [CountedSecret(secret.id, secret.value, secret.expires_at) for secret in SECRETS]
    for secret in secrets:
        secret.uses.clear()
    with contextlib.suppress(InvalidEncryptionError):
        decrypt(secrets, body, NOW)
    assert [len(secret.uses) for secret in secrets] == [1, 1, 1]


def test_a_body_without_an_envelope_costs_as_many_blocks_as_it_holds() -> None:
    assert [len(Envelope.stand_in(bytes(size)).ciphertext) for size in (0, 15, 16, 1000)] == [16, 16, 16, 992]


def test_a_secret_is_accepted_up_to_the_instant_of_its_expiry() -> None:
    body = body_of(sealed(BLOCKS, b"OVER"))
    assert decrypt(SECRETS, body, NOW - timedelta(microseconds=1)) == (PLAINTEXT, "ins:over")


MESSAGES = [
    PLAINTEXT,
    b"{}",
    json.dumps({"receipt": "ABCD1234", "customer": {"fullName": "Zoë Ünal"}}, ensure_ascii=False).encode(),
    json.dumps(
        {"transactionTime": "2023-07-28T02:07:57+00:00", "lineItems": [{"itemNo": "1"}]}, indent=2
    ).encode(),
]


@pytest.mark.parametrize("message", MESSAGES)
def test_no_change_of_one_bit_of_a_ciphertext_is_accepted(message: bytes) -> None:
    ciphertext = base64.b64decode(sealed(padded(message)))
    accepted = [
        bit
        for bit in range(8 * len(ciphertext))
        if Envelope(b"0123456789ABCDEF", flipped(ciphertext, bit)).open(key_of(SECRET)).fault is None
    ]
    assert accepted == []


def flipped(content: bytes, bit: int) -> bytes:
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def test_no_random_key_opens_a_notification() -> None:
    """One key in 256 finds clean padding: the text refuses it then."""
    envelope, rng = Envelope.of(body_of(BY_OPENSSL)), random.Random(7)
    faults = [envelope.open(rng.randbytes(32)).fault for _ in range(KEYS)]
    assert None not in faults
    assert faults.count("utf_8") > 0


@given(
    content=st.dictionaries(st.text(), st.text() | st.integers() | st.booleans()),
    cut=st.integers(1, 15),
    key=st.binary(min_size=1, max_size=40),
)
def test_a_round_trip_keeps_every_byte_and_no_part_of_it_passes(
    content: dict[str, object], cut: int, key: bytes
) -> None:
    plaintext = json.dumps(content).encode()
    body = encrypt(key, plaintext)
    assert decrypt([Secret("ins:a", key)], body, NOW) == (plaintext, "ins:a")
    envelope = Envelope.of(body)
    part = body_of(base64.b64encode(envelope.ciphertext[:-cut]).decode())
    assert reason_of(part, [Secret("ins:a", key)]) == "ins_bad_length"
    assert encrypt(key, plaintext) != body  # a new IV each time


@given(st.binary(max_size=200))
def test_no_body_makes_an_error_of_another_kind(body: bytes) -> None:
    for candidate in (body, b"{" + body, b"notification=" + body + b"&iv=" + IV.encode()):
        assert reason_of(candidate).startswith("ins_")
