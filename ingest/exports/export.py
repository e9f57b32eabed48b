"""An export of ClickBank, opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cbw.errors import ConfigurationError
from ingest.exports.form import Form, opened
from ingest.exports.kind import NAMES, Kind, kind_of
from ingest.exports.pages import rows_of
from ingest.exports.row import RawRow, Row, RowReader

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ingest.exports.dialect import Dialect


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
        is_asked: The operator named the kind.
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


def _is_event(values: Mapping[str, Any]) -> bool:
    return any(key.lower() in {"type", "event_type", "eventtype", "data", "event"} for key in values)
