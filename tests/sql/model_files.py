"""Models of a test's own, in files."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from transforms.definitions.graph import ModelGraph


def write_models(directory: Path, **models: str) -> Path:
    """Write models named ``<layer>__<name>``; a text without a header gets one."""
    for name, sql in models.items():
        layer, _, table = name.partition("__")
        path = directory / layer / f"{table}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(sql if sql.startswith("--") else f"-- One row.\n-- key: a\n{sql}\n", encoding="utf-8")
    return directory


def names(graph: ModelGraph) -> list[str]:
    return [model.name for model in graph.models]
