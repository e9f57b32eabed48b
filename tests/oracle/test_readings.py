"""The oracle reads bodies, amounts and times by the contract."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.oracle import RawDelivery
from tests.oracle.builders import RECEIVED, build, pick
from tests.oracle.coerce import instant, money
from tests.oracle.parse import parse_body


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        (b"", "empty"),
        (b" \n", "bad_json"),
        (b"\xef\xbb\xbf{}", "bom"),
        ("{}".encode("utf-16"), "bom"),
        (b'{"a":"\xff"}', "not_utf8"),
        (b'{"a":1,}', "bad_json"),
        (b"{} {}", "bad_json"),
        (b'{"a":01}', "bad_json"),
        (b'{"a":"\t"}', "bad_json"),
        (b'{"a":' + b"9" * 4301 + b"}", "bad_number"),
        (b'{"a":[NaN,-Infinity]}', "non_finite"),
        (b'{"a":1e999}', "non_finite"),
        (b'{"a":{"b":1,"b":2}}', "duplicate_key"),
        (b'{"a":1,"\\u0061":2}', "duplicate_key"),
        (b'{"\\udc00":1,"\\udc00":1}', "duplicate_key"),
        (b"[1]", "not_object"),
        (b"null", "not_object"),
        (b"[" * 64 + b"]" * 64, "not_object"),
        (b"[" * 65 + b"]" * 65, "too_deep"),
        (b'{"a":' * 100_000, "too_deep"),
        (b'{"a" ' + b"[" * 65, "too_deep"),
    ],
)
def test_a_body_that_is_no_json_object_is_quarantined_with_the_first_fault(body: bytes, verdict: str) -> None:
    assert parse_body(body) == verdict
    tables = build(RawDelivery(RECEIVED, body))
    assert pick(tables["events"], "event_type", "status", "reason") == [(None, "quarantined", verdict)]
    assert pick(tables["quarantine"], "reason", "json_path") == [(verdict, None)]


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":' + b"9" * 4300 + b"}",
        b'{"a":"\\u0000"}',
        b'{"a":"\\ud83d\\ude00"}',
        b'{"a":["\\ud800"]}',
        b'{"a":"' + b"[" * 99 + b'"}',
    ],
)
def test_an_odd_but_sound_body_is_an_object(body: bytes) -> None:
    assert isinstance(parse_body(body), dict)


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("1,234.50", "1234.5"),
        ("$79.00", "79"),
        ("-$79", "-79"),
        ("$-79", "-79"),
        (".5", "0.5"),
        ("1E3", "1000"),
        ("0.00005", "0.0001"),
        ("-0.00005", "-0.0001"),
        ("0.00004999", "0"),
        ("99999999999.9999", "99999999999.9999"),
        ("99999999999.99995", None),
        ("1e11", None),
        ("1e9999", None),
        ("12,34", None),
        ("0,075", None),
        ("1,234", "1234"),
        ("1.234", "1.234"),
        ("1,234,567.8", "1234567.8"),
        ("1234,567", None),
        ("50%", None),
        ("1.", None),
        ("79 USD", None),
        ("\u0667", None),
    ],
)
def test_money_is_read_to_four_places_half_away_from_zero(written: str, amount: str | None) -> None:
    assert money(written) == (None if amount is None else Decimal(amount))


def test_cents_are_divided_before_they_are_rounded() -> None:
    assert money("1050", places=2) == Decimal("10.50")
    assert money("0.005", places=2) == Decimal("0.0001")


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("20220810T162015-0700", "2022-08-10T23:20:15"),
        ("2016-06-05T13:47:51-06:00", "2016-06-05T19:47:51"),
        ("2024-05-01 08:09:10.669756922Z", "2024-05-01T08:09:10.669756"),
        ("2024-05-01T08:09:10+0530", "2024-05-01T02:39:10"),
        ("2026-03-08", "2026-03-08T08:00:00"),
        ("2026-11-01", "2026-11-01T07:00:00"),
        ("2026-03-08T02:30:00", "2026-03-08T10:30:00"),
        ("2026-11-01T01:30:00", "2026-11-01T08:30:00"),
        ("2026-11-01T02:00:00", "2026-11-01T10:00:00"),
        ("1700000000", "2023-11-14T22:13:20"),
        ("1700000000123", "2023-11-14T22:13:20.123"),
        ("1700000000.5", "2023-11-14T22:13:20.5"),
        ("17000000001", None),
        ("2026-02-29", None),
        ("2026-01-01T24:00:00", "2026-01-02T08:00:00"),
        ("2026-01-01T24:00:01", None),
        ("2026-01-01T00:00:00+24:00", None),
        ("0000-01-01", None),
        ("9999-12-31T23:59:59-08:00", None),
        ("yesterday", None),
    ],
)
def test_a_time_without_offset_is_pacific(written: str, at: str | None) -> None:
    assert instant(written) == (None if at is None else datetime.fromisoformat(at).replace(tzinfo=UTC))
