"""Where secrets come from: the settings and a file of several, all in force together."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbw.errors import ConfigurationError
from cbw.secret_settings import MIN_SECRET_BYTES
from cbw.settings import Settings, load_settings
from ingest.secrets.files import read_secrets
from ingest.secrets.keyring import Keyring, load_secrets, signing_secret
from ingest.secrets.signature import InvalidSignatureError, Secret, sign

if TYPE_CHECKING:
    from pathlib import Path

KEY = b"the-current-secret"
OLD_KEY = b"the-previous-secret"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = datetime(2126, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CBW_WEBHOOK_SECRET", raising=False)
    monkeypatch.chdir(tmp_path)  # away from any .env


def with_file(path: Path, content: bytes, **others: object) -> Settings:
    (path / "secrets").write_bytes(content)
    return load_settings(**others).model_copy(update={"webhook_secrets_file": path / "secrets"})


def refusal(settings: Settings) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_secrets(settings)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_current_secret_comes_first_then_the_previous_then_those_of_the_file(tmp_path: Path) -> None:
    settings = with_file(
        tmp_path,
        b"# rotated every spring\n\n  2025 secret-of-2025-xxx 2126-03-01T12:00:00Z\r\n2026\tsecret-of-2026-xxx\n",
        webhook_secret=KEY,
        webhook_secret_previous=OLD_KEY,
        webhook_secret_previous_until=LATER,
    )
    assert load_secrets(settings) == (
        Secret("current", KEY),
        Secret("previous", OLD_KEY, LATER),
        Secret("2025", b"secret-of-2025-xxx", LATER),
        Secret("2026", b"secret-of-2026-xxx"),
    )


def test_a_file_of_secrets_is_enough(tmp_path: Path) -> None:
    settings = with_file(tmp_path, b"a secret-number-one\nb secret-number-two\n")
    keyring = Keyring.from_settings(settings)
    assert keyring.ids == ["a", "b"]
    assert keyring.verify(b"body", [sign(b"secret-number-two", b"body").encode()], NOW) == "b"


def test_the_sender_signs_with_the_first_secret_that_is_active(tmp_path: Path) -> None:
    settings = with_file(tmp_path, b"a secret-number-one 2020-01-01T00:00:00Z\nb secret-number-two\n")
    assert signing_secret(settings) == b"secret-number-two"


def test_a_prefix_is_only_allowed_by_the_setting(tmp_path: Path) -> None:
    header = [b"sha256=" + sign(KEY, b"body").encode()]
    del tmp_path
    with pytest.raises(InvalidSignatureError):
        Keyring.from_settings(load_settings(webhook_secret=KEY)).verify(b"body", header, NOW)
    allowing = load_settings(webhook_secret=KEY, allow_signature_prefix=True)
    assert Keyring.from_settings(allowing).verify(b"body", header, NOW) == "current"


def test_no_secret_at_all_is_refused() -> None:
    assert refusal(load_settings()).startswith("CBW_WEBHOOK_SECRET is not set")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "holds no secret"),
        (b"\n# nothing yet\n", "holds no secret"),
        (b"a secret-number-one\nhunter2-hunter2-hunter2\n", "line 2 has 1 fields, not 2 or 3"),
        (b"a hunter2 2030-01-01T00:00:00Z x\n", "line 1 has 4 fields, not 2 or 3"),
        (b"a hunter2\n", "line 1 has a secret of 7 bytes; a secret needs at least 16"),
        (b"\n\xc3\xa9 hunter2-hunter2-hunter2\n", "line 2 starts with no id"),
        (b"hunter2-hunter2-hunter2-hunter2-hunter2 2030-01-01T00:00:00Z\n", "line 1 starts with no id"),
        (b"a hunter2-hunter2-hunter2 soon\n", "line 1 ends with something that is no instant"),
        (b"a hunter2-hunter2-hunter2 \xff\n", "line 1 ends with something that is no instant"),
        (b"a hunter2-hunter2-hunter2 2030-01-01\n", "line 1 ends with an instant without an offset"),
        (b"a secret-number-one\na secret-number-two\n", "two secrets have the id 'a'"),
        (b"a secret-number-one 2020-01-01T00:00:00Z\n", "every webhook secret has expired"),
    ],
)
def test_a_wrong_file_is_one_line_that_names_the_place_and_never_the_content(
    tmp_path: Path, content: bytes, problem: str
) -> None:
    message = refusal(with_file(tmp_path, content))
    assert problem in message
    assert "hunter2" not in message


def test_the_ids_of_the_settings_are_taken(tmp_path: Path) -> None:
    settings = with_file(tmp_path, b"current secret-number-one\n", webhook_secret=KEY)
    assert refusal(settings).startswith("two secrets have the id 'current'")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    settings = load_settings(webhook_secrets_file=tmp_path / "missing")
    assert refusal(settings).startswith(f"CBW_WEBHOOK_SECRETS_FILE: {tmp_path}/missing cannot be read")


def test_a_keyring_shows_no_secret() -> None:
    assert KEY.decode() not in f"{Keyring([Secret('a', KEY)])!r} {[Secret('a', KEY)]}"


FIELDS = st.sampled_from(
    [
        *(b"a", b"b", b"#", b" ", b"\t", b"\n", b"\r", b"\x00", b"\xff"),
        *(b"2030-01-01T00:00:00Z", b"9999-99-99", b"x" * 16),
    ]
)


@given(parts=st.lists(FIELDS | st.binary(max_size=3), max_size=12))
def test_no_file_raises_anything_but_a_configuration_error(
    tmp_path_factory: pytest.TempPathFactory, parts: list[bytes]
) -> None:
    """Anything else would end the thread that watches the file."""
    path = tmp_path_factory.getbasetemp() / "random-secrets"
    path.write_bytes(b"".join(parts))
    try:
        secrets = read_secrets(path)
    except ConfigurationError:
        return
    assert all(len(secret.value) >= MIN_SECRET_BYTES for secret in secrets)
