"""Authenticity: one header, 64 hex digits, HMAC-SHA256 over the bytes as received."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import ConfigurationError
from ingest.settings import load_settings
from ingest.signature import InvalidSignatureError, Secret, secrets_from, sign, verify

if TYPE_CHECKING:
    from pathlib import Path

KEY = b"the-current-secret"
OLD_KEY = b"the-previous-secret"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BODY = b'{"type": "sale.created", "data": {"amount": 1.00}}'
GOOD = sign(KEY, BODY).encode()
SECRETS = (Secret("current", KEY),)


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
def test_any_other_header_is_refused_with_its_reason(values: list[bytes], reason: str) -> None:
    with pytest.raises(InvalidSignatureError) as caught:
        verify(SECRETS, BODY, values, NOW)
    assert caught.value.reason == reason


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


@given(body=st.binary(), header=st.binary(max_size=80))
def test_no_body_and_no_header_ever_raises_anything_else(body: bytes, header: bytes) -> None:
    assert verify(SECRETS, body, [sign(KEY, body).encode()], NOW) == "current"
    with pytest.raises(InvalidSignatureError):
        verify(SECRETS, body, [header], NOW)


def test_the_secrets_come_from_the_settings_with_the_current_one_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # away from any .env
    settings = load_settings(
        webhook_secret=KEY, webhook_secret_previous=OLD_KEY, webhook_secret_previous_until=NOW
    )
    assert secrets_from(settings) == (Secret("current", KEY), Secret("previous", OLD_KEY, NOW))


def test_without_a_secret_there_is_nothing_to_verify_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CBW_WEBHOOK_SECRET", raising=False)
    with pytest.raises(ConfigurationError, match="CBW_WEBHOOK_SECRET is not set"):
        secrets_from(load_settings())


def test_a_secret_does_not_show_in_its_repr() -> None:
    assert KEY.decode() not in repr(SECRETS)
