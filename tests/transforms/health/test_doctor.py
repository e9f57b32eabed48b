"""The doctor finds every fault, names the remedy, and calls a sound installation sound."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import time
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretBytes

from cbw.data_dir import REJECTS as LEDGER
from ingest.inbox.damage import set_aside
from ingest.metrics.reject_ledger import Reject, RejectLedger
from ingest.receiver.readiness import MIN_FREE_BYTES
from ingest.send.samples import sample
from tests.e2e.conftest import free_port, wait_until
from tests.histories import history, receive, sale, settings_for
from tests.processes import cbw, running
from transforms.health.examine import EXAMINATIONS, examine
from transforms.pipeline.pipeline import Pipeline
from transforms.store.heartbeat import Heartbeat
from transforms.store.recoveries import Recovery, record_recovery

if TYPE_CHECKING:
    from pathlib import Path

    from transforms.health.finding import Finding


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound installation that is stopped."""
    data_dir = tmp_path_factory.mktemp("doctor") / "data"
    receive(data_dir, history(60, 10))
    with Pipeline(settings_for(data_dir)) as pipeline:
        pipeline.run("command")
    data_dir.chmod(0o750)
    return data_dir


@pytest.fixture
def data_dir(template: Path, tmp_path: Path) -> Path:
    return shutil.copytree(template, tmp_path / "data", symlinks=True)


def findings(data_dir: Path, part: str, **settings: object) -> list[Finding]:
    ports = {"port": free_port(), "admin_port": free_port()}
    return [
        finding for finding in examine(settings_for(data_dir, **ports | settings)) if finding.part == part
    ]


def finding(data_dir: Path, part: str, **settings: object) -> Finding:
    [found] = findings(data_dir, part, **settings)
    return found


def test_a_sound_installation_has_no_problem(data_dir: Path) -> None:
    found = examine(settings_for(data_dir, port=free_port(), admin_port=free_port()))
    assert [finding for finding in found if finding.level == "problem"] == []
    assert {finding.part for finding in found} == (set(EXAMINATIONS) - {"ports"}) | {
        "receiver",
        "admin listener",
    }


def test_whatever_is_not_well_says_what_to_do(data_dir: Path, tmp_path: Path) -> None:
    for place in (data_dir, tmp_path / "nothing"):
        for found in examine(settings_for(place, port=free_port(), admin_port=free_port())):
            assert bool(found.hint) == (found.level != "ok"), found


def test_an_empty_directory_is_no_problem(tmp_path: Path) -> None:
    found = examine(settings_for(tmp_path / "nothing", port=free_port(), admin_port=free_port()))
    assert {finding.level for finding in found} == {"ok", "warning"}
    assert not (tmp_path / "nothing").exists()


class TestSecret:
    def test_that_is_missing_is_a_problem(self, data_dir: Path) -> None:
        assert finding(data_dir, "secret", webhook_secret=None).level == "problem"

    @pytest.mark.parametrize(
        "secret", [b" sixteen-bytes-at-least", b"sixteen-bytes-at-least\r", b'"sixteen-bytes-at-least"']
    )
    def test_with_something_round_it_is_a_warning(self, data_dir: Path, secret: bytes) -> None:
        found = finding(data_dir, "secret", webhook_secret=secret)
        assert found.level == "warning"
        assert "sixteen" not in found.says + found.hint

    def test_that_others_can_read_is_a_warning(self, data_dir: Path, tmp_path: Path) -> None:
        path = tmp_path / "secret"
        path.write_bytes(b"sixteen-bytes-at-least")
        settings = settings_for(data_dir).model_copy(
            update={"webhook_secret": None, "webhook_secret_file": path}
        )
        for mode, level in ((0o644, "warning"), (0o640, "warning"), (0o600, "ok")):
            path.chmod(mode)
            [found] = EXAMINATIONS["secret"](settings)
            assert found.level == level

    def test_before_a_rotation_must_end(self, data_dir: Path) -> None:
        previous = {"webhook_secret_previous": b"sixteen-bytes-at-least"}
        assert "for ever" in finding(data_dir, "secret", **previous).says
        past = previous | {"webhook_secret_previous_until": "2020-01-01T00:00:00+00:00"}
        assert "expired" in finding(data_dir, "secret", **past).says
        future = previous | {"webhook_secret_previous_until": "2999-01-01T00:00:00+00:00"}
        assert finding(data_dir, "secret", **future).level == "ok"

    def test_of_ins_alone_are_enough_and_an_unusual_one_is_a_warning(self, data_dir: Path) -> None:
        settings = settings_for(data_dir).model_copy(
            update={"webhook_secret": None, "ins_secret": SecretBytes(b"A1B2C3")}
        )
        [found] = EXAMINATIONS["secret"](settings)
        assert (found.level, found.says) == ("ok", "1 configured: ins:current")
        unusual = settings.model_copy(update={"ins_secret": SecretBytes(b"lower-case")})
        assert [found.level for found in EXAMINATIONS["secret"](unusual)] == ["warning"]

    def test_of_a_file_of_several_are_all_looked_at(self, data_dir: Path, tmp_path: Path) -> None:
        path = tmp_path / "secrets"
        path.write_bytes(b"old the-secret-until-now 2020-01-01T00:00:00Z\n")
        path.chmod(0o644)
        settings = settings_for(data_dir).model_copy(
            update={"webhook_secret": None, "webhook_secrets_file": path}
        )
        levels = {(found.level, found.says) for found in EXAMINATIONS["secret"](settings)}
        assert levels == {
            ("problem", "every webhook secret has expired"),
            ("warning", "the old secret has expired and is no longer accepted"),
            ("warning", f"{path} can be read by other users"),
        }


class TestDirectory:
    def test_open_to_every_user_is_a_warning(self, data_dir: Path) -> None:
        data_dir.chmod(0o755)
        assert finding(data_dir, "data directory").level == "warning"

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
    def test_of_another_user_is_a_warning(self, data_dir: Path) -> None:
        os.chown(data_dir, 65534, 65534)
        assert "65534" in finding(data_dir, "data directory").says

    def test_made_by_a_command_is_closed_to_strangers(self, tmp_path: Path) -> None:
        assert cbw("refresh", cwd=tmp_path, data_dir=tmp_path / "data").code == 0
        for path in (tmp_path / "data", *(tmp_path / "data").rglob("*.duckdb")):
            within = path.relative_to(tmp_path / "data").parts
            assert path.lstat().st_mode & 0o007 == 0 or path.is_symlink() or within[:1] == ("published",), (
                path
            )


@pytest.mark.skipif(
    shutil.which("mount") is None or os.geteuid() != 0, reason="needs a file system of its own"
)
def test_a_full_disk_is_a_problem(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    size = f"size={MIN_FREE_BYTES // 2}"
    if subprocess.run(["mount", "-t", "tmpfs", "-o", size, "none", small], check=False).returncode:
        pytest.skip("needs the right to mount a file system")
    try:
        assert finding(small, "disk space").level == "problem"
    finally:
        subprocess.run(["umount", small], check=True)


def test_a_clock_that_was_set_back_is_a_warning(data_dir: Path) -> None:
    with closing(sqlite3.connect(data_dir / "inbox" / "inbox-00.sqlite")) as inbox:
        inbox.execute("update deliveries set received_at = ?", [int((time.time() + 7200) * 1_000_000)])
        inbox.commit()
    found = finding(data_dir, "clock")
    assert found.level == "warning"
    assert "set back" in found.says


def test_a_port_that_another_program_holds_is_a_problem(data_dir: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        assert finding(data_dir, "receiver", port=port).level == "problem"
        assert finding(data_dir, "admin listener", admin_port=port).level == "problem"


class TestFiles:
    def test_a_damaged_inbox_is_a_problem(self, data_dir: Path) -> None:
        path = data_dir / "inbox" / "inbox-00.sqlite"
        damaged = bytearray(path.read_bytes())
        damaged[8192:12288] = b"\xff" * 4096
        path.write_bytes(damaged)
        assert finding(data_dir, "inbox").level == "problem"

    def test_an_inbox_that_is_none_is_a_problem(self, data_dir: Path) -> None:
        (data_dir / "inbox" / "inbox-07.sqlite").write_bytes(b"something else" * 1000)
        assert "problem" in {found.level for found in findings(data_dir, "inbox")}

    def test_a_damaged_published_version_is_a_problem(self, data_dir: Path) -> None:
        path = (data_dir / "warehouse.duckdb").resolve()
        path.chmod(0o644)
        path.write_bytes(b"\x00" * path.stat().st_size)
        assert finding(data_dir, "warehouse").level == "problem"

    def test_raw_events_that_are_gone_are_a_problem(self, data_dir: Path) -> None:
        (data_dir / "events.duckdb").unlink()
        assert "events.duckdb" in finding(data_dir, "warehouse").says

    def test_an_inbox_that_was_set_aside_is_a_warning(self, data_dir: Path) -> None:
        set_aside(data_dir / "inbox" / "inbox-00.sqlite")
        [found] = findings(data_dir, "recoveries")
        assert found.level == "warning"
        assert "inbox-00" in found.says

    @pytest.mark.parametrize(
        ("outcome", "missing", "level"),
        [("restored", 0, "ok"), ("rebuilt", 0, "ok"), ("restored", 3, "problem"), ("refused", 0, "problem")],
    )
    def test_a_recovery_that_was_not_whole_is_a_problem(
        self, data_dir: Path, outcome: str, missing: int, level: str
    ) -> None:
        lost = Recovery("2026-01-01T00:00:00+00:00", "events.duckdb", "missing", outcome, missing=missing)
        record_recovery(data_dir, lost)
        assert finding(data_dir, "recoveries").level == level

    def test_a_damaged_ledger_is_a_problem(self, data_dir: Path) -> None:
        (data_dir / LEDGER).write_bytes(b"something else" * 1000)
        assert finding(data_dir, "refused requests").level == "problem"


@pytest.mark.parametrize(
    ("status", "level"), [("failed", "problem"), ("blocked", "problem"), ("published", "warning")]
)
def test_a_pipeline_that_stopped_is_named(data_dir: Path, status: str, level: str) -> None:
    beat = Heartbeat.read(data_dir)
    assert beat is not None
    replace(beat, last_status=status, last_error="why it did", pid=2**22 - 1).write(data_dir)
    found = finding(data_dir, "pipeline")
    assert found.level == level
    assert ("why it did" in found.says) == (level == "problem")


def test_refused_signatures_are_a_warning_and_passing_scanners_are_none(data_dir: Path) -> None:
    ledger = RejectLedger(data_dir / LEDGER)
    ledger.append(Reject.now("id", peer=None, code=405, reason="method_not_allowed", body=b"", suppressed=0))
    ledger.write()
    assert finding(data_dir, "refused requests").level == "ok"
    ledger.append(Reject.now("id", peer=None, code=401, reason="mismatch", body=b"x", suppressed=4))
    ledger.write()
    found = finding(data_dir, "refused requests")
    assert (found.level, found.says) == ("warning", "in 24 hours: 5 mismatch")


class TestCommand:
    def test_of_a_service_that_runs_is_well(self, tmp_path: Path) -> None:
        with running("serve", tmp_path / "data") as service:
            assert service.post(sample("sale.created")).status == 200
            wait_until((service.data_dir / "warehouse.duckdb").exists)
            ports = {"port": service.port, "admin_port": service.admin_port}
            done = cbw("doctor", "--json", cwd=tmp_path, data_dir=service.data_dir, **ports)
        assert done.code == 0, done.out
        levels = {found["part"]: found["level"] for found in done.json}
        assert [
            levels[part] for part in ("receiver", "admin listener", "inbox", "pipeline", "warehouse")
        ] == ["ok"] * 5

    def test_exits_with_1_on_a_problem_and_prints_a_line_each(self, data_dir: Path) -> None:
        (data_dir / "events.duckdb").unlink()
        done = cbw("doctor", cwd=data_dir.parent, port=free_port(), admin_port=free_port())
        assert done.code == 1
        [line] = [line for line in done.out.splitlines() if line.startswith("problem")]
        assert "warehouse: events.duckdb is gone" in line
        assert "`cbw restore`" in line

    def test_explains_a_signature_and_shows_no_secret(self, tmp_path: Path) -> None:
        body = sale("DOCTOR01")
        (tmp_path / "body.json").write_bytes(body + b"\n")
        (tmp_path / "old.txt").write_bytes(b"quite-another-secret-than-that\n")
        signature = cbw("sign", "-", cwd=tmp_path, typed=body).out.strip()
        done = cbw("doctor", "signature", "--body", "body.json", "--signature", signature, cwd=tmp_path)
        assert done.code == 1
        assert "newline_added: the signature fits the body without the newline at its end" in done.out
        valid = cbw(
            "doctor", "signature", "--body", "-", "--signature", signature, "--json", cwd=tmp_path, typed=body
        )
        assert (valid.code, valid.json["valid"], valid.json["secret_id"]) == (0, True, "current")
        other = cbw(
            *(
                "doctor",
                "signature",
                "--body",
                "body.json",
                "--signature",
                "0" * 64,
                "--secret-file",
                "old.txt",
            ),
            cwd=tmp_path,
        )
        assert other.code == 1
        assert "nothing fits" in other.out
        assert "quite-another" not in other.out + other.err

    def test_explains_a_notification_and_shows_neither_secret_nor_text(self, tmp_path: Path) -> None:
        settings = {"ins_secret": "A1B2C3D4E5", "webhook_secret": None}
        sealed = cbw("sign", "--ins", cwd=tmp_path, typed=b'{"receipt": "SECRETIVE"}', **settings).out
        valid = cbw("doctor", "ins", "--body", "-", cwd=tmp_path, typed=sealed.encode(), **settings)
        assert (valid.code, valid.out) == (0, "valid: the receiver accepts it (secret: ins:current)\n")
        (tmp_path / "captured").write_text(sealed, "utf-8")
        other = settings | {"ins_secret": "a1b2c3d4e5"}
        done = cbw("doctor", "ins", "--body", "captured", "--json", cwd=tmp_path, **other)
        assert (done.code, done.json["step"], done.json["variant"]) == (
            1,
            "other_key",
            "the secret in upper case",
        )
        assert "SECRETIVE" not in done.out + done.err
        off = cbw("doctor", "ins", "--body", "captured", cwd=tmp_path)
        assert (off.code, "CBW_INS_SECRET is not set" in off.err) == (2, True)
