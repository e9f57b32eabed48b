"""Hypotheses about the bytes: the sender signed other bytes than the receiver got."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from ingest.diagnosis import javascript
from ingest.diagnosis.hypothesis import Altered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BOM = b"\xef\xbb\xbf"
_RAW = "sign and verify the raw bytes of the request, before anything parses them"
_COPY = "keep the body as it came: curl --data-binary, not --data; a file written without a final newline"
_HTML = re.compile("[<>&\u2028\u2029]")
_ASCII_OPTIONS: tuple[dict[str, Any], ...] = ({"ensure_ascii": True}, {"ensure_ascii": False})


def _json(write: Callable[[bytes], Iterator[str]]) -> Callable[[bytes], Iterator[bytes]]:
    """Return the variants as bytes; a body that is not JSON has none."""

    def variants(body: bytes) -> Iterator[bytes]:
        try:
            written = list(write(body))
        except (ValueError, RecursionError):
            return
        for text in written:
            yield text.encode("utf-8", "surrogatepass")

    return variants


def _stringify(body: bytes) -> Iterator[str]:
    yield javascript.stringify(javascript.parse(body))


def _stringify_pretty(body: bytes) -> Iterator[str]:
    value = javascript.parse(body)
    yield from (javascript.stringify(value, indent=indent) for indent in ("  ", "    ", "\t"))


def _dumps(body: bytes) -> Iterator[str]:
    value = json.loads(body)
    for ascii_ in _ASCII_OPTIONS:
        yield json.dumps(value, **ascii_)
        yield json.dumps(value, separators=(",", ":"), **ascii_)


def _dumps_sorted(body: bytes) -> Iterator[str]:
    value = json.loads(body)
    for ascii_ in _ASCII_OPTIONS:
        yield json.dumps(value, sort_keys=True, **ascii_)
        yield json.dumps(value, sort_keys=True, separators=(",", ":"), **ascii_)


def _php(body: bytes) -> Iterator[str]:
    yield json.dumps(json.loads(body), separators=(",", ":")).replace("/", r"\/")


def _go(body: bytes) -> Iterator[str]:
    text = javascript.stringify(javascript.parse(body), sort_keys=True)
    yield _HTML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _data_only(body: bytes) -> Iterator[str]:
    document = json.loads(body)
    if not isinstance(document, dict) or "data" not in document:
        return
    text = body.decode()
    for found in re.finditer(r'"data"\s*:\s*', text):
        value, end = json.JSONDecoder().raw_decode(text, found.end())
        if value == document["data"]:
            yield text[found.end() : end]
    data = json.dumps(document["data"]).encode()
    yield from (*_stringify(data), *_dumps(data))


def _twice(body: bytes) -> Iterator[str]:
    text = body.decode()
    yield from (json.dumps(text, ensure_ascii=False), json.dumps(text))


def _other_line_ends(body: bytes) -> Iterator[bytes]:
    unix = body.replace(b"\r\n", b"\n")
    yield from (unix, unix.replace(b"\n", b"\r\n"))


def _other_encodings(body: bytes) -> Iterator[bytes]:
    yield body.decode("latin-1").encode()
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return
    for encoding in ("latin-1", "cp1252", "utf-16-le", "utf-16-be", "utf-16"):
        yield text.encode(encoding, "replace")


BODIES = (
    Altered(
        "newline_added", "the body without the newline at its end", _COPY, lambda body: [body.rstrip(b"\r\n")]
    ),
    Altered(
        "newline_stripped",
        "the body with a newline at its end",
        _COPY,
        lambda body: [body + b"\n", body + b"\r\n"],
    ),
    Altered("line_ends", "the body with other line ends (CRLF or LF)", _COPY, _other_line_ends),
    Altered(
        "whitespace_around", "the body without white space around it", _COPY, lambda body: [body.strip()]
    ),
    Altered(
        "byte_order_mark",
        "the body with or without a byte order mark",
        "save the body as UTF-8 without BOM",
        lambda body: [BOM + body, body.removeprefix(BOM)],
    ),
    Altered("json_stringify", "the body as JSON.stringify writes it", _RAW, _json(_stringify)),
    Altered(
        "json_stringify_indented",
        "the body as JSON.stringify writes it, indented",
        _RAW,
        _json(_stringify_pretty),
    ),
    Altered("json_dumps", "the body as Python's json.dumps writes it", _RAW, _json(_dumps)),
    Altered(
        "json_sorted_keys",
        "the body as json.dumps writes it with its keys sorted",
        _RAW,
        _json(_dumps_sorted),
    ),
    Altered("php_json_encode", "the body as PHP's json_encode writes it", _RAW, _json(_php)),
    Altered("go_json_marshal", "the body as Go's json.Marshal writes it", _RAW, _json(_go)),
    Altered("data_only", "the data object alone, without the envelope round it", _RAW, _json(_data_only)),
    Altered("encoded_twice", "the body written as one JSON string", _RAW, _json(_twice)),
    Altered("other_encoding", "the body in another character encoding", _RAW, _other_encodings),
    Altered(
        "body_as_text",
        "the body written in hex or base64",
        _RAW,
        lambda body: [body.hex().encode(), base64.b64encode(body)],
    ),
    Altered(
        "form_encoded",
        "the body encoded as a form",
        "send the JSON itself as the body, with Content-Type: application/json",
        lambda body: [quote_plus(body).encode(), b"payload=" + quote_plus(body).encode()],
    ),
    Altered(
        "empty_body",
        "an empty body",
        "the body was read before it was signed: sign the bytes that are sent",
        lambda _: [b""],
    ),
)
