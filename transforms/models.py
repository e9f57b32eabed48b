"""The model graph: one SQL file is one relation, and who depends on whom is read from the SQL itself."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from sqlglot import exp

from ingest.errors import WarehouseError
from transforms.refresh_rule import RefreshRule, parse

SQL_DIR = Path(__file__).resolve().parent.parent / "sql"
LAYERS = ("staging", "facts", "reports")
PUBLISHED_LAYERS = ("facts", "reports")

_HEADER = re.compile(r"\A(?:--[^\n]*\n)+")
_OPTION = re.compile(r"^(key|severity): *(.*)$")


@dataclass(frozen=True)
class Query:
    """One SELECT in one file.

    Attributes:
        name: The file's stem.
        sql: The file's text.
        refresh: Which of its rows depend on which rows of its inputs.
    """

    name: str
    sql: str = field(repr=False)
    refresh: RefreshRule = field(repr=False)

    @cached_property
    def tree(self) -> exp.Expr:
        """The parsed SELECT."""
        return parse(self.sql)

    @cached_property
    def ctes(self) -> frozenset[str]:
        """The names of its common table expressions."""
        return frozenset(cte.alias for cte in self.tree.find_all(exp.CTE))

    @cached_property
    def inputs(self) -> frozenset[str]:
        """The relations it reads: every table named that is no CTE of its own. A table function has no name."""
        named = (table.name for table in self.tree.find_all(exp.Table) if table.name)
        return frozenset(name for name in named if name not in self.ctes)


@dataclass(frozen=True)
class Model(Query):
    """One relation, defined by one SELECT in one file, whose stem is the table's name.

    Attributes:
        layer: ``staging``, ``facts`` or ``reports``; all but staging is published.
        grain: The header's first sentence: what one row is.
        key: The columns that name a row.
    """

    layer: str
    grain: str
    key: tuple[str, ...]

    @classmethod
    def from_file(cls, path: Path) -> Model:
        """Read a model.

        Raises:
            WarehouseError: The header names no grain or no key, or its refresh rule is not understood.
        """
        text = path.read_text(encoding="utf-8")
        grain, options = read_header(path, text)
        if "key" not in options:
            raise WarehouseError(f"{path}: the header has no line '-- key: ...'")
        key = tuple(part.strip() for part in options["key"].split(",") if part.strip() != "-")
        return cls(path.stem, text, read_rule(path, text), layer=path.parent.name, grain=grain, key=key)

    @property
    def is_published(self) -> bool:
        """Whether readers see it."""
        return self.layer in PUBLISHED_LAYERS

    @cached_property
    def column_comments(self) -> dict[str, str]:
        """What each column means: the comment behind it in the final column list."""
        select = self.tree if isinstance(self.tree, exp.Select) else self.tree.find(exp.Select)
        assert select is not None
        return {
            column.alias_or_name: " ".join(" ".join(column.comments).split())
            for column in select.selects
            if column.comments
        }


def read_header(path: Path, text: str) -> tuple[str, dict[str, str]]:
    """Return a SQL file's first sentence and its ``name: value`` lines.

    Raises:
        WarehouseError: The file does not start with a comment.
    """
    lines = header_lines(path, text)
    return lines[0], {found[1]: found[2] for line in lines if (found := _OPTION.match(line))}


def read_rule(path: Path, text: str) -> RefreshRule:
    """Return how the query in a SQL file is refreshed.

    Raises:
        WarehouseError: A line of the rule is not understood.
    """
    try:
        return RefreshRule.from_header(header_lines(path, text))
    except ValueError as exc:
        raise WarehouseError(f"{path}: {exc}") from exc


def header_lines(path: Path, text: str) -> list[str]:
    """Return the comment lines that a SQL file starts with, without their dashes.

    Raises:
        WarehouseError: The file does not start with a comment.
    """
    match = _HEADER.match(text)
    if match is None:
        raise WarehouseError(f"{path}: the first lines must say the grain and the key")
    return [line.removeprefix("--").strip() for line in match[0].splitlines()]


@dataclass(frozen=True)
class ModelGraph:
    """All models, in an order in which every model comes after its inputs."""

    models: tuple[Model, ...]

    @classmethod
    def from_directory(cls, directory: Path = SQL_DIR) -> ModelGraph:
        """Read every model below ``directory``.

        Raises:
            WarehouseError: Two files have one name, or models depend on each other in a circle.
        """
        found: dict[str, Model] = {}
        for layer in LAYERS:
            for path in sorted((directory / layer).glob("*.sql")):
                if path.stem in found:
                    raise WarehouseError(f"{path}: there is another model named {path.stem}")
                found[path.stem] = Model.from_file(path)
        for model in found.values():
            if shadowed := model.ctes & found.keys():
                raise WarehouseError(
                    f"model {model.name}: a CTE is named like a model: {', '.join(sorted(shadowed))}"
                )
        order = TopologicalSorter({name: model.inputs & found.keys() for name, model in found.items()})
        try:
            return cls(tuple(found[name] for name in order.static_order()))
        except CycleError as exc:
            raise WarehouseError(
                f"models depend on each other in a circle: {' -> '.join(exc.args[1])}"
            ) from exc

    @property
    def published(self) -> tuple[Model, ...]:
        """The models that readers see."""
        return tuple(model for model in self.models if model.is_published)

    def __getitem__(self, name: str) -> Model:
        for model in self.models:
            if model.name == name:
                return model
        raise KeyError(name)
