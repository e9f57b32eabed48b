"""The secrets of INS: where they come from, and the one line for each that is wrong."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import structlog

from cbw.errors import ConfigurationError
from cbw.settings import load_settings
from ingest.secrets.ins import encrypting_secret, load_ins_secrets
from ingest.secrets.keyring import Keyring
from ingest.secrets.watch import ReloadRequests, SecretWatch

if TYPE_CHECKING:
    from pathlib import Path

WEBHOOK_SECRET = b"the-secret-that-the-tests-use"


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("CBW_WEBHOOK_SECRET", "CBW_INS_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_secrets_come_from_the_variable_and_the_file_of_nicknames(tmp_path: Path) -> None:
    file = written(
        tmp_path / "several", b"# of both accounts\nbrightketo KEY1\nother-1 KEY2 2020-01-01T00:00:00Z\n"
    )
    settings = load_settings(ins_secret="A1B2", ins_secrets_file=file)
    assert [(secret.id, secret.value) for secret in load_ins_secrets(settings)] == [
        ("ins:current", b"A1B2"),
        ("ins:brightketo", b"KEY1"),
        ("ins:other-1", b"KEY2"),
    ]
    assert encrypting_secret(settings) == b"A1B2"


def test_either_sender_is_enough_and_neither_is_refused(tmp_path: Path) -> None:
    assert Keyring.from_settings(load_settings(ins_secret="A1B2")).ids == ["ins:current"]
    assert Keyring.from_settings(load_settings(webhook_secret=WEBHOOK_SECRET)).ids == ["current"]
    both = load_settings(webhook_secret=WEBHOOK_SECRET, ins_secret_file=written(tmp_path / "one", b"A1B2"))
    assert Keyring.from_settings(both).ids == ["current", "ins:current"]
    for wrong in ({}, {"ins_secret": "A1B2", "webhook_secret_previous": WEBHOOK_SECRET}):
        with pytest.raises(ConfigurationError, match="CBW_WEBHOOK_SECRET is not set"):
            Keyring.from_settings(load_settings(**wrong))


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_line_end_is_stripped_with_a_line_in_the_log(tmp_path: Path, end: bytes) -> None:
    file = written(tmp_path / "one", b"A1B2" + end)
    for settings in (load_settings(ins_secret=b"A1B2" + end), load_settings(ins_secret_file=file)):
        with structlog.testing.capture_logs() as lines:
            assert [secret.value for secret in load_ins_secrets(settings)] == [b"A1B2"]
        assert [line["event"] for line in lines] == ["settings.secret_newline_stripped"]


def test_an_unusual_secret_is_taken_with_a_line_that_does_not_show_it() -> None:
    with structlog.testing.capture_logs() as lines:
        load_ins_secrets(load_settings(ins_secret="0123456789abcdef0123456789abcdef"))
    assert [(line["event"], line["id"]) for line in lines] == [("settings.ins_secret_unusual", "ins:current")]
    assert "0123456789abcdef" not in str(lines)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "CBW_INS_SECRETS_FILE: {path} holds no secret"),
        (b"KEY1\n", "CBW_INS_SECRETS_FILE: {path} line 1 has 1 fields, not 2 or 3"),
        (b"ins:a KEY1\n", "CBW_INS_SECRETS_FILE: {path} line 1 starts with no id"),
        (b"a KEY1\na KEY2\n", "two INS secrets have the id 'ins:a'"),
        (b"a KEY1 2020-01-01T00:00:00Z\n", "every INS secret has expired"),
    ],
)
def test_a_wrong_file_is_one_line(tmp_path: Path, content: bytes, problem: str) -> None:
    path = written(tmp_path / "several", content)
    with pytest.raises(ConfigurationError) as refusal:
        load_ins_secrets(load_settings(ins_secrets_file=path))
    assert problem.format(path=path) in refusal.value.message
    assert "KEY1" not in f"{refusal.value.message} {refusal.value.hint}"


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"ins_secret": ""}, "CBW_INS_SECRET: is empty"),
        ({"ins_secret": " \n"}, "CBW_INS_SECRET: is empty"),
        ({"ins_secret": "A", "ins_secret_file": "x"}, "CBW_INS_SECRET and CBW_INS_SECRET_FILE are both set"),
    ],
)
def test_a_wrong_setting_is_one_line(settings: dict[str, str], problem: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        load_settings(**settings)
    assert problem in refusal.value.message


def test_a_changed_file_is_taken_into_use_and_a_wrong_one_is_not(tmp_path: Path) -> None:
    path = written(tmp_path / "several", b"a KEY1\n")
    settings = load_settings(webhook_secret=WEBHOOK_SECRET, ins_secrets_file=path)
    keyring = Keyring.from_settings(settings)
    watch = SecretWatch(keyring, settings, ReloadRequests())
    for content, ids in (
        (b"b KEY2\na KEY1\n", ["ins:b", "ins:a"]),
        (b"b\n", ["ins:b", "ins:a"]),
        (b"c K\n", ["ins:c"]),
    ):
        written(path, content)
        watch.poll()
        watch.poll()
        assert keyring.ids == ["current", *ids]


def test_cryptography_is_imported_only_where_ins_is_configured(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom cbw.settings import load_settings\nfrom ingest.receiver import server\n"
        "server.Keyring.from_settings(load_settings())\nprint('cryptography' in sys.modules)\n"
    )
    for variables, is_imported in (({}, "False"), ({"CBW_INS_SECRET": "A1B2"}, "True")):
        environ = {
            "CBW_WEBHOOK_SECRET": WEBHOOK_SECRET.decode(),
            "PYTHONPATH": ":".join(sys.path),
            **variables,
        }
        done = subprocess.run(
            [sys.executable, "-c", program],
            env=environ,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.split() == [is_imported]


def test_a_missing_library_is_one_line_that_names_the_remedy(tmp_path: Path) -> None:
    """A finder in front of all others reports it as not installed, as in an installation without the extra."""
    program = (
        "import sys\n"
        "class Missing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] == 'cryptography':\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Missing())\n"
        "from cbw.command import main\nsys.exit(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "receive"],
        env={"CBW_INS_SECRET": "A1B2", "PYTHONPATH": ":".join(sys.path), "PATH": ""},
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "CBW_INS_SECRET needs the library cryptography" in done.stderr
    assert "clickbank-warehouse[ins]" in done.stderr
    assert len(done.stderr.splitlines()) <= 2
