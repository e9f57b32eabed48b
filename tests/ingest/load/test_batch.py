"""A small batch and a large one come to DuckDB by different ways, and arrive the same."""

from __future__ import annotations

import duckdb
import pytest

from cbw.duck import literal
from ingest.inbox.reader import Delivery
from ingest.load.batch import FEW_BYTES, FEW_ROWS, is_best_spelled_out, relation_of

TEXTS = (
    "", "current", "it's", 'a "b" \\n \\u0041 \\', "{}{batch}'); drop table x; --", "é ß 表 🎉 e\u0301 \u2028\x7f",
    "\t\r\n\x01", "null", "x" * 10_000,
)  # fmt: skip
BODIES = (
    b"", b"\x00", b"\x00\x00\xfe\xff", bytes(range(256)), b"\xff\xfe\xed\xa0\x80", b"it's '' \\x00 \\'", b"{}", b"{",
    *(text.encode() for text in TEXTS), b'{"a": 0.12345678901234567890, "b": "\\u00e9\\ud83c\\udf89 \'\\u0000"}',
    b'{"a": NaN}', b'{"a": "' + "🎉'".encode() * 5_000 + b'"}',
)  # fmt: skip
HASHES = (b"\x00" * 32, b"\xff" * 32, b"\x80" + b"\x00" * 31, b"\x7f" + b"\xff" * 31)


def nasty_deliveries() -> list[Delivery]:
    """Return deliveries that have every value in every place that may hold it."""
    count = max(len(TEXTS) + 1, len(BODIES), len(HASHES))
    texts = (*TEXTS, None)
    return [
        Delivery(
            2**62 + number if number % 2 else number,
            received_at=(0, 1, 1_790_000_000_123_456, 253_402_300_799_999_999)[number % 4],
            body=BODIES[number % len(BODIES)],
            body_sha256=HASHES[number % len(HASHES)],
            secret_id=TEXTS[number % len(TEXTS)],
            content_type=texts[number % len(texts)],
            peer=texts[(number + 1) % len(texts)],
        )
        for number in range(count)
    ]


def rows_of(batch: list[Delivery], *, is_spelled_out: bool) -> list[tuple[object, ...]]:
    """Return the rows of a batch."""
    connection = duckdb.connect()
    with relation_of(connection, batch, "it's", 1, is_spelled_out=is_spelled_out) as relation:
        connection.execute(f"create table arrived as select * from {relation} as batch order by sequence")
    return connection.execute("select * from arrived order by sequence").fetchall()


def test_both_ways_bring_every_value_as_it_is() -> None:
    batch = nasty_deliveries()
    rows = rows_of(batch, is_spelled_out=True)
    assert rows == rows_of(batch, is_spelled_out=False)
    for number, (row, delivery) in enumerate(zip(rows, batch, strict=True), 1):
        assert row[:-2] == (
            number, "it's", delivery.seq, int.from_bytes(delivery.body_sha256[:8]), delivery.received_at,
            delivery.body, delivery.body_sha256.hex(), delivery.secret_id, delivery.content_type, delivery.peer,
        )  # fmt: skip


def of_size(size: int) -> Delivery:
    return Delivery(1, 1, b"\xff" * size, bytes(32), "current", None, None)


@pytest.mark.parametrize(
    ("batch", "is_small"),
    [
        ([of_size(1)] * FEW_ROWS, True), ([of_size(1)] * (FEW_ROWS + 1), False),
        ([of_size(FEW_BYTES)], True), ([of_size(FEW_BYTES + 1)], False),
    ],
)  # fmt: skip
def test_only_a_small_batch_is_spelled_out_and_only_before_pandas_is_there(
    batch: list[Delivery], *, is_small: bool
) -> None:
    assert is_best_spelled_out(batch, has_pandas=False) == is_small
    assert not is_best_spelled_out(batch, has_pandas=True)
    assert len(rows_of(batch, is_spelled_out=is_small)) == len(batch)


@pytest.mark.parametrize("value", [*TEXTS, None, 0, -1, 2**63 - 1])
def test_a_literal_is_the_value_it_spells(value: str | int | None) -> None:
    assert duckdb.execute(f"select {literal(value)}").fetchall() == [(value,)]
