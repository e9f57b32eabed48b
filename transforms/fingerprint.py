"""What tells whether the tables were built by this release, with these aliases, for this zone."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import duckdb

from transforms.documentation import NIGHTLY, OPERATIONS
from transforms.models import SQL_DIR
from transforms.vocabulary import vocabulary_text

if TYPE_CHECKING:
    from pathlib import Path

    from transforms.models import ModelGraph


def fingerprint(graph: ModelGraph, aliases: str, zone: str) -> str:
    """Return a digest of everything but the raw events that the tables, and which there are, depend on.

    DuckDB's release is a part of it: stored hashes are its own.
    """
    digest = hashlib.sha256()
    macros = (path.read_text(encoding="utf-8") for path in sorted((SQL_DIR / "macros").glob("*.sql")))
    for text in (*macros, vocabulary_text(), *(graph.stored(model) for model in graph.models)):
        digest.update(text.encode())
    digest.update(f"{aliases} {zone} {OPERATIONS} {NIGHTLY} {duckdb.__version__}".encode())
    return digest.hexdigest()[:16]


def stamp(path: Path) -> tuple[int, int] | None:
    """Return what tells two states of a file apart; None when there is none."""
    if not path.exists():
        return None
    status = path.stat()
    return status.st_mtime_ns, status.st_size
