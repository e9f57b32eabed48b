"""A SELECT as DuckDB's own parser reads it: the tables it names and where, those it defines, the columns it gives.

Every start needs them of every model, and sqlglot would take ten times as long; it is left to what reads comments.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import duckdb

from transforms.definitions.output_columns import output_columns

if TYPE_CHECKING:
    from collections.abc import Mapping

# Of the nodes of a parsed SELECT, only what tells something apart from nothing.
_SHORT = "skip_null := true, skip_empty := true, skip_default := true"
_IDENTIFIER = rb'"(?:[^"]|"")*"|[A-Za-z_\x80-\xff][A-Za-z_\x80-\xff0-9$]*'
# A table's name behind its catalog and schema, if they are said.
_QUALIFIED = re.compile(rb"(?:(?:%b)\s*\.\s*)*(%b)" % (_IDENTIFIER, _IDENTIFIER))


class NamedTable(NamedTuple):
    """One place where a SELECT names a table.

    Attributes:
        name: Of the table, without its schema.
        start: Of the name with its schema, in bytes of UTF-8; None when the parser does not tell.
        has_alias: Whether it is called otherwise in the SELECT.
    """

    name: str
    start: int | None
    has_alias: bool


@dataclass(frozen=True, slots=True)
class ParsedSelect:
    """What DuckDB's parser tells of a SELECT. A table function is no table.

    Attributes:
        sql: The SELECT.
        query: The parser's node for it.
        places: Where it names tables, those that it defines included.
        ctes: The common table expressions that it defines anywhere.
    """

    sql: str
    query: dict[str, Any] = field(repr=False)
    places: frozenset[NamedTable]
    ctes: frozenset[str]

    @classmethod
    def of(cls, sql: str) -> ParsedSelect:
        """Parse a SELECT.

        Raises:
            ValueError: It is not one SELECT that DuckDB can read.
        """
        nodes: list[dict[str, Any]] = []

        def keep(node: dict[str, Any]) -> dict[str, Any]:
            nodes.append(node)
            return node

        parsed = json.loads(_serialized(sql), object_hook=keep)
        if parsed.get("error"):
            raise ValueError(" ".join(str(parsed.get("error_message")).split()))
        statements = parsed["statements"]
        if len(statements) != 1:
            raise ValueError(f"it is {len(statements)} statements")
        return cls(
            sql,
            statements[0]["node"],
            # A set, because the parser repeats what stands in `case x when ...` for each `when`.
            frozenset(
                NamedTable(node["table_name"], node.get("query_location"), "alias" in node)
                for node in nodes
                if node.get("type") == "BASE_TABLE"
            ),
            frozenset(cte["key"] for node in nodes for cte in node.get("cte_map", {}).get("map", ())),
        )

    @property
    def tables(self) -> frozenset[str]:
        """The tables that it names, those that it defines included."""
        return frozenset(place.name for place in self.places)

    def columns(self) -> tuple[str, ...]:
        """Return the columns that it gives, in order.

        Raises:
            ValueError: The last SELECT does not name one.
        """
        return output_columns(self.query)

    def restricted(self, filters: Mapping[str, str]) -> str:
        """Return the SELECT with some of its inputs filtered.

        The text is changed only where a filtered table is named, so what DuckDB runs is what stands in the file.

        Args:
            filters: For each table to filter, the relation to read in its place, such as a subquery in parentheses.

        Raises:
            ValueError: A table is not named where the parser says.
        """
        text, end, parts = self.sql.encode(), 0, []
        for place, start in sorted(
            ((place, place.start) for place in self.places if place.name in filters),
            key=lambda found: found[1] or 0,
        ):
            name = None if start is None else _QUALIFIED.match(text, start)
            if name is None or _plain(name[1]) != place.name:
                raise ValueError(f"the place of {place.name} is not found in its text")
            alias = b"" if place.has_alias else b" as " + name[1]
            parts += [text[end : name.start()], filters[place.name].encode(), alias]
            end = name.end()
        return b"".join([*parts, text[end:]]).decode()


def _plain(identifier: bytes) -> str:
    """Return an identifier without its quotes."""
    text = identifier.decode()
    return text[1:-1].replace('""', '"') if text.startswith('"') else text


def _serialized(sql: str) -> str:
    # As a literal: to bind a parameter, DuckDB imports pandas.
    text = "'" + sql.replace("'", "''") + "'"
    [(parsed,)] = _parser().cursor().execute(f"select json_serialize_sql({text}, {_SHORT})").fetchall()
    return str(parsed)


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(":memory:", config={"threads": 1})
