"""The strict parser's verdict on every kind of body, and the text that SQL reads instead of a body."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ingest.load.verdict import MAX_DEPTH, MAX_INTEGER_DIGITS, Verdict, examine

LONG_INTEGER = b"9" * (MAX_INTEGER_DIGITS + 1)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf{}", "bom"),
        ("{}".encode("utf-16"), "bom"),
        ("{}".encode("utf-32-be"), "bad_json"),
        (b"\x00\x00\xfe\xff\x00\x00\x00{", "bom"),
        (b'{"a":"\xff"}', "not_utf8"),
        (b'{"a":"\xed\xa0\x80"}', "not_utf8"),
        (b" \n", "bad_json"),
        (b"hello", "bad_json"),
        (b'{"a":1,}', "bad_json"),
        (b'{"a":1} x', "bad_json"),
        (b"{} {}", "bad_json"),
        (b'{"a":1 /* b */}', "bad_json"),
        (b"{'a':1}", "bad_json"),
        (b'{"a":01}', "bad_json"),
        (b'{"a":"\t"}', "bad_json"),
        (b'{"a":"b', "bad_json"),
        (b'{"a":{"b":1,"b":2}}', "duplicate_key"),
        (b'{"a":1,"\\u0061":2}', "duplicate_key"),
        (b'[{"a":1,"a":1}]', "duplicate_key"),
        (b'{"a":NaN}', "non_finite"),
        (b'{"a":[-Infinity]}', "non_finite"),
        (b'{"a":1e999}', "non_finite"),
        (b"[1]", "not_object"),
        (b'"a"', "not_object"),
        (b"7", "not_object"),
        (b"null", "not_object"),
        (b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, "not_object"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "too_deep"),
        (b'{"a":' * 100_000, "too_deep"),
        (b"[" * 65 + b'"', "too_deep"),
        (b'{"a":' + LONG_INTEGER + b"}", "bad_number"),
        (b'{"a":-' + LONG_INTEGER + b"}", "bad_number"),
        (b'{"a":"\\ud800"}', None),
        (b'{"\\udc00":1}', None),
        (b'{"\\udc00":1,"\\udc00":2}', "duplicate_key"),
        (b"{}", None),
        (b' {"a": [true, null, -0, 1.5e3]} ', None),
        (b'{"a":"\\u0000"}', None),
        (b'{"a":"\\ud83d\\ude00"}', None),
        (b'{"a":"' + b"[" * 99 + b'"}', None),
        (b'{"a":"\\\\","b":"' + b"{" * 99 + b'"}', None),
        (b'{"a":' + LONG_INTEGER[1:] + b"}", None),
        (b'{"<script>":"\x7f; drop table \\u001b[31m"}', None),
    ],
)
def test_every_body_has_one_verdict(body: bytes, reason: str | None) -> None:
    assert examine(body).reason == reason


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"[NaN," + b"[" * 64 + b"]" * 65, "too_deep"),
        (b'{"a":NaN,"b":' + LONG_INTEGER + b"}", "bad_number"),
        (b'{"a":NaN,"a":"\\ud800"}', "non_finite"),
        (b'{"a":"\\ud800","b":{"c":1,"c":1}}', "duplicate_key"),
        (b'[{"a":1,"a":1}]', "duplicate_key"),
    ],
)
def test_of_several_faults_the_first_in_the_fixed_order_is_named(body: bytes, reason: str) -> None:
    assert examine(body).reason == reason


def test_half_of_an_escaped_character_is_replaced_in_the_document_alone() -> None:
    """A text that was cut inside an emoji is no reason to lose the event; a whole emoji needs no document."""
    cut = b'{"title":"Course \\ud83d","\\ude00":[{"a":"\\ude00\\ud83d"}],"amount":1.50}'
    assert (
        examine(cut).document
        == '{"title": "Course \ufffd", "\ufffd": [{"a": "\ufffd\ufffd"}], "amount": 1.5}'
    )
    assert examine(b'{"title":"Course \\ud83d\\ude00"}').document is None
    assert examine(b'{"title":"\\\\ud83d"}').document is None


@pytest.mark.parametrize(
    ("literal", "kept"),
    [
        ("1.5", None),
        ("0.123456789012345", None),
        ("0.1234567890123456", "0.1234567890123456"),
        ("12345678901.2345678", "12345678901.2345678"),
        ("-1234567890123456.7e1", "-1234567890123456.7e1"),
        ("0.00000000000000000001", None),
        ("123456789012345678901234567890", None),
    ],
)
def test_a_decimal_that_a_double_cannot_hold_is_read_as_text(literal: str, kept: str | None) -> None:
    """Up to 15 significant digits survive a double; integers are exact in any case."""
    document = examine(f'{{"a":{literal},"b":"\u00eb"}}'.encode()).document
    expected: Any = None if kept is None else {"a": kept, "b": "\u00eb"}
    assert (None if document is None else json.loads(document)) == expected


@pytest.mark.parametrize(
    "body",
    [
        b'"' * 1_000_000,
        b'{"' * 300_000,
        b'["' * 300_000,
        b'{"a":"' + b'\\"' * 400_000,
        b'[{"' + b"\\" * 900_001,
    ],
)
def test_a_megabyte_of_quotes_and_brackets_is_read_in_one_pass(body: bytes) -> None:
    """At a quadratic cost each of these would take minutes and meet the suite's time limit."""
    assert isinstance(examine(body), Verdict)
