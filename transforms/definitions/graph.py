"""The model graph: the dependencies of models, read from their SQL."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, cached_property
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from cbw.errors import WarehouseError
from transforms.definitions.key_hash import hash_column, is_hashed, with_hashes
from transforms.definitions.model import PLACE, Model
from transforms.definitions.sql_file import SQL_DIR

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


LAYERS = ("staging", "intermediate", "facts", "reports")


def _tables(models: Iterable[Model]) -> tuple[Model, ...]:
    """Return the models that are tables, with the SELECT of every other model inserted into those that read it.

    Args:
        models: All models, each after its inputs.
    """
    parts: dict[str, str] = {}
    tables = []
    for each in models:
        named = {name: parts[name] for name in each.inputs & parts.keys()}
        model = replace(each, sql=each.restricted(named)) if named else each
        if model.is_materialized:
            tables.append(model)
        else:
            parts[model.name] = f"(\n{model.sql}\n)"
    return tuple(tables)


@dataclass(frozen=True)
class ModelGraph:
    """All models, each after its inputs."""

    models: tuple[Model, ...]

    @classmethod
    @cache
    def of_product(cls) -> ModelGraph:
        """Return the models of ``sql/``, read once per process."""
        return cls.from_directory()

    @classmethod
    def from_directory(cls, directory: Path = SQL_DIR) -> ModelGraph:
        """Read every model below ``directory``.

        Raises:
            WarehouseError: Two files have the same name, DuckDB cannot parse one, or models depend on each other in a
                circle.
        """
        models: dict[str, Model] = {}
        for layer in LAYERS:
            for path in sorted((directory / layer).glob("*.sql")):
                if path.stem in models:
                    raise WarehouseError(f"{path}: there is another model named {path.stem}")
                models[path.stem] = Model.from_file(path)
        for model in models.values():
            if shadowed := model.ctes & models.keys():
                raise WarehouseError(
                    f"model {model.name}: a CTE is named like a model: {', '.join(sorted(shadowed))}"
                )
        order = TopologicalSorter({name: model.inputs & models.keys() for name, model in models.items()})
        try:
            return cls(_tables(models[name] for name in order.static_order()))
        except CycleError as exc:
            raise WarehouseError(
                f"models depend on each other in a circle: {' -> '.join(exc.args[1])}"
            ) from exc

    def ancestors(self, name: str) -> frozenset[str]:
        """Return every relation upstream of a model, raw events included."""
        return self._ancestors[name]

    @cached_property
    def _ancestors(self) -> dict[str, frozenset[str]]:
        upstream: dict[str, frozenset[str]] = {}
        for model in self.models:
            upstream[model.name] = model.inputs.union(
                *(upstream.get(name, frozenset()) for name in model.inputs)
            )
        return upstream

    @property
    def published(self) -> tuple[Model, ...]:
        """The models that readers see."""
        return tuple(model for model in self.models if model.is_published)

    @cached_property
    def hashed_keys(self) -> dict[str, tuple[str, ...]]:
        """The columns of each model that are stored with their hash.

        A published model stores the hash of every column that is a refresh key anywhere, because checks locate rows by
        these as well.
        """
        used = {(model.name, column) for model in self.models for column in model.refresh.columns}
        for model in self.models:
            for read in self.models:
                if read.name in model.inputs:
                    columns = model.refresh.mapping(read.name, frozenset(read.columns)) or ()
                    used |= {(read.name, column) for column in columns}
        names = {column for _, column in used if is_hashed(column)}
        return {
            model.name: tuple(
                column
                for column in model.columns
                if column in names and (model.is_published or (model.name, column) in used)
            )
            for model in self.models
        }

    def stored(self, model: Model, sql: str | None = None) -> str:
        """Return the SELECT of a model's table: the model's own columns, and the hashes of its keys.

        Args:
            model: The model.
            sql: Its SELECT with filtered inputs; None for its own.
        """
        return with_hashes(model.sql if sql is None else sql, self.hashed_keys[model.name])

    def shown(self, model: Model) -> str:
        """Return the select list of a model's public columns: all except the hashes and the place of a row."""
        hidden = [hash_column(column) for column in self.hashed_keys[model.name]]
        if PLACE in model.columns:
            hidden.append(PLACE)
        return f"* exclude ({', '.join(hidden)})" if hidden else "*"

    def __getitem__(self, name: str) -> Model:
        for model in self.models:
            if model.name == name:
                return model
        raise KeyError(name)
