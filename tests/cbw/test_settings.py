"""A wrong setting is one line that names the variable, its fault, and a right value."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog

from cbw.errors import ConfigurationError
from cbw.secret_settings import MIN_SECRET_BYTES
from cbw.settings import Settings, load_settings, unknown_variables
from ingest.secrets.keyring import current_secret

SECRET = "a-secret-of-thirty-two-bytes-len"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable of the test run and no .env file of the working directory is read."""
    for name in [name for name in os.environ if name.startswith("CBW_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def refusal(**overrides: object) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(**overrides)
    assert caught.value.exit_code == 2
    message = str(caught.value)
    assert "\n" not in message
    return message


WRONG = [
    ("CBW_PORT", "0", "greater than or equal to 1", "CBW_PORT=8400"),
    ("CBW_PORT", "65536", "less than or equal to 65535", "CBW_PORT=8400"),
    ("CBW_PORT", "http", "valid integer", "CBW_PORT=8400"),
    ("CBW_PORT", "", "valid integer", "CBW_PORT=8400"),
    ("CBW_HOST", "", "at least 1 character", "CBW_HOST=127.0.0.1"),
    ("CBW_WORKERS", "0", "greater than or equal to 1", "CBW_WORKERS=2"),
    ("CBW_WORKERS", "65", "less than or equal to 64", "CBW_WORKERS=2"),
    ("CBW_WORKERS", "many", "valid integer", "CBW_WORKERS=2"),
    ("CBW_TIMEZONE", "Pacific", "is not a time zone", "CBW_TIMEZONE=America/Los_Angeles"),
    ("CBW_TIMEZONE", "", "is not a time zone", "CBW_TIMEZONE=America/Los_Angeles"),
    ("CBW_TIMEZONE", "UTC'; drop", "is not a time zone", "CBW_TIMEZONE=America/Los_Angeles"),
    ("CBW_REFRESH_SECONDS", "0", "greater than or equal to 0.1", "CBW_REFRESH_SECONDS=1"),
    ("CBW_REFRESH_SECONDS", "nan", "less than or equal to 86400", "CBW_REFRESH_SECONDS=1"),
    ("CBW_REFRESH_SECONDS", "soon", "valid number", "CBW_REFRESH_SECONDS=1"),
    ("CBW_NIGHTLY_AT", "24:00", "HH:MM from 00:00 to 23:59", "CBW_NIGHTLY_AT=02:00"),
    ("CBW_NIGHTLY_AT", "2 am", "HH:MM from 00:00 to 23:59", "CBW_NIGHTLY_AT=02:00"),
    ("CBW_MAX_BODY_BYTES", "1023", "greater than or equal to 1024", "CBW_MAX_BODY_BYTES=1048576"),
    ("CBW_MAX_BODY_BYTES", "1 MiB", "valid integer", "CBW_MAX_BODY_BYTES=1048576"),
    ("CBW_ALLOWED_IPS", "203.0.113.0/24, nonsense", "holds 'nonsense'", "CBW_ALLOWED_IPS=203.0.113.0/24"),
    ("CBW_ALLOWED_IPS", "203.0.113.0/33", "holds '203.0.113.0/33'", "CBW_ALLOWED_IPS=203.0.113.0/24"),
    ("CBW_TRUSTED_PROXIES", "localhost", "holds 'localhost'", "CBW_TRUSTED_PROXIES=127.0.0.1/32"),
    ("CBW_MEMORY_LIMIT", "lots", "a unit of MB, GB or TB", "CBW_MEMORY_LIMIT=1GB"),
    ("CBW_MEMORY_LIMIT", "299MB", "at least 300MB", "CBW_MEMORY_LIMIT=1GB"),
    ("CBW_MEMORY_LIMIT", "1", "a unit of MB, GB or TB", "CBW_MEMORY_LIMIT=1GB"),
    ("CBW_WEBHOOK_SECRET", "short", "is 5 bytes long", "CBW_WEBHOOK_SECRET=the-secret-from-command-center"),
    ("CBW_WEBHOOK_SECRET", "", "is 0 bytes long", "CBW_WEBHOOK_SECRET=the-secret-from-command-center"),
    ("CBW_WEBHOOK_SECRET_PREVIOUS", "short", "is 5 bytes long", "CBW_WEBHOOK_SECRET_PREVIOUS=the-secret-before"),
    ("CBW_WEBHOOK_SECRET_PREVIOUS_UNTIL", "soon", "valid datetime", "2026-12-31T00:00:00+00:00"),
    ("CBW_WEBHOOK_SECRET_PREVIOUS_UNTIL", "2026-12-31T00:00:00", "must carry an offset", "2026-12-31T00:00:00+00:00"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "problem", "example"), WRONG, ids=lambda text: text[:40] or "(empty)"
)
def test_a_wrong_value_is_one_line_with_variable_problem_and_example(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, problem: str, example: str
) -> None:
    monkeypatch.setenv(name, value)
    message = refusal()
    assert message.startswith(f"{name}: ")
    assert problem in message
    assert example in message.partition("; for example ")[2]


def test_a_wrong_secret_is_never_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CBW_WEBHOOK_SECRET", "hunter2")
    assert "hunter2" not in refusal()


def test_every_setting_is_described_and_has_an_example() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.examples, name


NOT_ALONE = ("tls_cert", "tls_key")


@pytest.mark.parametrize("name", [name for name in Settings.model_fields if name not in NOT_ALONE])
def test_the_example_of_a_setting_is_valid(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    [example] = Settings.model_fields[name].examples or []
    monkeypatch.setenv(f"CBW_{name.upper()}", str(example))
    load_settings()


def test_the_defaults_are_those_of_the_documentation() -> None:
    settings = load_settings()
    assert (settings.host, settings.port, settings.workers) == ("127.0.0.1", 8400, 1)
    assert (settings.data_dir, settings.inbox_dir) == (Path("data"), Path("data/inbox"))
    assert (settings.timezone, settings.refresh_seconds) == ("America/Los_Angeles", 1.0)
    assert settings.max_body_bytes == 1024 * 1024
    assert (settings.allowed_ips, settings.trusted_proxies) == ((), ())


class TestWhereAValueComesFrom:
    def test_the_command_line_goes_before_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CBW_PORT", "9000")
        assert load_settings(port=9100).port == 9100
        assert load_settings(port=None).port == 9000

    def test_the_environment_goes_before_the_env_file(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        (tmp_path / ".env").write_text("CBW_PORT=9000\nCBW_WORKERS=3\n", encoding="utf-8")
        monkeypatch.setenv("CBW_PORT", "9100")
        settings = load_settings()
        assert (settings.port, settings.workers) == (9100, 3)

    def test_a_wrong_value_in_the_env_file_is_named_alike(self, tmp_path: Path) -> None:
        (tmp_path / ".env").write_text("CBW_WORKERS=none\n", encoding="utf-8")
        assert refusal().startswith("CBW_WORKERS: ")

    def test_an_env_file_that_is_no_text_is_named(self, tmp_path: Path) -> None:
        (tmp_path / ".env").write_bytes(b"CBW_PORT=\xff\xfe\n")
        assert refusal().startswith(".env ")

    def test_other_lines_of_the_env_file_are_not_ours(self, tmp_path: Path) -> None:
        (tmp_path / ".env").write_text("DATABASE_URL=x\nCBW_PORT=9000\n", encoding="utf-8")
        assert load_settings().port == 9000

    def test_networks_are_separated_by_commas_and_spaces_do_not_count(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CBW_ALLOWED_IPS", " 203.0.113.0/24,2001:db8::/32 , ")
        assert load_settings().allowed_ips == ("203.0.113.0/24", "2001:db8::/32")

    def test_an_instant_keeps_its_offset(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CBW_WEBHOOK_SECRET_PREVIOUS_UNTIL", "2026-12-31T00:00:00-08:00")
        assert load_settings().webhook_secret_previous_until == datetime(2026, 12, 31, 8, tzinfo=UTC)


class TestTheSecret:
    def test_comes_from_the_variable_byte_for_byte(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CBW_WEBHOOK_SECRET", f" {SECRET}é")
        assert current_secret(load_settings()) == f" {SECRET}é".encode()

    @pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n"])
    def test_comes_from_a_file_less_the_newline_an_editor_adds(self, tmp_path: Path, ending: bytes) -> None:
        path = tmp_path / "secret"
        path.write_bytes(SECRET.encode() + ending)
        assert current_secret(load_settings(webhook_secret_file=path)) == SECRET.encode()

    def test_in_a_file_warns_when_a_newline_was_left_out(self, tmp_path: Path) -> None:
        path = tmp_path / "secret"
        path.write_bytes(f"{SECRET}\n".encode())
        with structlog.testing.capture_logs() as lines:
            current_secret(load_settings(webhook_secret_file=path))
        assert [(line["event"], line["log_level"]) for line in lines] == [
            ("settings.secret_newline_stripped", "warning")
        ]
        assert SECRET not in str(lines)

    def test_keeps_everything_else_of_its_file(self, tmp_path: Path) -> None:
        path = tmp_path / "secret"
        path.write_bytes(b" \xff" + SECRET.encode() + b" \n\n")
        assert current_secret(load_settings(webhook_secret_file=path)) == b" \xff" + SECRET.encode() + b" \n"

    def test_must_be_somewhere(self) -> None:
        with pytest.raises(ConfigurationError, match="CBW_WEBHOOK_SECRET is not set") as caught:
            current_secret(load_settings())
        assert "export CBW_WEBHOOK_SECRET=" in caught.value.hint

    def test_must_not_be_in_both_places(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CBW_WEBHOOK_SECRET", SECRET)
        monkeypatch.setenv("CBW_WEBHOOK_SECRET_FILE", "secret")
        assert refusal() == "CBW_WEBHOOK_SECRET and CBW_WEBHOOK_SECRET_FILE are both set; keep one"

    def test_that_a_program_gives_replaces_the_operators_file(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The demo invents a secret of its own, wherever the operator keeps the real one."""
        monkeypatch.setenv("CBW_WEBHOOK_SECRET_FILE", "/run/secrets/cbw")
        assert current_secret(load_settings(webhook_secret=SECRET.encode())) == SECRET.encode()

    def test_must_be_long_enough_in_a_file_too(self, tmp_path: Path) -> None:
        path = tmp_path / "secret"
        path.write_bytes(b"x" * (MIN_SECRET_BYTES - 1) + b"\n")
        with pytest.raises(
            ConfigurationError, match=r"CBW_WEBHOOK_SECRET_FILE: the secret in .* is 15 bytes long"
        ):
            current_secret(load_settings(webhook_secret_file=path))

    def test_must_be_in_a_file_that_can_be_read(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError, match=r"CBW_WEBHOOK_SECRET_FILE: .* cannot be read") as caught:
            current_secret(load_settings(webhook_secret_file=tmp_path / "missing"))
        assert "\n" not in str(caught.value)

    def test_is_in_no_text_of_the_settings(self) -> None:
        settings = load_settings(webhook_secret=SECRET.encode(), webhook_secret_previous=SECRET.encode())
        assert SECRET not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"


def test_a_certificate_needs_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CBW_TLS_CERT", "cert.pem")
    assert refusal() == "CBW_TLS_CERT and CBW_TLS_KEY belong together; set both or neither"


def test_a_misspelt_variable_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CBW_PROT", "9000")
    monkeypatch.setenv("CBW_PORT", "9000")
    assert unknown_variables() == ["CBW_PROT"]
