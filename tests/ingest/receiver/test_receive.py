"""The receiver's decision as one table: the headers, the body and the endpoint decide, and nothing else does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from ingest.inbox.delivery import NewDelivery
from ingest.receiver.answers import ACCEPTED, INVALID_SIGNATURE
from ingest.receiver.endpoints import COMMAND_CENTER, INS, Authentic, Endpoint
from ingest.receiver.receive import Headers, Verdict, receive
from ingest.secrets.encryption import encrypt
from ingest.secrets.keyring import Keyring
from ingest.secrets.signature import InvalidSignatureError, Secret, sign

if TYPE_CHECKING:
    from collections.abc import Sequence

KEY, OLD_KEY = b"the-current-secret", b"the-previous-secret"
NOW = datetime(2026, 3, 1, 12, 0, 0, 7, tzinfo=UTC)
INS_KEY = b"A1B2C3D4E5"
KEYRING = Keyring(
    [Secret("current", KEY), Secret("expired", OLD_KEY, NOW)],
    ins_secrets=[Secret("ins:over", b"OVER", NOW), Secret("ins:brightketo", INS_KEY)],
)
BODY = b'{"type": "sale.created"}'
GOOD = sign(KEY, BODY).encode()


def _reversed(keyring: Keyring, headers: Headers, body: bytes, now: datetime) -> Authentic:
    """Authenticate as a sender would that writes everything backwards."""
    del keyring, now
    if headers.get(b"x-order") != [b"reversed"]:
        raise InvalidSignatureError("missing")
    return Authentic(body[::-1], "mirror")


BACKWARDS = Endpoint("/backwards", source="backwards", authenticate=_reversed)


@dataclass(frozen=True)
class Case:
    """One request.

    Attributes:
        reason: Why it is refused; empty when it is accepted.
        stored: The body of the delivery; None: as on the wire.
    """

    reason: str = ""
    signatures: Sequence[bytes] = (GOOD,)
    body: bytes = BODY
    content_type: Sequence[bytes] = ()
    endpoint: Endpoint = COMMAND_CENTER
    stored: bytes | None = None
    secret_id: str = "current"
    stored_type: str | None = None

    def decide(self) -> Verdict:
        headers = {b"x-webhook-signature": self.signatures, b"content-type": self.content_type}
        given = {name: values for name, values in headers.items() if values}
        if self.endpoint is BACKWARDS:
            given[b"x-order"] = [b"reversed"]
        return receive(self.endpoint, KEYRING, given, self.body, peer="203.0.113.7", now=NOW)


def signed(body: bytes) -> Case:
    return Case(signatures=[sign(KEY, body).encode()], body=body)


CASES = {
    "signed": Case(),
    "signed in upper case": Case(signatures=[GOOD.upper()]),
    "not signed": Case("missing", signatures=[]),
    "signed twice": Case("ambiguous", signatures=[GOOD, GOOD]),
    "an empty signature": Case("malformed", signatures=[b""]),
    "a signature that is not ASCII": Case("malformed", signatures=[b"\xe9" * 64]),
    "a prefix that is not allowed": Case("malformed", signatures=[b"sha256=" + GOOD]),
    "another body's signature": Case("mismatch", body=BODY + b" "),
    "a secret that expires now": Case("mismatch", signatures=[sign(OLD_KEY, BODY).encode()]),
    "an empty body": signed(b""),
    "a body that is not UTF-8": signed(b"\xff\xfe\x00"),
    "a body that is no JSON": signed(b"[" * 1000),
    "a content type": Case(content_type=[b"text/odd"], stored_type="text/odd"),
    "a content type that is not ASCII": Case(content_type=[b"\xe9"], stored_type="\xe9"),
    "two content types": Case(content_type=[b"a/b", b"c/d"], stored_type="a/b"),
    "an endpoint with another authentication": Case(
        signatures=[], endpoint=BACKWARDS, stored=BODY[::-1], secret_id="mirror"
    ),
    "a notification": Case(
        signatures=[], endpoint=INS, body=encrypt(INS_KEY, BODY), stored=BODY, secret_id="ins:brightketo"
    ),
    "a notification under a secret that expires now": Case(
        "ins_not_decrypted", endpoint=INS, body=encrypt(b"OVER", BODY)
    ),
    "a signed body on the path of notifications": Case("ins_no_envelope", endpoint=INS),
    "a signed notification on the path of webhooks": signed(encrypt(INS_KEY, BODY)),
    "a notification encrypted with the webhook's secret": Case(
        "ins_not_decrypted", endpoint=INS, body=encrypt(KEY, BODY)
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_request_is_accepted_with_its_delivery_or_refused_with_its_reason(case: Case) -> None:
    verdict = case.decide()
    if case.reason:
        assert verdict == Verdict(INVALID_SIGNATURE, None, case.reason)
        return
    body = case.body if case.stored is None else case.stored
    microseconds = 1_772_366_400_000_007
    assert verdict == Verdict(
        ACCEPTED,
        NewDelivery(
            microseconds, body, sha256(body).digest(), case.secret_id, case.stored_type, "203.0.113.7"
        ),
    )
