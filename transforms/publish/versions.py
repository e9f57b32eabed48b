"""The published versions on disk, and the current one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cbw.data_dir import PUBLISHED, WAREHOUSE

if TYPE_CHECKING:
    from pathlib import Path


KEEP_VERSIONS = 3
_VERSION = re.compile(r"warehouse-(\d+)\.duckdb")


def versions(data_dir: Path) -> list[int]:
    """Return the numbers of the published versions on disk, oldest first."""
    matches = (_VERSION.fullmatch(path.name) for path in (data_dir / PUBLISHED).glob("warehouse-*.duckdb"))
    return sorted(int(match[1]) for match in matches if match)


def current_version(data_dir: Path) -> int | None:
    """Return the version that the link points to; None before the first publish."""
    link = data_dir / WAREHOUSE
    match = _VERSION.fullmatch(link.readlink().name) if link.is_symlink() else None
    return None if match is None else int(match[1])


def prune(data_dir: Path, *, keep: int = KEEP_VERSIONS) -> None:
    """Remove all but the newest versions; a reader with a removed one open can still read it."""
    for version in versions(data_dir)[:-keep]:
        (data_dir / PUBLISHED / f"warehouse-{version}.duckdb").unlink()
