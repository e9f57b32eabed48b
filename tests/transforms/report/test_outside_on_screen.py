"""`cbw status`, the report and the live page say alike how much money stands outside the figures."""

from __future__ import annotations

import html
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.histories import sale
from tests.processes import cbw
from tests.transforms.report.warehouses import published
from transforms.report import write_report
from transforms.report.live import look, render

if TYPE_CHECKING:
    from cbw.settings import Settings

AT = "2026-06-01T12:00:00Z"
# 100 + 20.5 USD of two sales without a receipt, 12 EUR of a refund that failed.
SENTENCES = [
    (
        "4 events for 120.50 USD and 12.00 EUR are in no figure: 3 quarantined (2 missing_receipt, 1 bad_json), "
        "see cbw quarantine; 1 unhandled (1 failed); the money of 1 is not known"
    ),
    "1 order for 57.00 USD has no known net: amounts in two currencies are never added",
]


def body(event_type: str, **data: object) -> bytes:
    return json.dumps({"type": event_type, "data": {"transactionTime": AT, "vendor": "shop"} | data}).encode()


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    bodies = [
        sale("GOOD0001", days_ago=3),
        body("sale.created", totalOrderAmount=100, currency="USD"),
        body("sale.created", totalOrderAmount=20.5, currency="USD"),
        body("refund.processed", receipt="GOOD0001", refund_amount=12, currency="EUR", status="failed"),
        b"<html>",
        body("sale.created", receipt="EURO0001", totalOrderAmount=57, currency="USD"),
        body("refund.processed", receipt="EURO0001", refund_amount=50, currency="EUR"),
    ]
    return published(tmp_path_factory.mktemp("outside") / "data", bodies)


def test_the_status_command_says_it_in_text_and_in_json(settings: Settings) -> None:
    shown = cbw("status", cwd=settings.data_dir.parent, data_dir=settings.data_dir)
    text = " ".join(shown.out.split())
    assert all(f"Outside the figures {sentence}" in text for sentence in SENTENCES)
    found = cbw("status", "--json", cwd=settings.data_dir.parent, data_dir=settings.data_dir).json
    assert found["outside_sentences"] == SENTENCES
    rows = [(row["kind"], row["reason"], row["event_count"], row["currency"]) for row in found["outside"]]
    assert rows == [
        ("quarantined", "missing_receipt", 2, "USD"),
        ("quarantined", "bad_json", 1, None),
        ("unhandled", "failed", 1, "EUR"),
        ("unknown_net", "reversal_in_other_currency", 1, "USD"),
    ]


def test_the_report_and_the_live_page_say_it(settings: Settings) -> None:
    now = datetime(2026, 7, 1, 3, tzinfo=UTC)
    live = render(look(settings, now), zone="UTC", now=now)
    report = write_report(settings).read_text(encoding="utf-8")
    for page in (live, report):
        assert all(sentence in html.unescape(page) for sentence in SENTENCES)
