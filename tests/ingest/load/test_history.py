"""History files: the reader finds the bytes of each event in every kind of file."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import duckdb
import pytest

from cbw.errors import ConfigurationError
from ingest.load import history
from ingest.load.history import open_history

if TYPE_CHECKING:
    from pathlib import Path

BODIES = [b'{"type":"ping"}', b'{ "a" : 1.00 } ', b"not json", b"\xff\xfe", b'"caf\xc3\xa9"']


def bodies_of(path: Path) -> list[bytes]:
    return [event.body for event in open_history(path).events()]


def parquet(path: Path, select: str) -> Path:
    duckdb.sql(f"copy ({select}) to '{path}' (format parquet)")
    return path


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_line_is_a_body_byte_for_byte_without_its_end(
    tmp_path: Path, end: bytes, pack: type[bytes]
) -> None:
    (tmp_path / "any.name").write_bytes(pack(end.join(BODIES) + end))
    assert bodies_of(tmp_path / "any.name") == BODIES


@pytest.mark.parametrize(
    ("content", "bodies"),
    [
        (b"", []),
        (b"\n\n", []),
        (b"{}", [b"{}"]),
        (b"\n{}\n\n  \t\n[]\r\n\r\n", [b"{}", b"[]"]),
        (b"\xef\xbb\xbf{}\n\xef\xbb\xbf{}\n", [b"{}", b"\xef\xbb\xbf{}"]),
        (b"{}\r\r\n", [b"{}\r"]),
        (b'{"a":"\xe2\x80\xa8\x0b\x0c"}\n', [b'{"a":"\xe2\x80\xa8\x0b\x0c"}']),
        (b"\x00\n", [b"\x00"]),
    ],
)
def test_blank_lines_and_a_mark_at_the_start_belong_to_the_file(
    tmp_path: Path, content: bytes, bodies: list[bytes]
) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(content)
    assert bodies_of(path) == bodies


def test_a_file_that_has_been_read_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"{}\n" * 10)
    opened = open_history(path)
    assert (opened.fraction, len(list(opened.events())), opened.fraction) == (0.0, 10, 1.0)


@pytest.mark.parametrize("kind", ["blob", "varchar"])
def test_parquet_rows_are_bodies_in_their_order(tmp_path: Path, kind: str) -> None:
    select = f"select ('{{\"n\":' || i || '}}')::{kind} as body from range(300000) as t(i)"
    found = bodies_of(parquet(tmp_path / "events.jsonl", select))
    assert found == [b'{"n":%d}' % number for number in range(300_000)]


@pytest.mark.parametrize(
    "received_at", ["timestamptz '2026-01-02 03:04:05+00'", "timestamp '2026-01-02 03:04:05'"]
)
def test_parquet_may_say_when_an_event_was_received(tmp_path: Path, received_at: str) -> None:
    """A time without an offset is UTC."""
    select = f"select 1 as more, 'x' as body, {received_at} as received_at union all select 2, null, null"
    events = open_history(parquet(tmp_path / "events.parquet", select)).events()
    found = [(event.body, event.received_at) for event in events]
    assert found == [(b"x", 1_767_323_045_000_000), (b"", None)]


@pytest.mark.parametrize(
    ("select", "words"),
    [
        ("select 1 as a", "a column body of type BLOB or VARCHAR; it has a INTEGER"),
        ("select 1 as body", "it has body INTEGER"),
        ("select 'x' as body, 'noon' as received_at", "received_at is VARCHAR"),
    ],
)
def test_parquet_of_another_shape_is_refused(tmp_path: Path, select: str, words: str) -> None:
    path = parquet(tmp_path / "events.parquet", select)
    with pytest.raises(ConfigurationError, match=words):
        open_history(path)


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(b"{}\n" * 9000)[:-20],
        gzip.compress(b"{}\n")[:-4] + b"wxyz",
        b"\x1f\x8b\x08 this is no gzip",
        b"PAR1 this is no parquet PAR1",
    ],
    ids=["cut off", "wrong checksum", "no gzip", "no parquet"],
)
def test_a_damaged_file_is_named_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "events"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match="events is damaged") as raised:
        list(open_history(path).events())
    assert "\n" not in str(raised.value)


def test_a_file_without_line_ends_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "MAX_LINE_BYTES", 1000)
    path = tmp_path / "image"
    path.write_bytes(b"{}\n" + b"x" * 1001)
    with pytest.raises(ConfigurationError, match="image, line 2: longer than 1,000 bytes"):
        list(open_history(path).events())
