"""`cbw status` adds up everything that an installation shows from outside, and names every problem."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from cbw.data_dir import PIPELINE_BEAT
from cbw.data_dir import REJECTS as LEDGER
from cbw.errors import WarehouseError
from cbw.locks import hold_data_dir
from ingest.inbox.file import open_for_writing
from ingest.inbox.reader import list_inboxes
from ingest.metrics.reject_ledger import Reject, RejectLedger
from tests.e2e.conftest import wait_until
from tests.histories import END, history, receive, sale, settings_for
from tests.processes import cbw, running
from transforms.health.gather import gather
from transforms.pipeline.pipeline import Pipeline
from transforms.report.live import look, render
from transforms.store.heartbeat import Heartbeat

if TYPE_CHECKING:
    from pathlib import Path

    from cbw.settings import Settings
    from transforms.health.status import Status


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with a small published history, some of it twice, and the pipeline gone."""
    data_dir = tmp_path_factory.mktemp("status") / "data"
    receive(data_dir, [*history(), *history()[:7]])
    with Pipeline(settings_for(data_dir)) as pipeline:
        pipeline.run("command")
    return data_dir


@pytest.fixture
def settings(template: Path, tmp_path: Path) -> Settings:
    shutil.copytree(template, tmp_path / "data", symlinks=True)
    return settings_for(tmp_path / "data")


def check_sums(status: Status) -> None:
    """Assert that the numbers of a status agree with each other."""
    totals = status.totals
    assert totals["deliveries"] == totals["events"] + totals["repeats"]
    assert totals["events"] == sum(row["events"] for row in status.events)
    assert totals["deliveries"] == sum(row["deliveries"] for row in status.events)
    assert totals["deliveries"] + status.waiting == sum(inbox["tip"] for inbox in status.inboxes)
    quarantined = sum(row["events"] for row in status.events if row["status"] == "quarantined")
    assert quarantined <= sum(row["events"] for row in status.quarantine)
    assert (quarantined == 0) == (status.quarantine == [])


class TestStatus:
    def test_adds_up(self, settings: Settings) -> None:
        status = gather(settings)
        check_sums(status)
        assert status.totals["deliveries"] == len(history()) + 7
        assert status.totals["repeats"] >= 7
        assert (status.published_version, status.waiting) == (1, 0)
        assert [run["status"] for run in status.runs] == ["published"]

    def test_counts_what_waits_in_the_inbox(self, settings: Settings) -> None:
        receive(settings.data_dir, [sale("WAITING1"), sale("WAITING2")])
        status = gather(settings)
        check_sums(status)
        assert status.waiting == 2
        assert [inbox["waiting"] for inbox in status.inboxes] == [2]

    def test_names_what_is_not_running(self, settings: Settings) -> None:
        with Pipeline(settings) as pipeline:
            pipeline.run("timer")
            running_now = gather(settings)
        assert running_now.pipeline_running
        assert not running_now.receiver_running
        [problem] = running_now.problems
        assert problem.startswith("the receiver is not running")
        held = hold_data_dir(settings)
        assert gather(settings).receiver_running
        os.close(held)
        assert not gather(settings).receiver_running

    def test_names_a_run_that_failed(self, settings: Settings) -> None:
        (settings.data_dir / "published").rename(settings.data_dir / "aside")
        (settings.data_dir / "published").touch()
        with Pipeline(settings) as pipeline, pytest.raises(FileExistsError):
            pipeline.run("timer", full=True)
        assert any("the last run failed: FileExistsError" in problem for problem in gather(settings).problems)

    def test_shows_what_was_refused_in_the_last_24_hours(self, settings: Settings) -> None:
        ledger = RejectLedger(settings.data_dir / LEDGER)
        fresh = Reject.now("id", peer="192.0.2.1", code=401, reason="mismatch", body=b"x", suppressed=2)
        ledger.append(fresh)
        ledger.append(fresh._replace(rejected_at=0, reason="missing"))
        ledger.write()
        [row] = gather(settings).refused
        assert (row["reason"], row["requests"], row["peers"]) == ("mismatch", 3, 1)
        shown = cbw("status", cwd=settings.data_dir.parent, data_dir=settings.data_dir).out
        assert "Refused in 24 hours" in shown
        assert "cbw doctor signature" in shown

    def test_of_a_damaged_ledger_says_so_and_shows_the_rest(self, settings: Settings) -> None:
        (settings.data_dir / LEDGER).write_bytes(b"something else" * 1000)
        found = gather(settings)
        assert f"{LEDGER} cannot be read" in found.problems[-1]  # after the problems that lose events
        assert (found.refused, found.totals["events"] > 0) == ([], True)

    def test_of_an_installation_that_published_nothing_says_how_to(self, tmp_path: Path) -> None:
        receive(tmp_path / "data", [sale("WAITING1")])
        status = gather(settings_for(tmp_path / "data"))
        assert (status.published_version, status.waiting, status.totals) == (None, 1, {})
        assert any("nothing is published yet" in problem for problem in status.problems)

    def test_of_nothing_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(WarehouseError, match="there is nothing at"):
            gather(settings_for(tmp_path / "nowhere"))

    def test_names_a_night_that_is_owed_for_more_than_a_day(self, settings: Settings) -> None:
        now = datetime.now(tz=UTC)
        assert not any("night" in problem for problem in gather(settings, now).problems)
        late = gather(settings, now + timedelta(days=3))
        assert 2 * 86_400 <= late.night_owed_seconds <= 3 * 86_400
        [problem] = [problem for problem in late.problems if "a night is owed for 2." in problem]
        assert "cbw nightly" in problem
        page = render(look(settings, now + timedelta(days=3)), zone="UTC", now=now)
        assert "a night is owed for 2." in page
        assert "All well" not in page

    def test_as_json_is_plain_values(self, settings: Settings) -> None:
        status = gather(settings)
        assert (
            json.loads(json.dumps(status.as_json, default=str))["totals"]["events"] == status.totals["events"]
        )

    def test_shows_instants_in_utc_whatever_the_zone_of_the_machine(self, settings: Settings) -> None:
        shown = cbw("status", cwd=settings.data_dir.parent).out
        assert re.search(r"Latest event 2026-06-\d\d \d\d:\d\d:\d\d UTC", shown)
        elsewhere = subprocess.run(
            [sys.executable, "-m", "cbw", "status"],
            env={"PATH": os.environ["PATH"], "TZ": "Asia/Tokyo"},
            cwd=settings.data_dir.parent, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert re.findall(r"2026-06-\S+ \S+ UTC", elsewhere.stdout) == re.findall(
            r"2026-06-\S+ \S+ UTC", shown
        )


def test_a_pipeline_with_a_rare_timer_is_seen_to_live_before_its_first_run_has_ended_and_after(
    tmp_path: Path,
) -> None:
    data_dir = tmp_path / "data"
    receive(data_dir, [sale("FIRST001", days_ago=1)])
    settings = settings_for(data_dir)
    with running("pipeline", data_dir, refresh_seconds=3600) as service:
        wait_until(
            lambda: (found := Heartbeat.read(data_dir)) is not None and found.last_status == "published"
        )
        os.utime(data_dir / PIPELINE_BEAT, (END.timestamp(), END.timestamp()))
        wait_until(lambda: gather(settings).pipeline_running)  # it is touched between runs
        assert service.stop() == 0
    assert not gather(settings).pipeline_running


def test_an_older_copy_of_an_inbox_under_its_own_name_is_a_problem(settings: Settings) -> None:
    """Its next deliveries would take numbers that were loaded before, and be skipped."""
    [inbox] = list_inboxes(settings.inbox_dir)
    assert not any("older copy" in problem for problem in gather(settings).problems)
    with closing(open_for_writing(inbox)) as connection:
        connection.execute("delete from deliveries where seq > 100")
        connection.execute("update sqlite_sequence set seq = 100 where name = 'deliveries'")
    assert any("inbox-00.sqlite is an older copy" in problem for problem in gather(settings).problems)
