"""The rows of an export, read from CSV, JSON, lines of JSON or XML."""

from __future__ import annotations

import csv
import io
from typing import IO, TYPE_CHECKING, Any, Final
from xml.etree.ElementTree import ParseError

from cbw.errors import ConfigurationError
from ingest.exports.dialect import folded_key
from ingest.exports.form import Form, delimiter_of, whole_json
from ingest.exports.row import RawRow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

    from ingest.exports.dialect import Dialect

# A single document of JSON is decoded as a whole; a longer one is written as a row a line.
MAX_DOCUMENT_BYTES = 256 * 1024 * 1024
# The keys of a document that hold its rows; a line of events may have some of them.
_LISTS_OF_LINES: Final = ("orderdata", "row", "rows")
_LISTS: Final = (*_LISTS_OF_LINES, "data", "results", "items", "content", "transactions", "records")
_DEPTH = 4
_FETCH_AGAIN = "fetch it again; nothing of it is imported"


def rows_of(form: Form, file: IO[bytes], name: str, dialect: Dialect) -> Iterator[RawRow]:
    """Yield the rows of an open file in its order.

    Raises:
        ConfigurationError: The file is cut, damaged or not of this form.
    """
    try:
        match form:
            case Form.CSV:
                with io.TextIOWrapper(file, "utf-8-sig", newline="") as text:
                    yield from _csv_rows(text, name)
            case Form.LINES:
                with io.TextIOWrapper(file, "utf-8-sig") as text:
                    yield from _line_rows(text, name)
            case Form.XML:
                yield from _xml_rows(file, name, dialect)
            case _:
                yield from _document_rows(file, name)
    except UnicodeDecodeError as exc:
        raise ConfigurationError(f"{name} is not UTF-8 text", hint="save it as UTF-8") from exc


def found_rows(document: Any, lists: tuple[str, ...] = _LISTS, depth: int = 0) -> list[dict[str, Any]] | None:
    """Return the rows of a document: itself, its elements, or those of the list that it wraps.

    Args:
        document: Decoded JSON.
        lists: The keys, folded, that may wrap a list.
        depth: The number of objects around it.

    Returns:
        None when it holds no list of rows.
    """
    if document is None:
        return []
    if isinstance(document, list):
        return document if all(isinstance(each, dict) for each in document) else None
    if not isinstance(document, dict) or depth > _DEPTH:
        return None
    for key, value in document.items():
        if folded_key(key) in lists:
            if value is None or (isinstance(value, dict) and "@nil" in value):
                return []
            if isinstance(value, dict | list):
                return found_rows(value, _LISTS, depth + 1)
    return [document]


def _csv_rows(text: IO[str], name: str) -> Iterator[RawRow]:
    first = text.readline()
    while first and not first.strip():
        first = text.readline()
    delimiter = delimiter_of(first)
    header = [column.strip() for column in next(csv.reader([first], delimiter=delimiter))]
    names = [
        folded_key(column) for column in header if column
    ]  # a spreadsheet may leave empty columns at the end
    if len(set(names)) < len(names):
        raise ConfigurationError(f"{name}: two columns of its header have one name")
    page, number = 0, 0
    try:
        for number, values in enumerate(csv.reader(text, delimiter=delimiter, strict=True), 1):
            if [value.strip() for value in values] == header:
                page += 1  # two exports in one file
            elif len(values) == len(header):
                yield RawRow(page, number, dict(zip(header, values, strict=True)))
            elif any(value.strip() for value in values):
                raise ConfigurationError(
                    f"{name}, row {number}: has {len(values)} values for {len(header)} columns;"
                    f" it is of another format, or half a row",
                    hint=_FETCH_AGAIN,
                )
    except csv.Error as exc:
        raise ConfigurationError(
            f"{name}, row {number + 1}: is no row of CSV, or half a row: {exc}", hint=_FETCH_AGAIN
        ) from exc


def _line_rows(text: IO[str], name: str) -> Iterator[RawRow]:
    for number, line in enumerate(text, 1):
        if not line.strip():
            continue
        document = _decoded(line, f"{name}, line {number}")
        found = found_rows(document, _LISTS_OF_LINES)
        if found is None:
            raise ConfigurationError(f"{name}, line {number}: holds no rows")
        # A line that is one row is of the page of its file, and one that is a page is a page.
        page = 0 if len(found) == 1 and found[0] is document else number
        yield from (RawRow(page, number, row) for row in found)


def _document_rows(file: IO[bytes], name: str) -> Iterator[RawRow]:
    content = file.read(MAX_DOCUMENT_BYTES + 1)
    if len(content) > MAX_DOCUMENT_BYTES:
        raise ConfigurationError(
            f"{name} is one document of more than {MAX_DOCUMENT_BYTES:,} bytes",
            hint="write a row a line, for example with jq -c '.orderData[]'",
        )
    found = found_rows(_decoded(content.decode("utf-8-sig"), name))
    if found is None:
        raise ConfigurationError(f"{name} holds no list of rows")
    yield from (RawRow(0, number, row) for number, row in enumerate(found, 1))


def _decoded(text: str, where: str) -> Any:
    try:
        return whole_json(text)
    except (ValueError, RecursionError) as exc:
        raise ConfigurationError(
            f"{where}: is no JSON to its end, so it is cut, damaged or of another format", hint=_FETCH_AGAIN
        ) from exc


def _xml_rows(file: IO[bytes], name: str, dialect: Dialect) -> Iterator[RawRow]:
    """Yield each element that has a receipt among its children; neither its name nor the root's is relied on."""
    from defusedxml import DefusedXmlException  # noqa: PLC0415 - only XML waits for its import
    from defusedxml.ElementTree import iterparse  # noqa: PLC0415

    number = 0
    open_elements: list[Element] = []
    try:
        for event, element in iterparse(file, ("start", "end"), forbid_dtd=True):
            if event == "start":
                open_elements.append(element)
                continue
            open_elements.pop()
            if dialect.has((folded_key(_tag(child)) for child in element), "receipt"):
                number += 1
                yield RawRow(0, number, _values(element))
                if open_elements:
                    open_elements[-1].remove(element)
    except DefusedXmlException as exc:
        raise ConfigurationError(f"{name}: XML with a document type or entities is refused") from exc
    except ParseError as exc:
        raise ConfigurationError(f"{name} is no XML to its end: {exc}", hint=_FETCH_AGAIN) from exc


def _values(element: Element) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for child in element:
        key, value = _tag(child), _nil(child) or (_values(child) if len(child) else child.text)
        if key not in values:
            values[key] = value
        elif isinstance(values[key], list):
            values[key].append(value)
        else:
            values[key] = [values[key], value]
    return values


def _nil(element: Element) -> dict[str, str] | None:
    is_nil = any(_local(key) == "nil" and value == "true" for key, value in element.attrib.items())
    return {"@nil": "true"} if is_nil else None


def _tag(element: Element) -> str:
    return _local(element.tag)


def _local(name: str) -> str:
    return name.rpartition("}")[2]
