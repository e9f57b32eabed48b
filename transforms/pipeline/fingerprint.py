"""The fingerprint of a build: this release, these aliases, this zone."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import duckdb

from cbw.event_types import EVENT_TYPES
from transforms.definitions.documentation import NIGHTLY, OPERATIONS
from transforms.definitions.event_type_macros import event_type_macros
from transforms.definitions.sql_file import SQL_DIR
from transforms.definitions.vocabulary import vocabulary_text

if TYPE_CHECKING:
    from pathlib import Path

    from transforms.definitions.graph import ModelGraph


def fingerprint(graph: ModelGraph, aliases: str, zone: str) -> str:
    """Return a digest of everything that the tables and their list depend on, except for the raw events.

    DuckDB's release is a part of it: the tables store hashes of its own function.
    """
    digest = hashlib.sha256()
    macros = (path.read_text(encoding="utf-8") for path in sorted((SQL_DIR / "macros").glob("*.sql")))
    texts = (*macros, vocabulary_text(), *event_type_macros(EVENT_TYPES))
    for text in (*texts, *(graph.stored(model) for model in graph.models)):
        digest.update(text.encode())
    digest.update(f"{aliases} {zone} {OPERATIONS} {NIGHTLY} {duckdb.__version__}".encode())
    return digest.hexdigest()[:16]


def stamp(path: Path) -> tuple[int, int] | None:
    """Return the modification time and size of a file, which tell two states of it apart; None when it is missing."""
    if not path.exists():
        return None
    status = path.stat()
    return status.st_mtime_ns, status.st_size
