"""The findings at the top of the report: limits that a vendor has reached, and reasons to doubt the figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from transforms.report.content import Finding
from transforms.report.formats import count, limit_digits, limit_percent, percent
from transforms.report.limits import LEVELS
from transforms.report.trends import vendor_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from transforms.report.content import CurrencySection, Quality
    from transforms.report.figures import Row
    from transforms.report.limits import Limits

# Below this, chargeback_rates.is_small_sample is true, in sales.
SMALL_SAMPLE = 100


def findings(
    sections: Sequence[CurrencySection],
    limits: Limits,
    alerts: Sequence[Row],
    syncs: Sequence[Row],
    quality: Quality,
) -> tuple[Finding, ...]:
    """Return everything that deserves a look, the worst first."""
    all_findings = [
        finding
        for section in sections
        for vendor in section.vendors
        for finding in _of_vendor(vendor, section.name, limits)
    ]
    all_findings += [*_of_alerts(alerts), *_of_syncs(syncs), *_of_quality(quality)]
    return tuple(sorted(all_findings, key=lambda finding: -LEVELS.index(finding.level)))


def _of_vendor(row: Row, currency: str, limits: Limits) -> Iterator[Finding]:
    subject = f"{vendor_name(row['vendor'])}, {currency}"
    measured = (
        ("refund_rate", row["refund_rate"], row["sale_count"], "refund rate", 1),
        ("chargeback_rate", row["chargeback_rate"], row["chargeback_sale_count"], "chargeback rate", 2),
        (
            "chargeback_rate_month",
            row["month_chargeback_rate"],
            row["month_sale_count"],
            "chargeback rate",
            2,
        ),
    )
    for metric, rate, sales, words, digits in measured:
        if limit := limits.reached(metric, rate):
            over = f"over {limit.window_days} days" if limit.window_days else "of this month"
            shown = percent(rate, max(digits, limit_digits(limit.value)))
            text = f"{words} {over} is {shown}; {limit.level} {limit_percent(limit.value)}"
            # One refund of ten sales is a rate of 10 %: few sales deserve a look, not an alarm.
            if sales < SMALL_SAMPLE:
                yield Finding("watch", subject, f"{text}; only {count(sales)} sales, so it swings")
            else:
                yield Finding(limit.level, subject, text)


def _of_alerts(alerts: Sequence[Row]) -> Iterator[Finding]:
    if wrong := sum(alert["verdict"] == "mismatch" for alert in alerts):
        yield Finding(
            "watch",
            "Alerts",
            f"{wrong} of the latest {len(alerts)} claim a value that our own figures do not show",
        )


def _of_syncs(syncs: Sequence[Row]) -> Iterator[Finding]:
    for sync in syncs:
        if sync["status"] in {"late", "missing"}:
            level = "warning" if sync["status"] == "missing" else "watch"
            yield Finding(
                level, f"Sync of {sync['source']}", f"is {sync['status']}, measured by its own habit"
            )
        claimed, held = sync["records_claimed"], sync["records_held"]
        if claimed is not None and held is not None and claimed > held:
            missing = f"claims {count(claimed - held)} records more than we hold in its range"
            yield Finding("warning", f"Sync of {sync['source']}", missing)


def _of_quality(quality: Quality) -> Iterator[Finding]:
    for sentence in quality.outside:
        yield Finding("watch", "Outside the figures", sentence)
    for severity, level in (("blocking", "limit"), ("warning", "watch")):
        if failed := [row for row in quality.violations if row["severity"] == severity]:
            sentences = "; ".join(row["check_name"].replace("_", " ") for row in failed)
            yield Finding(level, "Checks", f"{count(len(failed))} do not hold: {sentences}")
    if quality.verification.get("differing_count"):
        differing = quality.verification["differing_count"]
        yield Finding("limit", "Verification", f"{count(differing)} tables differ from a full rebuild")
