"""A history file, opened: whole events, or an export of ClickBank with its kind."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from cbw.errors import ConfigurationError
from ingest.exports.form import SAMPLE_BYTES, SAMPLE_LINES, Form, form_of, has_object, opened
from ingest.exports.kind import NAMES, NEEDED, Kind, kind_of, missing
from ingest.exports.pages import rows_of
from ingest.exports.row import RawRow, Row, RowReader

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from ingest.exports.dialect import Dialect

EVENTS = "events"
AUTO = "auto"
FORMATS = (AUTO, EVENTS, *Kind)
_NAMED_COLUMNS = 12


@dataclass(frozen=True, slots=True)
class Export:
    """An export of ClickBank.

    Attributes:
        path: The file.
        name: Its name for the operator.
        form: How it holds its rows.
        kind: The kind of its rows.
        dialect: The aliases and word lists.
        account: The nickname whose telling it is, if the operator says so.
    """

    path: Path
    name: str
    form: Form
    kind: Kind
    dialect: Dialect
    account: str | None = None
    is_asked: bool = False

    @property
    def title(self) -> str:
        """Its kind and form in words."""
        return f"{NAMES[self.kind]} ({self.form})"

    def rows(self, unread: Counter[str] | None = None) -> Iterator[tuple[RawRow, Row]]:
        """Yield its rows, as they are and read.

        Args:
            unread: Counts the keys that no field reads.

        Raises:
            ConfigurationError: It is damaged, it holds rows of two kinds, or a value has two readings.
        """
        reader = RowReader(self.dialect, self.kind, self.name, self.account)
        kinds: dict[tuple[str, ...], Kind | None] = {}
        with opened(self.path, self.name) as file:
            for raw in rows_of(self.form, file, self.name, self.dialect):
                keys = tuple(raw.values)
                if keys not in kinds:
                    kinds[keys] = kind_of(raw.values, self.dialect)
                    self._refuse_other(kinds[keys], raw)
                row = reader.read(raw)
                if unread is not None:
                    unread.update(key for key in row.values if not self.dialect.is_read(key))
                yield raw, row

    def _refuse_other(self, kind: Kind | None, raw: RawRow) -> None:
        if kind is None and self.form is not Form.CSV and not _is_event(raw.values):
            return  # JSON and XML leave empty values out, so a row without a receipt is a row
        if kind is not self.kind and not self.is_asked:
            raise ConfigurationError(
                f"{self.name}, row {raw.number}: holds {NAMES[kind] if kind else 'an event'}"
                f" where the file began with {NAMES[self.kind]}",
                hint="import each kind from a file of its own, or say --format events",
            )


def open_export(
    path: Path, name: str, dialect: Dialect, *, asked: str = AUTO, account: str | None = None
) -> Export | None:
    """Decide a file's form and kind by its first bytes and keys.

    Args:
        path: The file.
        name: Its name for the operator.
        dialect: The aliases and word lists.
        asked: One of `FORMATS`.
        account: The nickname whose telling it is.

    Returns:
        The export; None when the file holds whole events.

    Raises:
        ConfigurationError: It is neither, or both.
    """
    if asked == EVENTS:
        return None
    form = form_of(path, name)
    if form is Form.PARQUET or (form is Form.TEXT and asked == AUTO):
        if form is Form.TEXT:
            _refuse_unless_events(path, name)
        return None
    with opened(path, name) as file:
        try:
            sample = list(islice(rows_of(form, file, name, dialect), SAMPLE_LINES))
        except ConfigurationError:
            if form is Form.LINES and asked == AUTO and not _begins_with_rows(path, name, dialect):
                return None
            raise
    if not sample:
        raise ConfigurationError(
            f"{name} holds no row", hint="an export of a range without transactions is empty"
        )
    first = kind_of(sample[0].values if form is Form.LINES else _keys(sample), dialect)
    if asked != AUTO:
        _refuse_without(_keys(sample), name, dialect, asked)
        return Export(path, name, form, Kind(asked), dialect, account, is_asked=True)
    if form is Form.LINES and first is None:
        _refuse_two(sample, name, dialect)
        return None
    if first is None:
        _refuse_without(_keys(sample), name, dialect, Kind.ORDERS)
        raise ConfigurationError(
            f"{name} holds an event that is no line of its own",
            hint="write an event a line, or say --format events",
        )
    return Export(path, name, form, first, dialect, account)


def _begins_with_rows(path: Path, name: str, dialect: Dialect) -> bool:
    with opened(path, name) as file:
        try:
            first = next(rows_of(Form.LINES, file, name, dialect), None)
        except ConfigurationError:
            return False
    return first is not None and kind_of(first.values, dialect) is not None


def _refuse_unless_events(path: Path, name: str) -> None:
    """Refuse text of which no line is an object, such as an error of the API that was saved in place of a page."""
    with opened(path, name) as file:
        sample = file.read(SAMPLE_BYTES)
    if sample.strip() and not has_object(sample):
        start = sample.strip()[:60].decode("utf-8", "replace").splitlines()[0]
        raise ConfigurationError(
            f"{name} is text of another kind; it begins with {start!r}",
            hint="is it an error page that was saved in place of the export? To store its lines as events all the"
            " same, say --format events",
        )


def _refuse_two(sample: Iterable[RawRow], name: str, dialect: Dialect) -> None:
    """Refuse events next to rows; an event without an envelope may look like an order, and a page does not."""
    kinds = ((row.page, kind_of(row.values, dialect)) for row in sample)
    other = next((kind for page, kind in kinds if kind and (page or kind is not Kind.ORDERS)), None)
    if other is not None:
        raise ConfigurationError(
            f"{name} holds events and {NAMES[other]}",
            hint="import each from a file of its own, or say --format events",
        )


def _refuse_without(keys: Iterable[str], name: str, dialect: Dialect, kind: str) -> None:
    """Refuse columns among which no receipt, type or time is, and name those that nobody reads."""
    columns = list(keys)
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


def _keys(sample: Iterable[RawRow]) -> dict[str, None]:
    return {key: None for row in sample for key in row.values}


def _is_event(values: Mapping[str, Any]) -> bool:
    return any(key.lower() in {"type", "event_type", "eventtype", "data", "event"} for key in values)
