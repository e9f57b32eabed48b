"""The names of the columns that a SELECT gives: its last SELECT names each of them.

The text is read as DuckDB's parser serializes it, with no table at hand; so a ``*`` there is refused.
"""

from __future__ import annotations

from typing import Any

Node = dict[str, Any]


def output_columns(query: Node) -> tuple[str, ...]:
    """Return the columns of a SELECT, in order. A union is named by its first SELECT.

    Args:
        query: The SELECT's node.

    Raises:
        ValueError: A column has no name.
    """
    if query.get("setop_type") == "UNION_BY_NAME":
        raise ValueError("`union by name` names no columns: write `union all`")
    if query["type"] == "SELECT_NODE":
        return tuple(_name(item) for item in query["select_list"])
    # DuckDB 1.5 has two sides in a union.
    return output_columns(query["children"][0] if "children" in query else query["left"])


def _name(item: Node) -> str:
    if "alias" in item:
        return str(item["alias"])
    if item["type"] == "COLUMN_REF":
        return str(item["column_names"][-1])
    if item["type"] == "STAR":
        raise ValueError("`*` names no columns: name each of them in the last SELECT")
    said = str(item.get("function_name") or item["class"]).lower()
    raise ValueError(f"a column that is made by {said} has no name: give it one with `as`")
