"""The model graph: one SQL file is one relation, and who depends on whom is read from the SQL itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from cbw.errors import WarehouseError
from transforms.definitions.parsed_select import ParsedSelect
from transforms.definitions.sql_file import SQL_DIR, read_header, read_rule

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from transforms.definitions.refresh_rule import RefreshRule

PUBLISHED_LAYERS = ("facts", "reports")
# The load sequence of a body, an internal name: the place of a row, by which DuckDB finds it (see
# `transforms.build.builder.places`).
PLACE = "body_id"
_MATERIALIZED = ("yes", "no")


@dataclass(frozen=True)
class Query:
    """One SELECT in one file.

    Attributes:
        name: The file's stem.
        sql: The file's text.
        refresh: Which of its rows depend on which rows of its inputs.
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
        """The relations it reads: every table named that is no CTE of its own. A table function has no name.

        Raises:
            WarehouseError: DuckDB cannot read it.
        """
        return self._parsed.tables - self._parsed.ctes

    def restricted(self, filters: Mapping[str, str]) -> str:
        """Return the SELECT with some of its inputs filtered; else it is what stands in the file.

        Args:
            filters: For each input to filter, the relation to read in its place, such as a subquery in parentheses.

        Raises:
            WarehouseError: DuckDB does not tell where an input is named.
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
        layer: ``staging``, ``facts`` or ``reports``; all but staging is published.
        grain: The header's first sentence: what one row is.
        key: The columns that name a row.
        stored_by: The columns by which a full build lays rows side by side, so that who looks for some values of them
            reads the blocks that hold those and passes over the others.
        placed_by: The columns whose values lead to the places of its rows (see `transforms.build.builder.places`).
        lists_places_by: The columns for whose values it lists the places of rows in every table that is placed by them.
        is_materialized: Whether it is a table; else its SELECT is a part of those that name it, and they are refreshed
            as their own headers say.
        directory: Where the directories of the layers are, and that of the conditions which the header names.
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
            WarehouseError: The header names no grain or no key, or a line of it is not understood.
        """
        text = path.read_text(encoding="utf-8")
        grain, options = read_header(path, text)
        if "key" not in options:
            raise WarehouseError(f"{path}: the header has no line '-- key: ...'")
        materialized = options.get("materialized", "yes")
        if materialized not in _MATERIALIZED:
            raise WarehouseError(f"{path}: 'materialized' is {materialized}; say yes or no")
        if materialized == "no" and path.parent.name in PUBLISHED_LAYERS:
            raise WarehouseError(f"{path}: what is published is a table; remove '-- materialized: no'")
        rule = read_rule(path, text)
        if materialized == "no" and (rule.columns or options.keys() - {"key", "materialized"}):
            raise WarehouseError(f"{path}: no table, so how rows are kept is said by the models that read it")
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
        """Whether readers see it."""
        return self.layer in PUBLISHED_LAYERS

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The names of its columns, in order.

        Raises:
            WarehouseError: The last SELECT does not name each of them. A ``*`` would take in the private hash of a key.
        """
        try:
            return self._parsed.columns()
        except ValueError as exc:
            raise WarehouseError(f"model {self.name}: {exc}") from exc

    @property
    def shown_columns(self) -> tuple[str, ...]:
        """Those of its columns that readers see, if it is published."""
        return tuple(column for column in self.columns if column != PLACE)

    @cached_property
    def column_comments(self) -> dict[str, str]:
        """What each column means: the comment behind it in the final column list."""
        import sqlglot  # noqa: PLC0415 - what publishes nothing whole, as most refreshes, reads no comments

        select = sqlglot.parse_one(self.sql, read="duckdb").find(sqlglot.exp.Select)
        assert select is not None
        return {
            column.alias_or_name: " ".join(" ".join(column.comments).split())
            for column in select.selects
            if column.comments
        }


def _names(text: str) -> tuple[str, ...]:
    """Return the columns of a header's line; ``-`` stands for none."""
    return tuple(part.strip() for part in text.split(",") if part.strip() != "-")
