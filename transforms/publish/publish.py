"""Publish: a new versioned file, made durable, then one atomic switch of the link that readers open.

A reader that holds the old version goes on with it; nobody ever sees a half-made file, and nobody is locked out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbw.data_dir import PUBLISHED, WAREHOUSE
from cbw.durable import sync
from transforms.publish.file_copy import copy_file
from transforms.publish.versions import prune, versions
from transforms.publish.working_copy import WorkingCopy

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from transforms.build.incremental import Change
    from transforms.definitions.graph import ModelGraph
    from transforms.store.store import Store

# Readers may not write: whoever opens a file for writing locks all others out.
READ_ONLY = 0o444


def publish(store: Store, graph: ModelGraph, changes: Mapping[str, Change] | None = None) -> int:
    """Make a new version of every published table and switch readers to it.

    Safe to kill at any moment: until the switch, readers have the version before; a half-made file is removed by the
    next publish.

    Args:
        store: The private files.
        graph: Whose tables are published.
        changes: What changed since the working copy was current; None when that is not known.

    Returns:
        The number of the new version.

    Raises:
        OSError: The disk is full or not writable; readers keep the version before.
        duckdb.Error: The copy failed; the same.
    """
    directory = store.data_dir / PUBLISHED
    directory.mkdir(parents=True, exist_ok=True)
    version = max(versions(store.data_dir), default=0) + 1
    path = directory / f"warehouse-{version}.duckdb"
    unfinished = path.with_suffix(".tmp")
    _clear(directory)
    copy_file(WorkingCopy(store, graph).update(changes), unfinished)
    unfinished.chmod(READ_ONLY)
    sync(unfinished)
    unfinished.rename(path)
    sync(directory)
    _switch(store.data_dir, path)
    prune(store.data_dir)
    return version


def _switch(data_dir: Path, path: Path) -> None:
    link = data_dir / WAREHOUSE
    fresh = data_dir / f"{WAREHOUSE}.new"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(path.relative_to(data_dir))
    fresh.replace(link)
    sync(data_dir)


def _clear(directory: Path) -> None:
    for leftover in (*directory.glob("*.tmp"), *directory.glob("*.wal")):
        leftover.unlink()
