"""The report starts with the findings, the worst first, and few sales raise no alarm."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from transforms.report.content import Quality
from transforms.report.findings import findings
from transforms.report.limits import COLUMNS, Limits

LIMITS = Limits.for_data_dir(Path("nowhere"))
CALM = Quality((), (), (), (), 52, {})
VENDOR = {
    "vendor": "brightketo", "sale_count": 900, "refund_rate": 0.05, "chargeback_rate": 0.001,
    "chargeback_sale_count": 200, "month_chargeback_rate": 0.002, "month_sale_count": 300,
}  # fmt: skip


def texts_of(
    *vendors: dict[str, Any], alerts: Any = (), syncs: Any = (), quality: Quality = CALM
) -> list[str]:
    section: Any = SimpleNamespace(name="USD", vendors=vendors)
    result = findings([section], LIMITS, alerts, syncs, quality)
    return [
        f"{finding.level}: {finding.subject}: {finding.text}".replace("\N{NO-BREAK SPACE}", " ")
        for finding in result
    ]


def test_there_is_no_finding_when_all_is_well() -> None:
    assert (
        texts_of(
            VENDOR, syncs=[{"source": "a", "status": "on_time", "records_claimed": 3, "records_held": 3}]
        )
        == []
    )


def test_a_limit_that_is_reached_is_named_with_its_window() -> None:
    assert texts_of(VENDOR | {"refund_rate": 0.15, "month_chargeback_rate": 0.03}) == [
        "limit: brightketo, USD: refund rate over 60 days is 15.0 %; limit 15.0 %",
        "limit: brightketo, USD: chargeback rate of this month is 3.00 %; limit 1.5 %",
    ]


def test_a_rate_at_a_limit_is_shown_with_the_digits_of_the_limit(tmp_path: Path) -> None:
    """With one digit, 15.25 % would read 15.2 %, below the limit that it has reached."""
    (tmp_path / "limits.csv").write_text(f"{','.join(COLUMNS)}\nrefund_rate,60,limit,0.1525,mine\n")
    section: Any = SimpleNamespace(name="USD", vendors=[VENDOR | {"refund_rate": 0.1525}])
    [found] = findings([section], Limits.for_data_dir(tmp_path), (), (), CALM)
    assert (
        found.text.replace("\N{NO-BREAK SPACE}", " ") == "refund rate over 60 days is 15.25 %; limit 15.25 %"
    )


def test_few_sales_are_worth_a_look_not_an_alarm() -> None:
    assert texts_of(VENDOR | {"chargeback_rate": 0.1, "chargeback_sale_count": 30}) == [
        "watch: brightketo, USD: chargeback rate over 14 days is 10.00 %; limit 2.0 %; only 30 sales, so it swings"
    ]


def test_the_worst_comes_first() -> None:
    texts = texts_of(
        VENDOR | {"chargeback_rate": 0.012},
        VENDOR | {"refund_rate": 0.2},
        VENDOR | {"chargeback_rate": 0.016},
    )
    assert [line.partition(":")[0] for line in texts] == ["limit", "warning", "watch"]


def test_reasons_to_doubt_the_figures_are_named() -> None:
    violations = (
        {"check_name": "every_sale_has_a_line", "severity": "blocking", "violations": 2},
        {"check_name": "quarantine_is_empty", "severity": "warning", "violations": 3},
    )
    outside = ("3 events are in no figure: 3 quarantined (3 bad_json)",)
    quality = Quality((), ({"reason": "bad_json"},), outside, violations, 52, {"differing_count": 1})
    alerts = [{"verdict": "mismatch"}, {"verdict": "match"}]
    syncs = [{"source": "a", "status": "missing", "records_claimed": 5, "records_held": 3}]
    assert texts_of(alerts=alerts, syncs=syncs, quality=quality) == [
        "limit: Checks: 1 do not hold: every sale has a line",
        "limit: Verification: 1 tables differ from a full rebuild",
        "warning: Sync of a: is missing, measured by its own habit",
        "warning: Sync of a: claims 2 records more than we hold in its range",
        "watch: Alerts: 1 of the latest 2 claim a value that our own figures do not show",
        "watch: Outside the figures: 3 events are in no figure: 3 quarantined (3 bad_json)",
        "watch: Checks: 1 do not hold: quarantine is empty",
    ]
