"""The names of the columns that a SELECT gives, read from its text as DuckDB's parser serializes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Node = dict[str, Any]


class _Cte(NamedTuple):
    """A common table expression, and those that it can name itself."""

    definition: Node
    ctes: Mapping[str, _Cte]


def output_columns(query: Node, ctes: Mapping[str, _Cte] | None = None) -> Iterator[str]:
    """Yield the columns of a SELECT, in order.

    A ``*`` is followed into common table expressions and subqueries.

    Args:
        query: The SELECT's node.
        ctes: The common table expressions defined round it.

    Raises:
        ValueError: A ``*`` stands for the columns of a table, which the text does not tell, or a column has no name.
    """
    known = dict(ctes or {})
    for cte in query.get("cte_map", {}).get("map", ()):
        known[cte["key"]] = _Cte(cte["value"], dict(known))
    if query["type"] == "SELECT_NODE":
        for item in query["select_list"]:
            yield from _columns(item, query["from_table"], known)
        return
    # A union or a recursive expression is named by its first SELECT; DuckDB 1.5 has two in each.
    sides = query["children"] if "children" in query else [query["left"], query["right"]]
    names = list(output_columns(sides[0], known))
    if query.get("setop_type") == "UNION_BY_NAME":
        for side in sides[1:]:
            names += [name for name in output_columns(side, known) if name not in names]
    yield from names


def _columns(item: Node, source: Node, ctes: Mapping[str, _Cte]) -> Iterator[str]:
    if "alias" in item:
        yield item["alias"]
    elif item["type"] == "COLUMN_REF":
        yield item["column_names"][-1]
    elif item["type"] == "STAR" and not item.keys() & {"columns", "expr", "rename_list"}:
        yield from _starred(item, source, ctes)
    else:
        said = str(item.get("function_name") or item["class"]).lower()
        raise ValueError(f"a column that is made by {said} has no name: give it one with `as`")


def _starred(star: Node, source: Node, ctes: Mapping[str, _Cte]) -> Iterator[str]:
    excluded = {(None, name) for name in star.get("exclude_list", ())}
    excluded |= {(each.get("table"), each["column"]) for each in star.get("qualified_exclude_list", ())}
    table = star.get("relation_name")
    for name, column in _all_of(source, ctes) if table is None else _those_of(table, source, ctes):
        if not {(None, column), (name, column)} & excluded:
            yield column


def _all_of(source: Node, ctes: Mapping[str, _Cte]) -> list[tuple[str, str]]:
    """Return what ``*`` stands for: each column, with what its table is called."""
    if source["type"] != "JOIN":
        return [(_called(source), column) for column in _columns_of(source, ctes)]
    left = _all_of(source["left"], ctes)
    if source["join_type"] in {"SEMI", "ANTI"}:
        return left
    is_natural = source["ref_type"] == "NATURAL"
    shared = {column for _, column in left} if is_natural else source.get("using_columns", ())
    return left + [pair for pair in _all_of(source["right"], ctes) if pair[1] not in shared]


def _those_of(table: str, source: Node, ctes: Mapping[str, _Cte]) -> list[tuple[str, str]]:
    """Return what ``table.*`` stands for."""
    for each in _tables(source):
        if _called(each) == table:
            return [(table, column) for column in _columns_of(each, ctes)]
    raise _unknown(table)


def _tables(source: Node) -> Iterator[Node]:
    if source["type"] == "JOIN":
        yield from _tables(source["left"])
        yield from _tables(source["right"])
    else:
        yield source


def _called(source: Node) -> str:
    named = source.get("alias") or source.get("table_name") or source.get("function", {}).get("function_name")
    return str(named or source["type"].lower())


def _columns_of(source: Node, ctes: Mapping[str, _Cte]) -> list[str]:
    """Return the columns of what stands in FROM or in a join."""
    if source["type"] == "SUBQUERY":
        columns = list(output_columns(source["subquery"]["node"], ctes))
    elif source["type"] == "EXPRESSION_LIST":
        columns = [f"col{n}" for n in range(len(source["values"][0]))]
    elif source["type"] == "BASE_TABLE" and source["table_name"] in ctes and "schema_name" not in source:
        definition, around = ctes[source["table_name"]]
        # DuckDB 1.5 has it in a statement of its own.
        query = definition["query_node"] if "query_node" in definition else definition["query"]["node"]
        columns = _renamed(list(output_columns(query, around)), definition.get("aliases", ()))
    else:
        raise _unknown(source.get("table_name") or _called(source))
    return _renamed(columns, source.get("column_name_alias", ()))


def _renamed(columns: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return columns of which the first are called otherwise, as in ``as t(a, b)``."""
    return [*names, *columns[len(names) :]]


def _unknown(table: str) -> ValueError:
    return ValueError(f"`*` stands for the columns of {table}: name them, in the last SELECT")
