"""Every model that decides money, and the graph with one model changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from graphlib import TopologicalSorter

from transforms.definitions.graph import LAYERS, ModelGraph, _tables
from transforms.definitions.model import Model
from transforms.definitions.sql_file import SQL_DIR

# Reports about shapes of bodies and about words: no amount, count or rate of money depends on them.
WITHOUT_MONEY = frozenset(
    {
        *("metric_definitions", "schema_paths", "stg_body_shapes", "stg_shape_paths"),
        *("int_path_buckets", "int_shape_blocks", "int_shape_events", "int_shapes"),
    }
)


@dataclass(frozen=True)
class Catalogue:
    """All models of all files, in an order in which every model comes after its inputs."""

    models: tuple[Model, ...]

    @classmethod
    def read(cls) -> Catalogue:
        """Read every model, those included that are no table."""
        found = {
            path.stem: Model.from_file(path)
            for layer in LAYERS
            for path in sorted((SQL_DIR / layer).glob("*.sql"))
        }
        order = TopologicalSorter({name: model.inputs & found.keys() for name, model in found.items()})
        return cls(tuple(found[name] for name in order.static_order()))

    @property
    def deciding(self) -> tuple[Model, ...]:
        """The models that decide money."""
        return tuple(model for model in self.models if model.name not in WITHOUT_MONEY)

    def graph(self, **texts: str) -> ModelGraph:
        """Return the graph with other queries for some models."""
        return ModelGraph(
            _tables(
                replace(model, sql=texts[model.name]) if model.name in texts else model
                for model in self.models
            )
        )
