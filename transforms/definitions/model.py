"""Models: one SQL file is one relation; its inputs and columns are read from the SQL itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from cbw.errors import WarehouseError
from transforms.definitions.comments import comments_of_selected
from transforms.definitions.parsed_select import ParsedSelect
from transforms.definitions.sql_file import SQL_DIR, read_header, read_rule

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from transforms.definitions.refresh_rule import RefreshRule

PUBLISHED_LAYERS = ("facts", "reports")
# The internal column of a row's place, which is the load sequence of a body (see `transforms.build.places`).
PLACE = "body_id"
_MATERIALIZED = ("yes", "no")


@dataclass(frozen=True)
class Query:
    """One SELECT in one file.

    Attributes:
        name: The file's stem.
        sql: The file's text.
        refresh: The rule for refreshing its rows.
    """

    name: str
    sql: str = field(repr=False)
    refresh: RefreshRule = field(repr=False)

    @property
    def ctes(self) -> frozenset[str]:
        """The names of its common table expressions."""
        return self._parsed.ctes

    @cached_property
    def inputs(self) -> frozenset[str]:
        """The relations that the query reads: every table that is neither a CTE of its own nor a table function.

        Raises:
            WarehouseError: DuckDB cannot parse the query.
        """
        return self._parsed.tables - self._parsed.ctes

    def restricted(self, filters: Mapping[str, str]) -> str:
        """Return the file's SELECT with some of its inputs filtered.

        Args:
            filters: For each input to filter, the relation to read instead, such as a subquery in parentheses.

        Raises:
            WarehouseError: DuckDB does not report the position of an input's name.
        """
        try:
            return self._parsed.restricted(filters)
        except ValueError as exc:
            raise WarehouseError(f"{self.name}: {exc}") from exc

    @cached_property
    def _parsed(self) -> ParsedSelect:
        try:
            return ParsedSelect.of(self.sql)
        except ValueError as exc:
            raise WarehouseError(f"{self.name}: DuckDB cannot read it: {exc}") from exc


@dataclass(frozen=True)
class Model(Query):
    """One relation, defined by one SELECT in one file, whose stem is the table's name.

    Attributes:
        layer: ``staging``, ``intermediate``, ``facts`` or ``reports``; the last two are published.
        grain: The header's first sentence: the meaning of one row.
        key: The columns that identify a row.
        stored_by: The columns by which a full build sorts the rows, so that a query for some of their values skips by
            zone map the row groups without them.
        placed_by: The columns by whose values `transforms.build.places` locates its rows.
        lists_places_by: The columns for whose values it lists the places of rows in all tables placed by them.
        is_materialized: Whether it is a table; otherwise its SELECT is part of the models that read it, and their
            headers say how these are refreshed.
        directory: The parent of the layers' directories, and of the directory of conditions that headers name.
    """

    layer: str
    grain: str
    key: tuple[str, ...]
    stored_by: tuple[str, ...] = ()
    placed_by: tuple[str, ...] = ()
    lists_places_by: tuple[str, ...] = ()
    is_materialized: bool = True
    directory: Path = SQL_DIR

    @classmethod
    def from_file(cls, path: Path) -> Model:
        """Read a model.

        Raises:
            WarehouseError: The header names no grain or no key, or a line of it is wrong.
        """
        text = path.read_text(encoding="utf-8")
        grain, options = read_header(path, text)
        if "key" not in options:
            raise WarehouseError(f"{path}: the header has no line '-- key: ...'")
        materialized = options.get("materialized", "yes")
        if materialized not in _MATERIALIZED:
            raise WarehouseError(f"{path}: 'materialized' is {materialized}; say yes or no")
        if materialized == "no" and path.parent.name in PUBLISHED_LAYERS:
            raise WarehouseError(f"{path}: a published model must be a table; remove '-- materialized: no'")
        rule = read_rule(path, text)
        if materialized == "no" and (rule.columns or options.keys() - {"key", "materialized"}):
            raise WarehouseError(
                f"{path}: '-- materialized: no' allows no line about stored rows; move it to the models that read it"
            )
        return cls(
            path.stem,
            text,
            rule,
            layer=path.parent.name,
            grain=grain,
            key=_names(options["key"]),
            stored_by=_names(options.get("stored by", "-")),
            placed_by=_names(options.get("placed by", "-")),
            lists_places_by=_names(options.get("lists places by", "-")),
            is_materialized=materialized == "yes",
            directory=path.parent.parent,
        )

    @property
    def is_published(self) -> bool:
        """Whether readers see the table."""
        return self.layer in PUBLISHED_LAYERS

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The names of its columns, in order.

        Raises:
            WarehouseError: The last SELECT does not name each column. A ``*`` would include the private hash of a key.
        """
        try:
            return self._parsed.columns()
        except ValueError as exc:
            raise WarehouseError(f"model {self.name}: {exc}") from exc

    @property
    def shown_columns(self) -> tuple[str, ...]:
        """The columns that readers see, if the model is published."""
        return tuple(column for column in self.columns if column != PLACE)

    @cached_property
    def column_comments(self) -> dict[str, str]:
        """The meaning of each column: its comment in the final column list."""
        return comments_of_selected(self.sql)


def _names(text: str) -> tuple[str, ...]:
    """Return the columns of a header's line; ``-`` means none."""
    return tuple(part.strip() for part in text.split(",") if part.strip() != "-")
