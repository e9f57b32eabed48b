"""Changes of one node of a query: the mistakes that people make in SQL, and that no parser finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Node = exp.Expression
# A name for the reader, and a node to stand in the place of another; None removes it.
Change = tuple[str, Node | None]

_FLIPPED: dict[type[Node], type[Node]] = {
    exp.EQ: exp.NEQ,
    exp.NEQ: exp.EQ,
    exp.LT: exp.LTE,
    exp.LTE: exp.LT,
    exp.GT: exp.GTE,
    exp.GTE: exp.GT,
}
_SWAPPED: dict[type[Node], type[Node]] = {
    exp.Min: exp.Max,
    exp.Max: exp.Min,
    exp.ArgMin: exp.ArgMax,
    exp.ArgMax: exp.ArgMin,
    exp.Greatest: exp.Least,
    exp.Least: exp.Greatest,
}


def conditions(node: Node) -> Iterator[Change]:
    """Drop one condition of a WHERE, HAVING, QUALIFY or FILTER."""
    if isinstance(node, exp.And) and _is_in_condition(node):
        yield "drop condition", node.this.copy()
        yield "drop condition", node.expression.copy()
    if isinstance(node, exp.Where | exp.Having | exp.Qualify) and not isinstance(node.this, exp.And):
        if isinstance(node.parent, exp.Filter):
            yield "drop filter", None
        else:
            yield "drop condition", None


def _is_in_condition(node: Node) -> bool:
    return isinstance(_above_conjunctions(node), exp.Where | exp.Having | exp.Qualify)


def comparisons(node: Node) -> Iterator[Change]:
    """Flip a comparison at its limit, and equality into its opposite.

    Not the equality by which rows are joined: every table shows that, after a product of all rows with all.
    """
    other = _FLIPPED.get(type(node))
    if other is not None and not _joins_rows(node):
        yield "flip comparison", other(this=node.this.copy(), expression=node.expression.copy())


def _joins_rows(node: Node) -> bool:
    sides = (node.this, node.expression)
    return (
        isinstance(node, exp.EQ)
        and all(isinstance(side, exp.Column) for side in sides)
        and isinstance(_above_conjunctions(node), exp.Join)
    )


def _above_conjunctions(node: Node) -> Node | None:
    parent = node.parent
    while isinstance(parent, exp.And | exp.Paren):
        parent = parent.parent
    return parent


def extremes(node: Node) -> Iterator[Change]:
    """Swap min and max, and the greatest and the least; not where all values are known to be equal."""
    other = _SWAPPED.get(type(node))
    if other is not None and not _is_of_equal_values(node):
        yield "swap min and max", other(**{name: _copied(value) for name, value in node.args.items()})


def _is_of_equal_values(node: Node) -> bool:
    """Tell whether a CASE asks for it, as in `case when min(x) = max(x) then min(x) end`."""
    arm = node.find_ancestor(exp.If)
    if arm is None or any(part is node for part in arm.this.walk()):
        return False
    return any(_says_that_all_are_equal(equality) for equality in arm.this.find_all(exp.EQ))


def _says_that_all_are_equal(equality: Node) -> bool:
    extremes = {type(part) for part in equality.find_all(exp.Min, exp.Max)}
    counted = equality.find(exp.Count)
    is_one = counted is not None and counted.find(exp.Distinct) and equality.expression.name == "1"
    return extremes == {exp.Min, exp.Max} or bool(is_one)


def _copied(value: object) -> object:
    if isinstance(value, list):
        return [_copied(element) for element in value]
    return value.copy() if isinstance(value, exp.Expression) else value


def partitions(node: Node) -> Iterator[Change]:
    """Drop one column of a PARTITION BY."""
    if isinstance(node, exp.Window):
        for place in range(len(node.args.get("partition_by") or [])):
            fewer = node.copy()
            del fewer.args["partition_by"][place]
            yield "drop partition column", fewer


def orders(node: Node) -> Iterator[Change]:
    """Drop one key of a window's ORDER BY, or turn its direction.

    Not the last one of several: DuckDB may then return the rows that are equal otherwise in any order, and in that
    of the key as well. Its direction is turned.
    """
    if isinstance(node, exp.Order) and isinstance(node.parent, exp.Window):
        for place, key in enumerate(node.expressions):
            if place < len(node.expressions) - 1:
                fewer = node.copy()
                fewer.set("expressions", [e for n, e in enumerate(fewer.expressions) if n != place])
                yield "drop order key", fewer
            turned = node.copy()
            turned.expressions[place].set("desc", not key.args.get("desc"))
            yield "turn order", turned


def sums(node: Node) -> Iterator[Change]:
    """Take the greatest for the sum."""
    if isinstance(node, exp.Sum) and not isinstance(node.this, exp.Distinct):
        yield "max for sum", exp.Max(this=node.this.copy())


def joins(node: Node) -> Iterator[Change]:
    """Turn a left join into an inner join, and an inner join into a left join."""
    if isinstance(node, exp.Join) and node.args.get("on") is not None:
        other = node.copy()
        if node.side == "LEFT":
            other.set("side", None)
            other.set("kind", "INNER")
            yield "inner for left join", other
        elif node.kind == "INNER":
            other.set("kind", None)
            other.set("side", "LEFT")
            yield "left for inner join", other


def join_conditions(node: Node) -> Iterator[Change]:
    """Drop one condition of several by which two relations are joined."""
    if isinstance(node, exp.And) and isinstance(_above_conjunctions(node), exp.Join):
        yield "drop join condition", node.this.copy()
        yield "drop join condition", node.expression.copy()


def defaults(node: Node) -> Iterator[Change]:
    """Keep a coalesce's first argument alone."""
    if isinstance(node, exp.Coalesce):
        yield "drop coalesce", node.this.copy()


def distances(node: Node) -> Iterator[Change]:
    """Be one off in a number that is added to or taken from something, or in an interval."""
    if isinstance(node, exp.Add | exp.Sub) and _is_number(node.expression):
        one_more = node.copy()
        one_more.set("expression", exp.Literal.number(int(node.expression.this) + 1))
        yield "off by one", one_more
    if isinstance(node, exp.Interval) and node.this is not None and _digits(node.this):
        one_more = node.copy()
        one_more.set("this", exp.Literal.string(str(int(node.this.this) + 1)))
        yield "off by one", one_more


def _is_number(node: Node) -> bool:
    return isinstance(node, exp.Literal) and not node.is_string and node.this.isdigit()


def _digits(node: Node) -> bool:
    return isinstance(node, exp.Literal) and str(node.this).isdigit()


def distincts(node: Node) -> Iterator[Change]:
    """Drop a DISTINCT."""
    if isinstance(node, exp.Select) and node.args.get("distinct") is not None:
        plain = node.copy()
        plain.set("distinct", None)
        yield "drop distinct", plain
    if isinstance(node, exp.Distinct) and isinstance(node.parent, exp.AggFunc) and len(node.expressions) == 1:
        yield "drop distinct", node.expressions[0].copy()


def unions(node: Node) -> Iterator[Change]:
    """Drop repeated rows of a UNION ALL, or keep those of a UNION."""
    if isinstance(node, exp.Union):
        other = node.copy()
        other.set("distinct", not node.args.get("distinct"))
        yield "other union", other


def truths(node: Node) -> Iterator[Change]:
    """Say false for true, and true for false; not where sqlglot alone says it, about the order of a list."""
    if isinstance(node, exp.Boolean) and not isinstance(node.parent, exp.ArraySort):
        yield "other truth", exp.Boolean(this=not node.this)


KINDS: tuple[Callable[[Node], Iterator[Change]], ...] = (
    conditions,
    comparisons,
    extremes,
    partitions,
    orders,
    sums,
    joins,
    join_conditions,
    defaults,
    distances,
    distincts,
    unions,
    truths,
)


def changes_of(node: Node) -> Iterator[Change]:
    """Return every change of one node."""
    for kind in KINDS:
        yield from kind(node)
