"""A table's ancestors as a picture: one SVG, from the raw events at the top down to the table."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Links = dict[str, set[str]]

WIDTH, HEIGHT = 190, 28
LANE = 12
GAP_X, GAP_Y = 24, 30
MARGIN = 4


@dataclass(frozen=True)
class Node:
    """One relation in the picture, or the lane on which a link passes a row.

    Attributes:
        x: Its horizontal middle.
        y: Its upper edge.
    """

    name: str
    x: float
    y: float

    @property
    def is_lane(self) -> bool:
        """Whether it is only a place that a link passes."""
        return _is_lane(self.name)


def lineage_picture(
    name: str, inputs: Mapping[str, frozenset[str]], link: Callable[[str], str | None]
) -> str:
    """Draw a table and all its ancestors.

    Args:
        name: The table.
        inputs: The inputs of each model; a relation without an entry is a source.
        link: Returns the address of a published table's page; None for a private one.
    """
    parents = _without_detours(name, inputs)
    depths = _depths(parents)
    links = _with_lanes(parents, depths)
    rows = _rows(links)
    width = max(sum(map(_width, row)) + GAP_X * (len(row) - 1) for row in rows)
    nodes = {node.name: node for depth, row in enumerate(rows) for node in _placed(row, depth, width)}
    edges = [_edge(nodes[parent], nodes[child]) for child in sorted(links) for parent in sorted(links[child])]
    shapes = [
        _lane(node) if node.is_lane else _box(node, link(node.name), is_here=node.name == name)
        for node in nodes.values()
    ]
    height = len(rows) * (HEIGHT + GAP_Y) - GAP_Y + 2 * MARGIN
    return (
        f'<div class="lineage"><svg xmlns="http://www.w3.org/2000/svg" width="{width + 2 * MARGIN}" '
        f'viewBox="0 0 {width + 2 * MARGIN} {height}" role="img"><title>The lineage of {escape(name)}</title>'
        f"{''.join((*edges, *shapes))}</svg></div>"
    )


def _without_detours(name: str, inputs: Mapping[str, frozenset[str]]) -> Links:
    """Return the parents of each ancestor, less those that another parent descends from."""
    ancestors: Links = {}

    def above(each: str) -> set[str]:
        if each not in ancestors:
            own = inputs.get(each, frozenset())
            ancestors[each] = set(own).union(*(above(parent) for parent in own))
        return ancestors[each]

    return {
        each: {
            parent
            for parent in inputs.get(each, frozenset())
            if not any(parent in ancestors[other] for other in inputs[each])
        }
        for each in (name, *above(name))
    }


def _depths(parents: Links) -> dict[str, int]:
    """Return the row of each relation: one below its lowest parent."""
    depths: dict[str, int] = {}

    def depth(each: str) -> int:
        if each not in depths:
            depths[each] = 1 + max((depth(parent) for parent in parents[each]), default=-1)
        return depths[each]

    for each in parents:
        depth(each)
    return depths


def _with_lanes(parents: Links, depths: Mapping[str, int]) -> Links:
    """Return the links between neighbouring rows: one over several rows passes each on a lane."""
    links: defaultdict[str, set[str]] = defaultdict(set, {each: set() for each in parents})
    for child, own in parents.items():
        for parent in own:
            above = parent
            for depth in range(depths[parent] + 1, depths[child]):
                lane = f"{parent}@{depth}"
                links[lane].add(above)
                above = lane
            links[child].add(above)
    return dict(links)


def _rows(links: Links) -> list[list[str]]:
    """Return relations and lanes row by row, in each near their parents."""
    depths = _depths(links)
    rows: list[list[str]] = [[] for _ in range(max(depths.values()) + 1)]
    for each in sorted(depths):
        rows[depths[each]].append(each)
    places: dict[str, float] = {}
    for row in rows:
        row.sort(key=lambda each: sum(places[p] for p in links[each]) / max(1, len(links[each])))
        places |= {each: place - len(row) / 2 for place, each in enumerate(row)}
    return rows


def _placed(row: list[str], depth: int, width: float) -> list[Node]:
    """Return a row's nodes, side by side in the middle."""
    left = MARGIN + (width - sum(map(_width, row)) - GAP_X * (len(row) - 1)) / 2
    nodes = []
    for name in row:
        nodes.append(Node(name, left + _width(name) / 2, MARGIN + depth * (HEIGHT + GAP_Y)))
        left += _width(name) + GAP_X
    return nodes


def _is_lane(name: str) -> bool:
    return "@" in name


def _width(name: str) -> int:
    return LANE if _is_lane(name) else WIDTH


def _edge(parent: Node, child: Node) -> str:
    top, bottom = parent.y + HEIGHT, child.y
    middle = (top + bottom) / 2
    return (
        f'<path d="M{parent.x:.0f} {top:.0f}C{parent.x:.0f} {middle:.0f} '
        f'{child.x:.0f} {middle:.0f} {child.x:.0f} {bottom:.0f}"/>'
    )


def _lane(node: Node) -> str:
    return f'<path d="M{node.x:.0f} {node.y:.0f}v{HEIGHT}"/>'


def _box(node: Node, address: str | None, *, is_here: bool) -> str:
    kinds = " ".join(kind for kind, holds in (("published", address), ("here", is_here)) if holds)
    box = (
        f'<g class="{kinds}"><rect x="{node.x - WIDTH / 2:.0f}" y="{node.y:.0f}" width="{WIDTH}" '
        f'height="{HEIGHT}" rx="4"/><text x="{node.x:.0f}" y="{node.y + HEIGHT / 2 + 4:.0f}" '
        f'text-anchor="middle">{escape(node.name)}</text></g>'
    )
    return f'<a href="{address}">{box}</a>' if address and not is_here else box
