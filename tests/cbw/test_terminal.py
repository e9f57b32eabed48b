"""Tables for people: figures can be compared by eye, and nothing that was stored is shown as something else."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cbw.terminal import console, table


def shown(value: object) -> str:
    """Return the text of a cell."""
    [cell] = table("", ["column"], [[value]]).columns[0].cells
    return str(cell)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (0, "0"),
        (1234567, "1,234,567"),
        (True, "True"),
        (Decimal("1234.5000"), "1,234.50"),
        (Decimal("-0.0100"), "-0.01"),
        (Decimal("0.1234"), "0.1234"),
        (Decimal("1E+3"), "1,000.00"),
        (Decimal("NaN"), "NaN"),
        (0.05, "0.05"),
        (1 / 30, "0.033333"),
        (2 / 3, "0.666666"),
        (1_499_999_999 / 10**11, "0.014999"),  # below 1.5 %, and never shown as if it had reached it
        (0.07 * 1.1 / 1.1, "0.07"),  # stored a little more or less
        (0.29 * 100, "29.0"),
        (float("inf"), "inf"),
        (float("nan"), "nan"),
        ("1234567", "1234567"),
        ("[bold]Duck[/]", r"\[bold]Duck\[/]"),
    ],
)
def test_a_cell_shows_amounts_with_cents_and_rates_as_fractions(value: object, text: str) -> None:
    assert shown(value) == text


@pytest.mark.parametrize(
    ("values", "side"),
    [
        ([1, None, 3], "right"),
        ([Decimal("1.5"), None], "right"),
        (["12.50 %", "7 %"], "right"),
        ([1, "none"], "left"),
        (["AAAA1111"], "left"),
        ([], "left"),
    ],
)
def test_figures_stand_to_the_right(values: list[object], side: str) -> None:
    assert table("", ["column"], [[value] for value in values]).columns[0].justify == side


def test_a_name_that_looks_like_markup_is_printed_as_it_was_sent(capsys: pytest.CaptureFixture[str]) -> None:
    console().print(table("", ["title"], [["[red]Course[/red] [link=x]"]]))
    assert "[red]Course[/red] [link=x]" in capsys.readouterr().out
