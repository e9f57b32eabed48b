"""For any bytes the strict parser gives the oracle's verdict, and DuckDB reads each body that passes.

CI runs a slice. The full run: ``CBW_EXAMPLES=100000 pytest tests/ingest/load/test_verdict_properties.py --timeout 0``.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.load.verdict import examine
from tests.amounts import amount
from tests.e2e.contents import CONTENTS
from tests.oracle.parse import parse_body

if TYPE_CHECKING:
    from collections.abc import Iterator

slice_or_all = settings(max_examples=amount(100, 300), deadline=None)

VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(st.characters(exclude_categories=())),  # lone surrogates too
        st.sampled_from([10**4299, -(10**4299), "\x00", "\ud800", "[{", '"', "\\"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)
# Pieces that a JSON text may hold or not, so that a random one is nearly right.
PIECES = st.sampled_from(
    [
        *(
            b"{",
            b"}",
            b"[",
            b"]",
            b":",
            b",",
            b'"',
            b"\\",
            b'"a"',
            b'"a":1',
            b'"a":2',
            b"null",
            b"true",
            b"nul",
        ),
        *(
            b"NaN",
            b"-Infinity",
            b"1e999",
            b"-0",
            b"01",
            b"1.",
            b".5",
            b"1E+2",
            b"0.12345678901234567",
            b"9" * 4301,
        ),
        *(
            b"\\ud800",
            b"\\udc00",
            b"\\ud83d\\ude00",
            b"\\u0000",
            b"\xff",
            b"\xed\xa0\x80",
            b"\x00",
            b"\xef\xbb\xbf",
        ),
        *(b" ", b"\n", b"\t", b"\x0c", b"/*", b"//", b"'", b"[" * 65, b'{"a":' * 65),
    ]
)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Give random bytes, random JSON, or a known body that was changed in a few places."""
    kind = draw(st.integers(0, 3))
    if kind == 0:
        return draw(st.binary(max_size=60))
    if kind == 1:
        return b"".join(draw(st.lists(PIECES, max_size=12)))
    if kind == 2:
        value = draw(st.dictionaries(st.text(max_size=4), VALUES, max_size=4) | VALUES)
        return _dumped(value, as_ascii=draw(st.booleans()))
    return _changed(draw, draw(st.sampled_from(SHORT)))


SHORT = [content.body for content in CONTENTS.values() if len(content.body) < 2000]


def _dumped(value: Any, *, as_ascii: bool) -> bytes:
    return json.dumps(value, ensure_ascii=as_ascii).encode("utf-8", "surrogatepass")


def _changed(draw: st.DrawFn, body: bytes) -> bytes:
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(body)))
        end = min(len(body), start + draw(st.integers(0, 3)))
        body = body[:start] + draw(PIECES | st.just(b"")) + body[end:]
    return body


@slice_or_all
@given(body=bodies())
def test_the_verdict_is_the_one_of_the_oracle(body: bytes) -> None:
    parsed = parse_body(body)
    assert examine(body).reason == (parsed if isinstance(parsed, str) else None)


@pytest.fixture(scope="module")
def reader() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


@slice_or_all
@given(body=bodies())
def test_duckdb_reads_every_body_that_is_let_through(reader: duckdb.DuckDBPyConnection, body: bytes) -> None:
    verdict = examine(body)
    if verdict.reason is not None:
        return
    document = verdict.document or body.decode()
    [(kind, keys)] = reader.execute(
        "select json_type(?::json), json_keys(?::json)", [document, document]
    ).fetchall()
    assert kind == "OBJECT"
    # half of a character is U+FFFD, in a key as well
    assert sorted(keys) == sorted(re.sub("[\ud800-\udfff]", "\ufffd", key) for key in json.loads(body))
