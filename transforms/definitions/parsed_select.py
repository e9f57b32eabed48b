"""A SELECT parsed by DuckDB: its references to tables, its common table expressions and its columns.

Every start parses every model; a parser written in Python would take ten times as long.
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

# Leaves out of the serialized nodes every attribute without a value.
_SHORT = "skip_null := true, skip_empty := true, skip_default := true"
_IDENTIFIER = rb'"(?:[^"]|"")*"|[A-Za-z_\x80-\xff][A-Za-z_\x80-\xff0-9$]*'
# A table's name, after its catalog and schema if the SELECT names them.
_QUALIFIED = re.compile(rb"(?:(?:%b)\s*\.\s*)*(%b)" % (_IDENTIFIER, _IDENTIFIER))


class TableReference(NamedTuple):
    """One reference to a table in a SELECT.

    Attributes:
        name: The table's name, without its schema.
        start: The position of the name with its schema, in bytes of UTF-8; None when the parser does not report it.
        has_alias: Whether the SELECT gives the table an alias.
    """

    name: str
    start: int | None
    has_alias: bool


@dataclass(frozen=True, slots=True)
class ParsedSelect:
    """A parsed SELECT. A table function is no table.

    Attributes:
        sql: The SELECT.
        query: The parser's node for it.
        references: Its references to tables, common table expressions included.
        ctes: The common table expressions that it defines at any level.
    """

    sql: str
    query: dict[str, Any] = field(repr=False)
    references: frozenset[TableReference]
    ctes: frozenset[str]

    @classmethod
    def of(cls, sql: str) -> ParsedSelect:
        """Parse a SELECT.

        Raises:
            ValueError: The text is not one SELECT that DuckDB can parse.
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
            # A set, because the parser repeats the `x` of `case x when ...` for each `when`.
            frozenset(
                TableReference(node["table_name"], node.get("query_location"), "alias" in node)
                for node in nodes
                if node.get("type") == "BASE_TABLE"
            ),
            frozenset(cte["key"] for node in nodes for cte in node.get("cte_map", {}).get("map", ())),
        )

    @property
    def tables(self) -> frozenset[str]:
        """The names of its tables, common table expressions included."""
        return frozenset(reference.name for reference in self.references)

    def columns(self) -> tuple[str, ...]:
        """Return its columns, in order.

        Raises:
            ValueError: The last SELECT does not name one of them.
        """
        return output_columns(self.query)

    def restricted(self, filters: Mapping[str, str]) -> str:
        """Return the SELECT with some of its tables filtered.

        Only the references to filtered tables change, so that DuckDB otherwise runs the text of the file.

        Args:
            filters: For each table to filter, the relation to read instead, such as a subquery in parentheses.

        Raises:
            ValueError: The text does not name a table at the position that the parser reports.
        """
        text, end, parts = self.sql.encode(), 0, []
        for reference, start in sorted(
            ((reference, reference.start) for reference in self.references if reference.name in filters),
            key=lambda pair: pair[1] or 0,
        ):
            name = None if start is None else _QUALIFIED.match(text, start)
            if name is None or _plain(name[1]) != reference.name:
                raise ValueError(f"the reference to {reference.name} is not in its text")
            alias = b"" if reference.has_alias else b" as " + name[1]
            parts += [text[end : name.start()], filters[reference.name].encode(), alias]
            end = name.end()
        return b"".join([*parts, text[end:]]).decode()


def _plain(identifier: bytes) -> str:
    """Return an identifier without its quotes."""
    text = identifier.decode()
    return text[1:-1].replace('""', '"') if text.startswith('"') else text


def _serialized(sql: str) -> str:
    # A literal, because DuckDB imports pandas to bind a parameter.
    text = "'" + sql.replace("'", "''") + "'"
    [(parsed,)] = _parser().cursor().execute(f"select json_serialize_sql({text}, {_SHORT})").fetchall()
    return str(parsed)


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(":memory:", config={"threads": 1})
