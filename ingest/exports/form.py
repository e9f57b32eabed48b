"""The form of a history file: its first bytes decide."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from contextlib import contextmanager
from enum import StrEnum
from typing import IO, TYPE_CHECKING, Any

from cbw.errors import ConfigurationError
from ingest.load.history import MAX_LINE_BYTES, UTF8_MARK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SAMPLE_BYTES = 1 << 20
SAMPLE_LINES = 1000
DELIMITERS = ",;\t"
# A header of fewer columns is a line of text with a comma in it.
FEWEST_COLUMNS = 3
_GZIP = b"\x1f\x8b"
_FOREIGN = {
    b"PK\x03\x04": "a workbook: save it as CSV (UTF-8)",
    b"\xff\xfe": "UTF-16 text: save it as CSV (UTF-8)",
    b"\xfe\xff": "UTF-16 text: save it as CSV (UTF-8)",
    b"%PDF": "a PDF: export it as CSV",
}
_HTML = re.compile(rb"<(!doctype\s+html|html|head|body|title|h1|p)\b", re.IGNORECASE)


class Form(StrEnum):
    """How a file holds its rows."""

    PARQUET = "Parquet"
    LINES = "JSON lines"
    JSON = "JSON"
    XML = "XML"
    CSV = "CSV"
    TEXT = "text"


@contextmanager
def opened(path: Path, name: str) -> Iterator[IO[bytes]]:
    """Open a file, gzip or not.

    Raises:
        ConfigurationError: It cannot be read, or its end is missing.
    """
    try:
        with path.open("rb") as file:
            is_gzipped = file.read(len(_GZIP)) == _GZIP
            file.seek(0)
            yield gzip.GzipFile(fileobj=file) if is_gzipped else file  # type: ignore[misc]
    except (OSError, EOFError, zlib.error) as exc:
        raise ConfigurationError(
            f"{name} is damaged, or half a file: {exc}", hint="fetch it again; nothing of it is imported"
        ) from exc


def form_of(path: Path, name: str) -> Form:
    """Return the form of a file by its beginning.

    Raises:
        ConfigurationError: It is a page of HTML, a workbook, or text in another encoding.
    """
    with opened(path, name) as file:
        sample = file.readline(MAX_LINE_BYTES) + file.read(SAMPLE_BYTES)
    if sample.startswith(b"PAR1"):
        return Form.PARQUET
    text = sample.removeprefix(UTF8_MARK).lstrip()
    first = text.splitlines()[0] if text else b""
    if isinstance(_decoded(first), dict | list) or first == b"null":
        return Form.LINES  # null is a page of the API without orders
    if text.startswith(b"["):
        return Form.JSON
    if has_object(text):
        # event bodies, of which the first is broken
        return Form.LINES if text.startswith(b"{") else Form.TEXT
    _refuse_foreign(sample, text, name)
    return _form_of_text(text, first)


def _form_of_text(text: bytes, first: bytes) -> Form:
    if text.startswith((b"{", b"<")):
        return Form.JSON if text.startswith(b"{") else Form.XML
    columns = max(map(first.decode("utf-8", "replace").count, DELIMITERS)) + 1
    return Form.CSV if columns >= FEWEST_COLUMNS else Form.TEXT


def _refuse_foreign(sample: bytes, text: bytes, name: str) -> None:
    for mark, kind in _FOREIGN.items():
        if sample.startswith(mark):
            raise ConfigurationError(f"{name} is {kind}")
    if _HTML.match(text):
        raise ConfigurationError(
            f"{name} is a page of HTML, such as an error page that was saved in place of the export",
            hint="fetch it again; nothing of it is imported",
        )


def delimiter_of(header: str) -> str:
    """Return the character that separates the columns of a header: the commonest of comma, semicolon and tab."""
    return max(DELIMITERS, key=header.count)


def whole_json(text: str) -> Any:
    """Decode JSON with every number as the text that it is.

    Raises:
        ValueError: It is no JSON.
    """
    return json.loads(text, parse_float=str, parse_int=str, parse_constant=_refuse)


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no number")


def has_object(text: bytes) -> bool:
    """Return whether a line is an object by itself: a file of event bodies may begin with a broken one."""
    lines = (line for line in text.splitlines()[:SAMPLE_LINES] if line.startswith(b"{"))
    return any(isinstance(found := _decoded(line), dict) and len(found) > 1 for line in lines)


def _decoded(line: bytes) -> Any:
    try:
        return whole_json(line.decode())
    except (ValueError, RecursionError):
        return None
