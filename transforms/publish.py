"""Publish: a new versioned file, made durable, then one atomic switch of the link that readers open.

A reader that holds the old version goes on with it; nobody ever sees a half-made file, and nobody is locked out.
"""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

from cbw.durable import sync
from transforms.working_copy import WorkingCopy

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from transforms.build.incremental import Change
    from transforms.definitions.graph import ModelGraph
    from transforms.store.store import Store

KEEP_VERSIONS = 3
# In seconds, between two calls that have what was copied written to the disk.
COPIED_MEANWHILE = 0.002
# Readers may not write: whoever opens a file for writing locks all others out.
READ_ONLY = 0o444

_VERSION = re.compile(r"warehouse-(\d+)\.duckdb")


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
    directory = store.data_dir / "published"
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


def versions(data_dir: Path) -> list[int]:
    """Return the published versions that are on disk, oldest first."""
    found = (_VERSION.fullmatch(path.name) for path in (data_dir / "published").glob("warehouse-*.duckdb"))
    return sorted(int(match[1]) for match in found if match)


def current_version(data_dir: Path) -> int | None:
    """Return the version that readers open now; None before the first publish."""
    link = data_dir / "warehouse.duckdb"
    match = _VERSION.fullmatch(link.readlink().name) if link.is_symlink() else None
    return None if match is None else int(match[1])


def prune(data_dir: Path, *, keep: int = KEEP_VERSIONS) -> None:
    """Remove all but the newest versions; who has one open goes on with it."""
    for version in versions(data_dir)[:-keep]:
        (data_dir / "published" / f"warehouse-{version}.duckdb").unlink()


def copy_file(source: Path, target: Path) -> None:
    """Copy the file of an attached database, by another process: closing it in ours would let go of DuckDB's lock.

    What is copied goes to the disk meanwhile, so that little is left to wait for.

    Raises:
        OSError: It could not be copied.
    """
    with (
        target.open("wb") as copy,
        subprocess.Popen(
            ["cp", "--", str(source), str(target)], stderr=subprocess.PIPE, text=True
        ) as copying,
    ):
        assert copying.stderr is not None
        while not _has_ended(copying):
            os.fsync(copy.fileno())
        if copying.returncode != 0:
            reason = copying.stderr.read().strip() or f"cp ended with {copying.returncode}"
            raise OSError(f"{source.name} could not be copied: {reason}")


def _has_ended(process: subprocess.Popen[str]) -> bool:
    try:
        process.wait(COPIED_MEANWHILE)
    except subprocess.TimeoutExpired:
        return False
    return True


def _switch(data_dir: Path, path: Path) -> None:
    link = data_dir / "warehouse.duckdb"
    fresh = data_dir / "warehouse.duckdb.new"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(path.relative_to(data_dir))
    fresh.replace(link)
    sync(data_dir)


def _clear(directory: Path) -> None:
    for leftover in (*directory.glob("*.tmp"), *directory.glob("*.wal")):
        leftover.unlink()
