"""Changed secrets are taken into use when they are whole and right; else the old ones stay."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
import structlog

from cbw.settings import load_settings
from ingest.secrets.keyring import Keyring
from ingest.secrets.watch import ReloadRequests, SecretWatch

if TYPE_CHECKING:
    from pathlib import Path

ONE = b"one the-first-of-the-secrets\n"
TWO = b"two the-second-of-the-secrets\n"


class Bench:
    """A watch over a file, without its thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.write(ONE)
        settings = load_settings(webhook_secrets_file=path)
        self.keyring = Keyring.from_settings(settings)
        self.requests = ReloadRequests()
        self.watch = SecretWatch(self.keyring, settings, self.requests)

    def write(self, content: bytes) -> None:
        self.path.write_bytes(content)

    def poll(self, times: int = 1) -> list[str]:
        for _ in range(times):
            self.watch.poll()
        return self.keyring.ids


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.delenv("CBW_WEBHOOK_SECRET", raising=False)
    monkeypatch.chdir(tmp_path)
    return Bench(tmp_path / "secrets")


def test_a_changed_file_is_taken_into_use_once_it_has_settled(bench: Bench) -> None:
    bench.write(ONE + TWO)
    assert bench.poll() == ["one"]
    assert bench.poll() == ["one", "two"]


def test_a_file_that_is_still_being_written_is_left_alone(bench: Bench) -> None:
    """The first half of a secret may be long enough to be one."""
    bench.write(ONE + b"two the-second-of-the")
    assert bench.poll() == ["one"]
    bench.write(ONE + TWO)
    assert bench.poll() == ["one"]
    assert bench.poll() == ["one", "two"]
    assert bench.keyring.secrets[1].value == b"the-second-of-the-secrets"


def test_a_replaced_file_is_noticed_though_its_size_and_time_are_the_same(bench: Bench) -> None:
    status = bench.path.stat()
    other = bench.path.with_name("new")
    other.write_bytes(ONE.replace(b"one", b"two"))
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.rename(bench.path)
    assert bench.poll(2) == ["two"]


def test_a_request_is_answered_at_once_and_once(bench: Bench) -> None:
    bench.write(TWO)
    bench.requests.ask()
    with structlog.testing.capture_logs() as lines:
        assert bench.poll(3) == ["two"]
    assert [(line["event"], line["ids"]) for line in lines] == [("receiver.secrets_loaded", ["two"])]


@pytest.mark.parametrize(
    "content", [b"", b"two short\n", b"\xff\xfe", b"two the-second-of-the-secrets 2020-01-01T00:00Z"]
)
def test_a_wrong_file_is_refused_once_with_a_line_and_the_old_secrets_stay(
    bench: Bench, content: bytes
) -> None:
    bench.write(content)
    with structlog.testing.capture_logs() as lines:
        assert bench.poll(5) == ["one"]
    [line] = lines
    assert (line["event"], line["log_level"], line["kept"]) == ("receiver.secrets_refused", "error", ["one"])
    bench.write(TWO)
    assert bench.poll(2) == ["two"]


def test_a_file_that_is_gone_is_refused_and_taken_again_when_it_is_back(bench: Bench) -> None:
    bench.path.unlink()
    with structlog.testing.capture_logs() as lines:
        assert bench.poll(3) == ["one"]
    assert "cannot be read" in lines[0]["error"]
    bench.write(TWO)
    assert bench.poll(2) == ["two"]


def test_a_worker_that_starts_late_starts_with_the_files_as_they_are(bench: Bench) -> None:
    bench.write(TWO)
    settings = load_settings(webhook_secrets_file=bench.path)
    SecretWatch(bench.keyring, settings, bench.requests)
    assert bench.keyring.ids == ["two"]


def test_the_file_of_the_one_secret_is_watched_too(tmp_path: Path, bench: Bench) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"the-only-secret-there-is")
    settings = load_settings(webhook_secret_file=path)
    keyring = Keyring.from_settings(settings)
    watch = SecretWatch(keyring, settings, bench.requests)
    path.write_bytes(b"another-secret-altogether")
    watch.poll()
    watch.poll()
    assert keyring.secrets[0].value == b"another-secret-altogether"
