"""The names of the columns that a SELECT gives, read from its text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Iterator


def output_columns(tree: exp.Query) -> Iterator[str]:
    """Yield the columns of a SELECT, in order.

    A ``*`` is followed into common table expressions and subqueries.

    Raises:
        ValueError: A ``*`` stands for the columns of a table, which the text does not tell.
    """
    ctes = {cte.alias: cte.this for cte in tree.find_all(exp.CTE)}
    yield from _columns(tree, ctes)


def _columns(query: exp.Query, ctes: dict[str, exp.Query]) -> Iterator[str]:
    # A union is named by its first SELECT, and parentheses change nothing.
    while not isinstance(query, exp.Select):
        query = query.this
    for item in query.selects:
        star, table = (item.this, item.table) if isinstance(item, exp.Column) else (item, "")
        if not isinstance(star, exp.Star):
            yield item.alias_or_name
            continue
        excluded = {
            column.name
            for name, columns in star.args.items()
            if name.startswith("except")
            for column in columns or ()
        }
        for source in _sources(query):
            if table in {"", source.alias_or_name}:
                yield from (name for name in _columns_of(source, ctes) if name not in excluded)


def _sources(select: exp.Select) -> list[exp.Expr]:
    """Return what stands in FROM and in its joins."""
    parts = [part for part in select.args.values() if isinstance(part, exp.From)]
    return [part.this for part in (*parts, *select.args.get("joins", ()))]


def _columns_of(source: exp.Expr, ctes: dict[str, exp.Query]) -> Iterator[str]:
    if isinstance(source, exp.Subquery):
        yield from _columns(source.this, ctes)
    elif source.name in ctes:
        yield from _columns(ctes[source.name], ctes)
    else:
        raise ValueError(f"`*` stands for the columns of {source.name}: name them, in the last SELECT")
