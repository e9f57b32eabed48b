"""The owner's page on the admin listener: the status of ``cbw status``, kept fresh, and the newest report."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from werkzeug.serving import make_server

from tests.e2e.conftest import wait_until
from tests.histories import history, receive, sale, settings_for
from tests.transforms.report.browser import DESKTOP, PHONE, Browser
from tests.transforms.report.warehouses import hostile, published
from transforms.admin.app import create_admin_app
from transforms.pipeline.pipeline import Pipeline
from transforms.report import write_report
from transforms.report.live import look, render

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask.testing import FlaskClient

    from cbw.settings import Settings

TOKEN = "the-admin-token-of-the-tests"


def client(settings: Settings) -> FlaskClient:
    return create_admin_app(settings).test_client()


def tile(page: str, name: str) -> str:
    match = re.search(rf'class="name">{name}</span><data class="[^"]*" value="([^"]*)"', page)
    assert match is not None, name
    return match[1]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return published(tmp_path_factory.mktemp("live") / "data", history(200, 30))


def test_shows_the_figures_of_the_status_command(settings: Settings) -> None:
    page = client(settings).get("/").text
    # This process wrote the heartbeat, and it is alive.
    assert (tile(page, "Receiver"), tile(page, "Pipeline")) == ("false", "true")
    assert (tile(page, "Published"), tile(page, "Waiting in the inbox")) == ("1", "0")
    assert "the receiver is not running" in page
    assert "200 deliveries" in page


def test_counts_the_events_received_in_each_hour(settings: Settings) -> None:
    # The clock is read after the events arrived: read before the hour turns, it would miss them.
    now = datetime.now(tz=UTC)
    live = look(settings, now)
    assert len(live.arrivals) == 24
    assert sum(row["event_count"] for row in live.arrivals) == live.status.totals["events"]
    assert len(live.latest) == 10
    later = look(settings, now + timedelta(days=2))
    assert {row["event_count"] for row in later.arrivals} == {0}


def test_the_same_look_gives_the_same_page(settings: Settings) -> None:
    now = datetime.now(tz=UTC)
    live = look(settings, now)
    assert render(live, zone="UTC", now=now) == render(live, zone="UTC", now=now)


def test_a_senders_text_never_becomes_markup(tmp_path: Path) -> None:
    page = client(hostile(tmp_path / "data")).get("/").text
    assert "<img" not in page
    assert "&lt;img src=x" in page


def test_before_the_first_publish_it_names_the_next_step(tmp_path: Path) -> None:
    receive(tmp_path, [sale("WAITING1")])
    page = client(settings_for(tmp_path)).get("/").text
    assert "cbw send --type sale.created" in page
    assert tile(page, "Waiting in the inbox") == "1"


def test_an_installation_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    answer = client(settings_for(tmp_path / "nothing")).get("/")
    assert answer.status_code == 503
    assert answer.text.count("\n") == 1
    assert "cbw serve" in answer.text


def test_serves_the_newest_report(settings: Settings) -> None:
    visitor = client(settings)
    missing = visitor.get("/report")
    assert (missing.status_code, "cbw report" in missing.text) == (404, True)
    write_report(settings)
    newest = write_report(settings, days=7)
    assert visitor.get("/report", buffered=True).data == newest.read_bytes()
    assert 'href="/report"' in visitor.get("/").text


@pytest.mark.parametrize("address", ["/", "/report"])
def test_both_are_behind_the_login(tmp_path: Path, address: str) -> None:
    guarded = client(settings_for(tmp_path, admin_token=TOKEN))
    assert guarded.get(address).status_code == 401
    sent = guarded.get(address, headers={"Accept": "text/html"})
    assert (sent.status_code, sent.location) == (302, "/login")


@pytest.fixture
def served(settings: Settings) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_admin_app(settings), threaded=True)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    serving.join()
    server.server_close()


@pytest.mark.parametrize(("width", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_can_be_read_by_everyone(browser: Browser, served: str, width: int, scheme: str) -> None:
    browser.show(served, width=width, scheme=scheme)
    assert browser.complaints() == []
    assert browser.requests() == {served}
    assert browser.run("return document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert browser.faint_texts()[1] == []
    assert all(drawing.accessible_name for drawing in browser.visible("svg"))


def test_refreshes_itself(browser: Browser, served: str, settings: Settings) -> None:
    browser.show(served)
    assert "LATER" not in browser.driver.page_source
    receive(settings.data_dir, [b'{"type": "LATER"}'])
    with Pipeline(settings) as pipeline:
        assert pipeline.run("command").status == "published"
    wait_until(lambda: "LATER" in browser.driver.page_source)
    assert browser.complaints() == []
