"""Figures are formatted as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from transforms.report import formats


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("1234.5", "USD", "$1,234.50"), ("-1234.505", "EUR", f"{formats.MINUS}€1,234.51"), ("0", "GBP", "£0.00"),
        ("-0.001", "USD", "$0.00"), ("1234.5", "JPY", "¥1,235"), ("9.99", "CHF", "CHF\u00a09.99"),
        ("9.99", None, "9.99"),
    ],
)  # fmt: skip
def test_money_has_its_currency_and_its_minor_unit(amount: str, currency: str | None, text: str) -> None:
    assert formats.money(Decimal(amount), currency) == text


def test_a_headline_leaves_the_minor_unit_out_of_large_amounts() -> None:
    assert formats.money(Decimal("9999.99"), "USD", short=True) == "$9,999.99"
    assert formats.money(Decimal("10000.50"), "USD", short=True) == "$10,001"


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "$0"),
        (950, "$950"),
        (2500, "$2.5k"),
        (-12000, f"{formats.MINUS}$12k"),
        (3e6, "$3m"),
        (2e9, "$2bn"),
    ],
)
def test_an_axis_is_short(amount: float, text: str) -> None:
    assert formats.axis_money(amount, "USD") == text


def test_a_change_has_its_sign_unless_it_rounds_to_nothing() -> None:
    assert [formats.signed(value, 1, "%") for value in (12.34, -12.36, 0.04, -0.04, 1234.5)] == [
        "+12.3\u00a0%", f"{formats.MINUS}12.4\u00a0%", "0.0\u00a0%", "0.0\u00a0%", "+1,234.5\u00a0%",
    ]  # fmt: skip


def test_an_unknown_figure_is_a_dash() -> None:
    assert {
        formats.money(None, "USD"), formats.percent(None), formats.count(None), formats.day(None),
        formats.instant(None, "UTC"), formats.hours(None), formats.plain(None),
    } == {formats.DASH}  # fmt: skip


def test_days_and_instants_are_those_of_the_report_zone() -> None:
    moment = datetime(2026, 7, 1, 3, 5, tzinfo=UTC)
    assert formats.instant(moment, "America/Los_Angeles") == "30 Jun 2026, 20:05 PDT"
    assert formats.full_day(date(2026, 11, 3)) == "Tue, 3 Nov 2026"


def test_durations_have_the_unit_people_would_use() -> None:
    assert [formats.hours(value) for value in (0.5, 24.04, 49)] == ["30 min", "24.0 h", "2.0 days"]


def test_a_plain_figure_has_no_trailing_zeros_and_is_rounded_down() -> None:
    assert [formats.plain(value) for value in (Decimal("11.3600"), Decimal("4.0000"), 0.12346, Decimal(1500))] == [
        "11.36", "4", "0.1234", "1,500",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rate", "digits", "text"),
    [
        (0.0149999, 2, "1.49"),  # below 1.5 %, and never shown as if it had reached it
        (0.015, 2, "1.50"),
        (0.1499, 1, "14.9"),
        (0.29, 2, "29.00"),  # as a double a little less
        (2 / 3, 1, "66.6"),
        (1.0, 1, "100.0"),
        (1e-7, 2, "0.00"),
    ],
)
def test_a_rate_is_never_shown_rounded_across_a_limit(rate: float, digits: int, text: str) -> None:
    assert formats.percent(rate, digits) == f"{text}\u00a0%"


def test_a_limit_is_shown_with_every_digit_it_has() -> None:
    assert [formats.limit_percent(value) for value in (0.15, 0.0125, 0.01, 0.2)] == [
        "15.0\u00a0%", "1.25\u00a0%", "1.0\u00a0%", "20.0\u00a0%",
    ]  # fmt: skip
