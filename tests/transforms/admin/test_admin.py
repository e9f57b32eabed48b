"""The admin listener: every figure that was promised, a login in front of strangers, nothing private in any of it."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from cbw.addresses import admin_address
from cbw.data_dir import PIPELINE_BEAT
from cbw.errors import ConfigurationError
from ingest.metrics.tally import Tally
from ingest.metrics.tally_file import own_report, report_path
from tests.e2e.conftest import free_port
from tests.histories import receive, sale, settings_for
from tests.installations import DELIVERIES, install
from transforms.admin.app import create_admin_app
from transforms.definitions.checks import Check
from transforms.definitions.refresh_rule import RefreshRule
from transforms.pipeline.pipeline import Pipeline
from transforms.store.heartbeat import Heartbeat

if TYPE_CHECKING:
    from pathlib import Path

    from flask.testing import FlaskClient

EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 - the subject of the tests
TOKEN = "the-admin-token-of-the-tests"
PROMISED = {
    "cbw_webhook_requests_total", "cbw_webhook_ack_seconds", "cbw_inbox_commit_seconds", "cbw_inbox_batch_size",
    "cbw_inbox_queue_depth", "cbw_events_total", "cbw_duplicates_total", "cbw_verified_total",
    "cbw_last_event_timestamp_seconds", "cbw_free_bytes", "cbw_pipeline_lag_seconds", "cbw_refresh_seconds",
    "cbw_published_version", "cbw_checks_failed",
}  # fmt: skip

Samples = dict[tuple[str, tuple[str, ...]], float]


def client(data_dir: Path, **settings: object) -> FlaskClient:
    return create_admin_app(settings_for(data_dir, **settings)).test_client()


def scrape(data_dir: Path) -> Samples:
    """Return every sample by its name and the values of its labels."""
    answer = client(data_dir).get("/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with a published history, some of it twice, and the report of one worker."""
    data_dir = tmp_path_factory.mktemp("admin") / "data"
    install(data_dir)
    return data_dir


def test_every_promised_figure_is_there(published: Path) -> None:
    text = client(published).get("/metrics").text
    found = {family.name for family in text_string_to_metric_families(text)}
    assert {name.removesuffix("_total") for name in PROMISED} <= found


def test_the_receivers_figures_are_what_its_workers_counted(published: Path) -> None:
    found = scrape(published)
    assert found["cbw_webhook_requests_total", ("200", "")] == 1
    assert found["cbw_webhook_requests_total", ("401", "mismatch")] == 1
    assert found["cbw_verified_total", ("current",)] == 1
    assert found["cbw_webhook_ack_seconds_bucket", ("0.0025",)] == 0
    assert found["cbw_webhook_ack_seconds_bucket", ("0.005",)] == 1
    assert found["cbw_webhook_ack_seconds_bucket", ("+Inf",)] == 1
    assert found["cbw_inbox_batch_size_sum", ()] == 3
    assert found["cbw_inbox_queue_depth", ()] == 5
    assert found["cbw_last_event_timestamp_seconds", ()] == 1_800_000_000.5


def test_workers_add_up_and_dead_ones_queue_nothing(published: Path) -> None:
    path = report_path(published, published / "inbox" / "inbox-01.sqlite")
    tally = Tally()
    tally.refused(401, "mismatch")
    own_report(1000, tally).write(path)
    os.utime(path, (0, 0))
    try:
        found = scrape(published)
    finally:
        path.unlink()
    assert found["cbw_webhook_requests_total", ("401", "mismatch")] == 2
    assert (found["cbw_inbox_queue_depth", ()], found["cbw_receiver_workers", ()]) == (5, 1)


def test_events_and_repeats_account_for_every_delivery(published: Path) -> None:
    found = scrape(published)
    events = {labels: value for (name, labels), value in found.items() if name == "cbw_events_total"}
    assert sum(events.values()) + found["cbw_duplicates_total", ()] == DELIVERIES
    assert found["cbw_duplicates_total", ()] >= 7


def test_what_a_sender_calls_its_events_makes_no_series(published: Path) -> None:
    found = scrape(published)
    assert found["cbw_events_total", ("unhandled", "other")] >= 1
    assert found["cbw_events_total", ("quarantined", "none")] >= 1
    assert "no.such" not in client(published).get("/metrics").text


def test_the_version_and_its_warnings_are_shown(published: Path) -> None:
    found = scrape(published)
    assert found["cbw_published_version", ()] == 1
    assert found["cbw_checks_failed", ("blocking",)] == 0
    assert found["cbw_refresh_seconds", ()] > 0
    assert 0 <= found["cbw_night_owed_seconds", ()] < 86_400
    assert found["cbw_free_bytes", ()] > 0


def test_lag_is_the_age_of_the_oldest_delivery_that_is_not_published(tmp_path: Path) -> None:
    assert_no_lag_after_a_run(tmp_path)
    receive(tmp_path, [sale("SECOND01")])
    later = scrape(tmp_path)["cbw_pipeline_lag_seconds", ()]
    assert 0 < later < 600


def assert_no_lag_after_a_run(data_dir: Path) -> None:
    receive(data_dir, [sale("FIRST001")])
    with Pipeline(settings_for(data_dir)) as pipeline:
        pipeline.run("command")
    found = scrape(data_dir)
    assert found["cbw_pipeline_lag_seconds", ()] == 0
    assert time.time() - found["cbw_pipeline_heartbeat_timestamp_seconds", ()] < 600
    assert found["cbw_pipeline_failed", ()] == 0


def test_a_blocked_run_is_a_failed_check_even_before_the_first_version(tmp_path: Path) -> None:
    rule = RefreshRule()
    never = Check("nothing_is_ever_right", "select 1 as wrong", rule, severity="blocking", reason="A test.")
    receive(tmp_path, [sale("FIRST001")])
    with Pipeline(settings_for(tmp_path), checks=(never,)) as pipeline:
        assert pipeline.run("command").status == "blocked"
    found = scrape(tmp_path)
    assert found["cbw_checks_failed", ("blocking",)] == 1
    assert found["cbw_pipeline_failed", ()] == 1
    assert ("cbw_published_version", ()) not in found


def test_a_figure_that_cannot_be_read_hides_no_other(published: Path, tmp_path: Path) -> None:
    for part in ("inbox", "metrics"):
        (tmp_path / part).mkdir()
    report = report_path(published, published / "inbox" / "inbox-00.sqlite")
    (tmp_path / "metrics" / report.name).write_bytes(report.read_bytes())
    (tmp_path / "inbox" / "inbox-00.sqlite").write_bytes(
        b"this is no SQLite file, but it is as long as one" * 100
    )
    (tmp_path / "published").mkdir()
    (tmp_path / "published" / "warehouse-4.duckdb").write_bytes(b"nor a DuckDB file" * 1000)
    (tmp_path / "warehouse.duckdb").symlink_to("published/warehouse-4.duckdb")
    found = scrape(tmp_path)
    assert [found["cbw_unreadable", (part,)] for part in ("receiver", "pipeline", "published")] == [0, 0, 1]
    assert found["cbw_inboxes_damaged", ()] == 1
    assert found["cbw_webhook_requests_total", ("401", "mismatch")] == 1


def test_an_empty_installation_is_shown_as_one(tmp_path: Path) -> None:
    found = scrape(tmp_path)
    assert found["cbw_receiver_workers", ()] == 0
    assert found["cbw_pipeline_lag_seconds", ()] == 0
    assert {value for (name, _), value in found.items() if name == "cbw_unreadable"} == {0}


def test_a_beat_of_an_earlier_release_is_still_understood(tmp_path: Path) -> None:
    beat = {
        "pid": 1, "beat_at": "2026-01-01T00:00:00+00:00", "watermark": 3, "published_version": 1,
        "last_trigger": "timer", "last_status": "published", "last_seconds": 0.5, "last_error": None, "positions": {},
    }  # fmt: skip
    (tmp_path / PIPELINE_BEAT).write_text(json.dumps(beat))
    read = Heartbeat.read(tmp_path)
    assert read is not None
    assert read.checks_failed == 0


class TestWithoutAToken:
    def test_only_a_name_of_this_machine_is_answered(self, tmp_path: Path) -> None:
        local = client(tmp_path)
        for host in ("localhost:8401", "127.0.0.1:8401", "127.0.0.1"):
            assert local.get("/metrics", headers={"Host": host}).status_code == 200
        for host in ("rebound.example.com", "rebound.example.com:8401", "127.0.0.1.example.com"):
            assert local.get("/metrics", headers={"Host": host}).status_code == 400

    def test_an_address_that_others_reach_is_refused(self, tmp_path: Path) -> None:
        for host in (EVERY_ADDRESS, "::"):
            settings = settings_for(tmp_path, admin_host=host, admin_port=free_port())
            with pytest.raises(ConfigurationError, match="CBW_ADMIN_TOKEN"):
                admin_address(settings)

    def test_with_a_token_it_is_not(self, tmp_path: Path) -> None:
        settings = settings_for(tmp_path, admin_host=EVERY_ADDRESS, admin_port=free_port(), admin_token=TOKEN)
        assert admin_address(settings) == EVERY_ADDRESS


class TestLogin:
    def test_strangers_see_the_health_probe_and_the_form(self, tmp_path: Path) -> None:
        stranger = client(tmp_path, admin_token=TOKEN)
        assert stranger.get("/healthz").status_code == 200
        assert 'name="token"' in stranger.get("/login").text
        for path in ("/", "/metrics", "/report", "/nothing"):
            assert stranger.get(path).status_code == 401
            sent_on = stranger.get(path, headers={"Accept": "text/html"})
            assert (sent_on.status_code, sent_on.location) == (302, "/login")

    def test_prometheus_shows_the_token_as_a_bearer(self, tmp_path: Path) -> None:
        prometheus = client(tmp_path, admin_token=TOKEN)
        assert prometheus.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200

    @pytest.mark.parametrize(
        "shown",
        ["Bearer", "Bearer x", f"Bearer {TOKEN}x", f"Basic {TOKEN}", f"Bearer {TOKEN.upper()}", "Bearer é"],
    )
    def test_another_header_is_refused(self, tmp_path: Path, shown: str) -> None:
        answer = client(tmp_path, admin_token=TOKEN).get("/metrics", headers={"Authorization": shown})
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")

    def test_a_person_logs_in_once(self, tmp_path: Path) -> None:
        person = client(tmp_path, admin_token=TOKEN)
        answer = person.post("/login", data={"token": TOKEN})
        assert (answer.status_code, answer.location) == (302, "/")
        assert TOKEN not in str(answer.headers)
        for mark in ("HttpOnly", "SameSite=Strict"):
            assert mark in answer.headers["Set-Cookie"]
        assert person.get("/").status_code == 200

    @pytest.mark.parametrize("token", ["", "wrong", "\N{SNOWMAN}", TOKEN + "\n"])
    def test_a_wrong_token_begins_no_session(self, tmp_path: Path, token: str) -> None:
        person = client(tmp_path, admin_token=TOKEN)
        assert person.post("/login", data={"token": token}).status_code == 401
        assert person.get("/").status_code == 401

    def test_another_token_ends_every_session(self, tmp_path: Path) -> None:
        person = client(tmp_path, admin_token=TOKEN)
        cookie = person.post("/login", data={"token": TOKEN}).headers["Set-Cookie"].split(";")[0]
        after = client(tmp_path, admin_token=TOKEN + "2")
        assert after.get("/", headers={"Cookie": cookie}).status_code == 401

    def test_a_session_nobody_gave_is_none(self, tmp_path: Path) -> None:
        forged = client(tmp_path, admin_token=TOKEN)
        assert (
            forged.get(
                "/", headers={"Cookie": "cbw_admin=eyJpc19sb2dnZWRfaW4iOnRydWV9.aaaa.bbbb"}
            ).status_code
            == 401
        )

    def test_a_short_token_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError, match="CBW_ADMIN_TOKEN: needs at least 16"):
            settings_for(tmp_path, admin_token="short")


def test_every_answer_forbids_framing_sniffing_and_storing(tmp_path: Path) -> None:
    for path in ("/", "/healthz", "/metrics", "/nothing"):
        headers = client(tmp_path).get(path).headers
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
