"""The names of a query's columns, all of which its last SELECT must name.

The caller passes the query as DuckDB's parser serializes it, without access to tables; so a ``*`` there is refused.
"""

from __future__ import annotations

from typing import Any

Node = dict[str, Any]


def output_columns(query: Node) -> tuple[str, ...]:
    """Return the columns of a SELECT, in order. The first SELECT of a union names the union's columns.

    Args:
        query: The SELECT's node.

    Raises:
        ValueError: A column has no name.
    """
    if query.get("setop_type") == "UNION_BY_NAME":
        raise ValueError("`union by name` names no columns: write `union all`")
    if query["type"] == "SELECT_NODE":
        return tuple(_name(item) for item in query["select_list"])
    # DuckDB 1.5 serializes a union as two sides, DuckDB 2.0 as a list.
    return output_columns(query["children"][0] if "children" in query else query["left"])


def _name(item: Node) -> str:
    if "alias" in item:
        return str(item["alias"])
    if item["type"] == "COLUMN_REF":
        return str(item["column_names"][-1])
    if item["type"] == "STAR":
        raise ValueError("`*` names no columns: name each of them in the last SELECT")
    expression = str(item.get("function_name") or item["class"]).lower()
    raise ValueError(f"a column computed by {expression} has no name: give it one with `as`")
