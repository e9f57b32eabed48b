"""From receiving to reading: replays and new aliases restate past days, and frozen figures are durable."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.histories import receive, settings_for
from transforms.archive.nights import FROZEN
from transforms.definitions.documentation import NIGHTLY
from transforms.definitions.sql_file import SQL_DIR
from transforms.nightly.job import NightlyJob
from transforms.nightly.steps import STEPS
from transforms.pipeline.pipeline import Pipeline
from transforms.service.schedule import ScheduledPipeline
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from pathlib import Path

    from cbw.settings import Settings

FIRST, SECOND = date(2026, 5, 4), date(2026, 5, 5)
QUICK = tuple(step for step in STEPS if step.name not in {"verify", "retention", "report"})
ALIASES = "scope,field,path,unit\n"


def sold(receipt: str, gross: float, day: int = 1, *, at: str = "transactionTime", **more: Any) -> bytes:
    """Return a sale of a day in May; ``at`` is the key under which its sender says when."""
    data = {"receipt": receipt, at: f"2026-05-0{day}T12:00:00Z", "totalOrderAmount": gross, "currency": "USD"}
    return json.dumps({"type": "sale.created", "data": data | {"vendor": "shop"} | more}).encode()


def refunded(receipt: str, amount: float, day: int) -> bytes:
    data = {"receipt": receipt, "transactionTime": f"2026-05-0{day}T13:00:00Z", "refund_amount": amount}
    return json.dumps({"type": "refund.processed", "data": data}).encode()


def night(pipeline: Pipeline, day: date) -> str:
    now = datetime(day.year, day.month, day.day, 20, tzinfo=UTC)
    return NightlyJob(pipeline, QUICK).run_now(day, now, again=False)[0].status


def read(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    with Warehouse(settings.warehouse_path) as warehouse:
        return warehouse.rows(query)


def frozen(settings: Settings) -> dict[str, list[tuple[Any, ...]]]:
    return {name: read(settings, f"select * from {name} order by all") for name in FROZEN if name in NIGHTLY}


EVENTS = """
select receipt, currency, vendor, cause, gross_sales_change, net_sales_change from restatement_events order by all
"""


def test_events_that_leave_quarantine_and_other_aliases_are_named(tmp_path: Path) -> None:
    """One sale says when under an unknown key, one says its vendor under an unknown key, one is as it should be."""
    settings = settings_for(tmp_path / "data")
    anonymous = sold("B", 40, vendor=None, shopName="other")
    receive(settings.data_dir, [sold("A", 100, at="soldWhen"), anonymous, sold("C", 7)])
    with Pipeline(settings) as pipeline:
        assert night(pipeline, FIRST) == "done"
        aliases = ALIASES + "transaction,sale_time,soldWhen,\ntransaction,vendor,shopName,\n"
        (settings.data_dir / "aliases.csv").write_text(aliases)
        assert night(pipeline, SECOND) == "done"
    assert read(settings, EVENTS) == [
        ("A", "USD", "shop", "mapped_late", 100, 100),
        ("B", "USD", "other", "read_anew", 40, 40),
        ("B", "USD", None, "read_anew", -40, -40),
    ]
    days = "select vendor, net_sales_before, net_sales_after, net_sales_change from restatements order by all"
    assert read(settings, days) == [("other", 0, 40, 40), ("shop", 7, 107, 100), (None, 40, 0, -40)]


def test_another_report_zone_is_named_where_it_moves_an_event_to_another_day(tmp_path: Path) -> None:
    """In Pacific time A was sold on 30 April, and D on 3 May, which was not over in the first night; C came late."""
    data_dir = tmp_path / "data"
    early, not_over = (body.replace(b"T12:00", b"T02:00") for body in (sold("A", 100), sold("D", 9, 4)))
    receive(data_dir, [early, sold("B", 40), not_over])
    with Pipeline(settings_for(data_dir, timezone="UTC")) as pipeline:
        assert night(pipeline, FIRST) == "done"
    settings = settings_for(data_dir, timezone="America/Los_Angeles")
    receive(data_dir, [sold("C", 7)])
    with Pipeline(settings) as pipeline:
        assert night(pipeline, SECOND) == "done"
    changes = "select receipt, report_date, cause, net_sales_change from restatement_events order by all"
    assert read(settings, changes) == [
        ("A", date(2026, 4, 30), "zone_changed", 100),
        ("A", date(2026, 5, 1), "zone_changed", -100),
        ("C", date(2026, 5, 1), "received_late", 7),
        ("D", date(2026, 5, 3), "zone_changed", 9),
    ]
    zones = "select report_zone from nightly_roll_ups order by night_date"
    assert read(settings, zones) == [("UTC",), ("America/Los_Angeles",)]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Two nights; between them a sale of a past day, a refund of another, and a sale of the day itself came."""
    settings = settings_for(tmp_path_factory.mktemp("nights") / "data")
    receive(settings.data_dir, [sold("A", 100), sold("B", 40, 2)])
    with Pipeline(settings) as pipeline:
        night(pipeline, FIRST)
        receive(
            settings.data_dir,
            [sold("C", 60.55), refunded("A", 30, 3), refunded("B", 2.5, 3), sold("D", 9, 4)],
        )
        night(pipeline, SECOND)
    return settings


def test_the_example_says_why_net_sales_changed_since_the_last_run(settings: Settings) -> None:
    rows = read(settings, (SQL_DIR / "examples" / "why_net_sales_changed.sql").read_text(encoding="utf-8"))
    received = {receipt: f"{at:%Y-%m-%d %H:%M}" for receipt, at in read(
        settings, "select receipt, received_at from fct_sales inner join events using (event_key)"
        " union all select receipt || ' refund', received_at from fct_refunds inner join events using (event_key)",
    )}  # fmt: skip
    total, refund, sale = Decimal("-32.50"), "refund.processed", "sale.created"
    third, first = date(2026, 5, 3), date(2026, 5, 1)
    assert rows == [
        (third, "USD", "shop", refund, "A", "received_late", "2026-05-03 13:00", received["A refund"], -30, total),
        (third, "USD", "shop", refund, "B", "received_late", "2026-05-03 13:00", received["B refund"],
         Decimal("-2.5"), total),
        (first, "USD", "shop", sale, "C", "received_late", "2026-05-01 12:00", received["C"], Decimal("60.55"),
         Decimal("60.55")),
    ]  # fmt: skip
    by_day = {day: change for day, *_, change in rows}
    assert by_day == dict(read(settings, "select report_date, net_sales_change from restatements"))


def test_every_nightly_table_and_column_is_described(settings: Settings) -> None:
    names = ", ".join(f"'{name}'" for name in NIGHTLY)
    assert len(
        read(settings, f"select * from duckdb_tables() where table_name in ({names}) and comment > ''")
    ) == len(NIGHTLY)


def test_a_full_rebuild_changes_nothing_frozen(settings: Settings) -> None:
    before = frozen(settings)
    with Pipeline(settings) as pipeline:
        assert pipeline.run("command", full=True).status == "published"
    assert frozen(settings) == before


def test_what_is_frozen_survives_the_loss_of_both_private_files(settings: Settings) -> None:
    before = frozen(settings)
    assert len(before["nightly_figures"]) == 7
    for name in ("events", "build"):
        (settings.data_dir / f"{name}.duckdb").unlink()
    with Pipeline(settings) as pipeline:
        assert pipeline.run("startup").status == "published"
        assert frozen(settings) == before
        journal = pipeline.store.one(
            "select count(*), sum(gross_sales), sum(refund_amount) from nightly_entries"
        )
        assert journal == (6, Decimal("209.5500"), Decimal("32.5000"))


@pytest.mark.long
def test_a_damaged_archive_stops_the_freezing_and_not_the_refreshes(tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "data")
    receive(settings.data_dir, [sold("A", 100)])
    with Pipeline(settings) as pipeline:
        night(pipeline, FIRST)
    entries = settings.data_dir / "archive" / "nights" / f"night_date={FIRST}" / "nightly_entries.parquet"
    whole = entries.read_bytes()
    entries.write_bytes(whole[:-1] + b"?")
    for name in ("events", "build"):
        (settings.data_dir / f"{name}.duckdb").unlink()
    with Pipeline(settings) as pipeline:
        assert night(pipeline, SECOND) == "failed"
        [(step, detail)] = read(settings, "select step, detail from nightly_steps where status = 'failed'")
        assert (step, "nightly_entries changed" in detail) == ("roll_up", True)
        assert read(settings, "select count(*) from fct_sales") == [(1,)]
        entries.write_bytes(whole)
        assert night(pipeline, SECOND) == "done"
    assert read(settings, "select night_date from nightly_roll_ups order by all") == [(FIRST,), (SECOND,)]


def test_a_night_that_is_due_runs_once_in_the_refresh_job(tmp_path: Path) -> None:
    """The job is called as the scheduler calls it, on a clock that says it is a year from now."""
    settings = settings_for(tmp_path / "data")
    receive(settings.data_dir, [sold("A", 100)])
    later = datetime.now(tz=UTC).replace(day=1, hour=20)
    later = later.replace(year=later.year + 1)
    with Pipeline(settings) as pipeline:
        scheduled = ScheduledPipeline(pipeline, settings, now=lambda: later)
        scheduled._refresh()
        receive(settings.data_dir, [sold("B", 40)])
        scheduled._refresh()
    assert read(settings, "select count(*) from fct_sales") == [(2,)]
    steps = read(settings, "select step, status from nightly_steps order by step_number")
    assert steps == [(step.name, "done") for step in STEPS]
    nights = "select night_date, trigger, status, attempts from nightly_runs"
    assert read(settings, nights) == [(later.date(), "timer", "done", 1)]
