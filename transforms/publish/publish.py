"""Publish: sync a new versioned file to disk, then switch the link that readers open in one atomic rename.

A reader that has the old version open keeps it; no reader ever sees an unfinished file or waits for a lock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbw.data_dir import PUBLISHED, WAREHOUSE, make_below
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

# A reader that opened the file for writing would lock all others out.
READ_ONLY = 0o444


def publish(store: Store, graph: ModelGraph, changes: Mapping[str, Change] | None = None) -> int:
    """Write a new version of every published table and switch readers to it.

    Safe to kill at any moment: until the switch, readers have the previous version, and the next publish removes an
    unfinished file.

    Args:
        store: The private files.
        graph: The models whose tables are published.
        changes: The changes since the working copy was current; None when they are unknown.

    Returns:
        The number of the new version.

    Raises:
        OSError: The disk is full or not writable; readers keep the previous version.
        duckdb.Error: The working copy could not be updated; readers keep the previous version.
    """
    directory = store.data_dir / PUBLISHED
    make_below(store.data_dir, directory)
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
    new_link = data_dir / f"{WAREHOUSE}.new"
    new_link.unlink(missing_ok=True)
    new_link.symlink_to(path.relative_to(data_dir))
    new_link.replace(link)
    sync(data_dir)


def _clear(directory: Path) -> None:
    for leftover in (*directory.glob("*.tmp"), *directory.glob("*.wal")):
        leftover.unlink()
