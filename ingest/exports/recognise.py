"""Which form and kind a history file has, or why it is refused."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from cbw.errors import ConfigurationError
from ingest.exports.export import Export
from ingest.exports.form import SAMPLE_BYTES, SAMPLE_LINES, Form, delimiter_of, form_of, has_object, opened
from ingest.exports.kind import NAMES, NEEDED, Kind, kind_of, missing
from ingest.exports.pages import rows_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ingest.exports.dialect import Dialect

EVENTS = "events"
AUTO = "auto"
_NAMED_COLUMNS = 12


def open_export(
    path: Path, name: str, dialect: Dialect, *, asked: str = AUTO, account: str | None = None
) -> Export | None:
    """Decide a file's form and kind by its first bytes and keys.

    Args:
        path: The file.
        name: Its name for the operator.
        dialect: The aliases and word lists.
        asked: ``auto``, ``events`` or a kind.
        account: The nickname whose telling it is.

    Returns:
        The export; None when the file holds whole events.

    Raises:
        ConfigurationError: It is neither, or both.
    """
    if asked == EVENTS:
        return None
    form = form_of(path, name)
    if form is Form.TEXT and _has_header(path, name, dialect):
        form = Form.CSV
    if asked != AUTO:
        if (keys := _keys(path, name, form, dialect)) is not None:
            _refuse_without(keys, name, dialect, asked)
        return Export(path, name, form, Kind(asked), dialect, account, is_asked=True)
    if form is Form.TEXT:
        _refuse_unless_events(path, name)
    if form in {Form.TEXT, Form.PARQUET} or (
        form is Form.LINES and not _begins_with_rows(path, name, dialect)
    ):
        return None
    keys = _keys(path, name, form, dialect)
    # a page without orders is no error: its range had none
    kind = Kind.ORDERS if keys is None else kind_of(keys, dialect)
    if kind is None:
        _refuse_without(keys or [], name, dialect, Kind.ORDERS)
        raise ConfigurationError(
            f"{name} holds an event that is no line of its own",
            hint="write an event a line, or say --format events",
        )
    return Export(path, name, form, kind, dialect, account)


def _has_header(path: Path, name: str, dialect: Dialect) -> bool:
    return kind_of(_header(path, name), dialect) is not None


def _header(path: Path, name: str) -> list[str]:
    with opened(path, name) as file:
        first = file.readline(SAMPLE_BYTES).decode("utf-8-sig", "replace").strip()
    return [column.strip(' "') for column in first.split(delimiter_of(first))]


def _keys(path: Path, name: str, form: Form, dialect: Dialect) -> list[str] | None:
    """Return the keys of the first rows, of lines those of the first; None without rows."""
    with opened(path, name) as file:
        sample = list(islice(rows_of(form, file, name, dialect), 1 if form is Form.LINES else SAMPLE_LINES))
    if not sample and form is Form.XML:
        raise ConfigurationError(f"{name} is XML in which no element has a receipt")
    if not sample and form is Form.CSV:
        return _header(path, name)
    return list({key: None for row in sample for key in row.values}) if sample else None


def _begins_with_rows(path: Path, name: str, dialect: Dialect) -> bool:
    """Return whether the first line of JSON holds rows; else every line is an event, also one that is no JSON.

    Raises:
        ConfigurationError: Rows follow the events.
    """
    with opened(path, name) as file:
        rows = rows_of(Form.LINES, file, name, dialect)
        try:
            first = next(rows, None)
            if first is None or kind_of(first.values, dialect) is not None:
                return True
            others = [(row.page, kind_of(row.values, dialect)) for row in islice(rows, SAMPLE_LINES)]
        except ConfigurationError:
            return False
    # An event without an envelope may look like an order; a page of orders looks like no event.
    other = next((kind for page, kind in others if kind and (page or kind is not Kind.ORDERS)), None)
    if other is not None:
        raise ConfigurationError(
            f"{name} holds events and {NAMES[other]}",
            hint="import each from a file of its own, or say --format events",
        )
    return False


def _refuse_unless_events(path: Path, name: str) -> None:
    """Refuse text of which no line is an object, such as an error of the API that was saved in place of a page."""
    with opened(path, name) as file:
        sample = file.read(SAMPLE_BYTES)
    if sample.strip() and not has_object(sample):
        start = sample.strip()[:60].decode("utf-8", "replace").splitlines()[0]
        raise ConfigurationError(
            f"{name} is text of another kind; it begins with {start!r}",
            hint="is it an error page, saved in place of the export? --format events stores its lines as events",
        )


def _refuse_without(columns: Sequence[str], name: str, dialect: Dialect, kind: str) -> None:
    """Refuse columns among which no receipt, type or time is, and name those that nobody reads."""
    absent = missing(columns, dialect)
    if kind == Kind.SUBSCRIPTIONS:
        absent = [text for text in absent if text == NEEDED["receipt"]]
    if not absent:
        return
    unknown = [column for column in columns if not dialect.is_read(column)][:_NAMED_COLUMNS]
    named = (f"{column} (like {near})" if (near := dialect.nearest(column)) else column for column in unknown)
    raise ConfigurationError(
        f"{name}: none of its columns is the {' or the '.join(absent)}; no field reads {', '.join(named) or 'any'}",
        hint="add an alias to aliases.csv in the data directory, such as transaction,receipt,YOUR COLUMN,",
    )
