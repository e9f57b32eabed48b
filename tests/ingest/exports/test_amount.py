"""An amount has one spelling, and a decimal comma none."""

from __future__ import annotations

import pytest

from ingest.exports.amount import amount_of
from tests.exports import is_refused


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("20.00", "20"), ("20", "20"), ("$20.50", "20.5"), ("-$20.50", "-20.5"), ("1,234.50", "1234.5"),
        ("1,234", "1234"),
        ("0.00", "0"), ("-0.0", "0"), ("1E+3", "1000"), (".5", "0.5"), ("100", "100"),
    ],
)  # fmt: skip
def test_an_amount_has_one_spelling(text: str, amount: str) -> None:
    assert amount_of(text) == amount


@pytest.mark.parametrize(
    "text", ["1.234,56", "20,50", "0,075", "1,23", "12,34,567", "twenty", "", "20 EUR", "--1", "NaN"]
)
def test_a_comma_that_may_be_decimal_is_refused(text: str) -> None:
    assert is_refused(amount_of, text)
