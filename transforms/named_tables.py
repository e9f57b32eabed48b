"""The names that stand in a SELECT: the tables that it reads, and those it defines for itself.

DuckDB's own parser tells them. Every start needs them of every model, and sqlglot would take five times as long; it
is left to what has to know more of a SELECT.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any, NamedTuple

import duckdb

# Of the nodes of a parsed SELECT, only what tells something apart from nothing.
_SHORT = "skip_null := true, skip_empty := true, skip_default := true"


class Names(NamedTuple):
    """The tables named anywhere in a SELECT, and the common table expressions that it defines."""

    tables: frozenset[str]
    ctes: frozenset[str]


def names_in(sql: str) -> Names:
    """Return the names in a SELECT. A table function has no name.

    Raises:
        ValueError: It is no SELECT that DuckDB can read.
    """
    text = "'" + sql.replace("'", "''") + "'"
    [(parsed,)] = _parser().cursor().execute(f"select json_serialize_sql({text}, {_SHORT})").fetchall()
    nodes: list[dict[str, Any]] = []

    def keep(node: dict[str, Any]) -> dict[str, Any]:
        nodes.append(node)
        return node

    tree = json.loads(parsed, object_hook=keep)
    if tree.get("error"):
        raise ValueError(" ".join(str(tree.get("error_message")).split()))
    return Names(
        frozenset(node["table_name"] for node in nodes if node.get("type") == "BASE_TABLE"),
        frozenset(cte["key"] for node in nodes for cte in node.get("cte_map", {}).get("map", ())),
    )


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(":memory:", config={"threads": 1})
