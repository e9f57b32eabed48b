"""A mutant: a model's query with one change."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp

from tests.mutants.changes import changes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from transforms.definitions.model import Model

DIALECT = "duckdb"
LONGEST = 160
SHORT = 40


@dataclass(frozen=True)
class Mutant:
    """One change of one model.

    Attributes:
        model: The model's name.
        mutation: Its kind and the changed text, with a number where the same change is possible in several places.
        write: Writes the whole query, changed; to write all of them takes longer than to judge a few.
    """

    model: str
    mutation: str
    write: Callable[[], str] = field(repr=False, compare=False)

    @property
    def sql(self) -> str:
        """The whole query, changed."""
        return self.write()

    def __str__(self) -> str:
        return f"{self.model}: {self.mutation}"


def parsed(model: Model) -> exp.Expression:
    """Return a model's query as a tree."""
    return sqlglot.parse_one(model.sql, read=DIALECT)


def written(tree: exp.Expression) -> str:
    """Return a tree as SQL."""
    return tree.sql(dialect=DIALECT, comments=False)


def mutants_of(model: Model) -> Iterator[Mutant]:
    """Return every mutant of a model, in the order of its text."""
    tree = parsed(model)
    names: Counter[str] = Counter()
    for node in list(tree.walk(bfs=False)):
        for kind, other in list(changes_of(node)):
            before, after = written(node), "" if other is None else written(other)
            name = f"{kind}: {_shortened(before, after)}{_context(node, before)}"
            names[name] += 1
            unique = name if names[name] == 1 else f"{name} #{names[name]}"
            yield Mutant(model.name, unique, partial(_with, tree, node, other))


def _context(node: exp.Expression, before: str) -> str:
    """Return where a short text stands."""
    if len(before) >= SHORT or node.parent is None:
        return ""
    around = node.parent
    while (
        len(written(around)) < SHORT
        and around.parent is not None
        and not isinstance(around.parent, exp.Query)
    ):
        around = around.parent
    return f" in {written(around)[:LONGEST]}"


def _with(tree: exp.Expression, node: exp.Expression, other: exp.Expression | None) -> str:
    """Return the tree's text with one node replaced; the tree stays as it was."""
    if other is None and type(node.parent).__name__ == "Filter":
        node, other = node.parent, node.parent.this.copy()
    parent, key, place = node.parent, node.arg_key, node.index
    if parent is None or key is None:
        assert other is not None
        return written(other)
    stand_in = other
    if stand_in is None:
        parent.set(key, None)
    else:
        node.replace(stand_in)
    text = written(tree)
    if stand_in is None:
        parent.set(key, node)
    else:
        stand_in.replace(node)
    assert (node.parent, node.arg_key, node.index) == (parent, key, place)
    return text


def _shortened(before: str, after: str) -> str:
    """Show the words that differ, with a few around them."""
    if not after:
        return f"{before[:LONGEST]} ->"
    old, new = before.split(), after.split()
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    first = max(start - 3, 0)
    return f"{_part(old, first, end)} -> {_part(new, first, end)}"


def _part(words: list[str], first: int, end: int) -> str:
    last = len(words) - end + 3 if end >= 3 else len(words)
    return " ".join(words[first:last])[:LONGEST]
