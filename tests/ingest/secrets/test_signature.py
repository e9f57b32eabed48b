"""Authenticity: one header, 64 hex digits, HMAC-SHA256 over the bytes as received."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.secrets.signature import InvalidSignatureError, Reason, Secret, sign, verify

if TYPE_CHECKING:
    from collections.abc import Sequence

KEY = b"the-current-secret"
OLD_KEY = b"the-previous-secret"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BODY = b'{"type": "sale.created", "data": {"amount": 1.00}}'
GOOD = sign(KEY, BODY).encode()
SECRETS = (Secret("current", KEY),)


def refusal(
    secrets: Sequence[Secret],
    body: bytes,
    headers: list[bytes],
    *,
    now: datetime = NOW,
    allow_prefix: bool = False,
) -> Reason | None:
    """Return why a delivery is not authentic; None when it is."""
    try:
        verify(secrets, body, headers, now, allow_prefix=allow_prefix)
    except InvalidSignatureError as exc:
        return exc.reason
    return None


def test_the_signature_is_the_lower_case_hex_hmac_sha256_of_the_body() -> None:
    assert sign(KEY, BODY) == hmac.new(KEY, BODY, hashlib.sha256).hexdigest()


def test_a_good_signature_names_the_secret_that_made_it() -> None:
    assert verify(SECRETS, BODY, [GOOD], NOW) == "current"


def test_upper_case_digits_are_the_same_digest() -> None:
    assert verify(SECRETS, BODY, [GOOD.upper()], NOW) == "current"


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        pytest.param([], "missing", id="no header"),
        pytest.param([b""], "malformed", id="empty"),
        pytest.param([GOOD[:-1]], "malformed", id="short"),
        pytest.param([GOOD[:32]], "malformed", id="truncated"),
        pytest.param([GOOD + b"0"], "malformed", id="long"),
        pytest.param([b"g" * 64], "malformed", id="not hex"),
        pytest.param(
            [GOOD[:20] + b"  " + GOOD[22:]], "malformed", id="spaces inside, which fromhex tolerates"
        ),
        pytest.param([GOOD[:32] + b" " + GOOD[32:]], "malformed", id="a space between bytes"),
        pytest.param([GOOD + b"\n"], "malformed", id="a newline after"),
        pytest.param(["\uff11".encode() * 64], "malformed", id="full-width digits"),
        pytest.param([b"\xe9" * 64], "malformed", id="not ASCII"),
        pytest.param([base64.b64encode(bytes.fromhex(GOOD.decode()))], "malformed", id="base64"),
        pytest.param([b"sha256=" + GOOD], "malformed", id="prefixed"),
        pytest.param([hmac.new(KEY, BODY, "sha1").hexdigest().encode()], "malformed", id="SHA-1"),
        pytest.param([b"0" * 64], "mismatch", id="another digest"),
        pytest.param([hashlib.sha256(BODY).hexdigest().encode()], "mismatch", id="a hash without the key"),
        pytest.param([sign(b"some-other-secret", BODY).encode()], "mismatch", id="another secret"),
        pytest.param([GOOD, GOOD], "ambiguous", id="two headers, though equal"),
        pytest.param([GOOD, b""], "ambiguous", id="two headers, one empty"),
        pytest.param([GOOD + b", " + GOOD], "malformed", id="two values in one header"),
    ],
)
def test_any_other_header_is_refused_with_its_reason(values: list[bytes], reason: Reason) -> None:
    with pytest.raises(InvalidSignatureError) as caught:
        verify(SECRETS, BODY, values, NOW)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        pytest.param(b"sha256=" + GOOD, None, id="prefixed"),
        pytest.param(GOOD, None, id="plain"),
        pytest.param(b"sha256=" + GOOD.upper(), None, id="upper case"),
        pytest.param(b"sha256=sha256=" + GOOD, "malformed", id="prefixed twice"),
        pytest.param(b"SHA256=" + GOOD, "malformed", id="prefix in upper case"),
        pytest.param(b"sha256:" + GOOD, "malformed", id="another mark"),
        pytest.param(b"sha1=" + GOOD, "malformed", id="another algorithm"),
        pytest.param(GOOD + b"sha256=", "malformed", id="behind"),
        pytest.param(b"sha256=", "malformed", id="nothing after it"),
        pytest.param(b"sha256=" + b"0" * 64, "mismatch", id="another digest"),
    ],
)
def test_a_prefix_is_accepted_where_the_operator_allows_it(value: bytes, reason: Reason | None) -> None:
    assert refusal(SECRETS, BODY, [value], allow_prefix=True) == reason


def test_the_signature_of_a_re_serialised_body_is_refused() -> None:
    """The page's sample hashes ``JSON.stringify(payload)``; only the wire bytes decide."""
    compact = json.dumps(json.loads(BODY), separators=(",", ":")).encode()
    with pytest.raises(InvalidSignatureError):
        verify(SECRETS, BODY, [sign(KEY, compact).encode()], NOW)


def test_the_previous_secret_is_accepted_until_the_instant_it_expires() -> None:
    secrets = (Secret("current", KEY), Secret("previous", OLD_KEY, NOW))
    header = [sign(OLD_KEY, BODY).encode()]
    assert verify(secrets, BODY, header, NOW - timedelta(microseconds=1)) == "previous"
    with pytest.raises(InvalidSignatureError, match="mismatch"):
        verify(secrets, BODY, header, NOW)


def test_the_current_secret_wins_when_both_are_the_same() -> None:
    assert verify((Secret("current", KEY), Secret("previous", KEY)), BODY, [GOOD], NOW) == "current"


def test_an_expired_secret_does_not_hide_an_active_one_with_the_same_value() -> None:
    secrets = (Secret("old", KEY, NOW), Secret("new", KEY, NOW + timedelta(days=1)))
    assert verify(secrets, BODY, [GOOD], NOW) == "new"


@dataclass
class Counted:
    """A secret that counts how often its value is used."""

    id: str
    key: bytes
    uses: int = 0

    @property
    def value(self) -> bytes:
        self.uses += 1
        return self.key

    def is_active(self, _now: datetime) -> bool:
        return True


@pytest.mark.parametrize("matching", range(3))
def test_every_secret_is_tried_whichever_matches(matching: int) -> None:
    """Otherwise the duration of the answer would reveal the age of the secret."""
    keys = [b"first" * 4, b"second" * 4, b"third" * 4]
    secrets = [Counted(str(number), key) for number, key in enumerate(keys)]
    header = [sign(keys[matching], BODY).encode()]
    assert verify(cast("Sequence[Secret]", secrets), BODY, header, NOW) == str(matching)
    assert [secret.uses for secret in secrets] == [1, 1, 1]


KEYS = st.lists(st.binary(min_size=16, max_size=80), min_size=1, max_size=5, unique=True)


@given(keys=KEYS, body=st.binary(max_size=300), data=st.data())
def test_a_signature_by_any_active_secret_is_accepted_and_named(
    keys: list[bytes], body: bytes, data: st.DataObject
) -> None:
    secrets = [Secret(str(number), key) for number, key in enumerate(keys)]
    signer = data.draw(st.sampled_from(secrets))
    digits = hmac.new(signer.value, body, hashlib.sha256).hexdigest()
    cased = "".join(data.draw(st.sampled_from([digit, digit.upper()])) for digit in digits)
    assert verify(secrets, body, [cased.encode()], NOW) == signer.id


@given(keys=KEYS, body=st.binary(max_size=300), data=st.data())
def test_no_signature_survives_a_change_of_one_bit_anywhere(
    keys: list[bytes], body: bytes, data: st.DataObject
) -> None:
    signed, secrets = sign(keys[0], body), [Secret("only", keys[0])]
    bit = data.draw(st.integers(0, 255))
    forged = (int(signed, 16) ^ (1 << bit)).to_bytes(32, "big").hex().encode()
    assert refusal(secrets, body, [forged]) == "mismatch"
    if body:
        bit = data.draw(st.integers(0, len(body) * 8 - 1))
        other = (int.from_bytes(body, "big") ^ (1 << bit)).to_bytes(len(body), "big")
        assert refusal(secrets, other, [signed.encode()]) == "mismatch"
    assert (
        refusal([Secret(str(n), key) for n, key in enumerate(keys[1:])], body, [signed.encode()])
        == "mismatch"
    )


@given(offset=st.timedeltas(timedelta(days=-9), timedelta(days=9)))
def test_a_secret_is_active_exactly_before_the_instant_it_expires(offset: timedelta) -> None:
    secret = Secret("only", KEY, NOW)
    expected = None if offset < timedelta() else "mismatch"
    assert refusal([secret], BODY, [GOOD], now=NOW + offset) == expected


@given(
    body=st.binary(max_size=100),
    headers=st.lists(
        st.one_of(st.binary(max_size=80), st.sampled_from([GOOD, b"sha256=" + GOOD])), max_size=3
    ),
    allow_prefix=st.booleans(),
)
def test_no_header_but_a_true_one_is_accepted_and_none_raises_anything_else(
    body: bytes, headers: list[bytes], *, allow_prefix: bool
) -> None:
    assert verify(SECRETS, body, [sign(KEY, body).encode()], NOW) == "current"
    reason = refusal(SECRETS, body, headers, allow_prefix=allow_prefix)
    digits = [header.removeprefix(b"sha256=") if allow_prefix else header for header in headers]
    assert (reason is None) == ([value.lower() for value in digits] == [sign(KEY, body).encode()])


def test_without_any_secret_nothing_is_accepted() -> None:
    assert refusal([], BODY, [GOOD]) == "mismatch"


def test_the_reason_of_a_refusal_is_in_its_message_too() -> None:
    assert str(InvalidSignatureError("malformed")) == "the signature is malformed"


def test_a_secret_does_not_show_in_its_repr() -> None:
    assert KEY.decode() not in repr(SECRETS)
