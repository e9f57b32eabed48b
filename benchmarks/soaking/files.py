"""The sizes of files, compared with a compacted copy of their content."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from cbw.duck import literal
from transforms.store.store import BLOCK_SIZE, STORAGE_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MIB = 1024 * 1024


@dataclass(frozen=True)
class FileSize:
    """One file.

    Attributes:
        file: Its name.
        mib: Its size, its WAL included.
        compacted_mib: The size of a compacted copy.
        times: ``mib`` divided by ``compacted_mib``.
    """

    file: str
    mib: float
    compacted_mib: float
    times: float


def sizes(data_dir: Path, scratch: Path) -> list[FileSize]:
    """Return the sizes of every file that grows; no process may have them open.

    Args:
        data_dir: The data directory.
        scratch: A directory for the copies.
    """
    return [_size(path, scratch) for path in _files(data_dir)]


def published_size(data_dir: Path, scratch: Path) -> FileSize:
    """Return the size of the newest published version; the service may be running."""
    return _size((data_dir / "warehouse.duckdb").resolve(), scratch)


def bytes_with_wal(path: Path) -> int:
    """Return the size of a file and its WAL; 0 when neither exists."""
    parts = (path, *(path.with_name(path.name + suffix) for suffix in (".wal", "-wal")))
    return sum(part.stat().st_size for part in parts if part.exists())


def _files(data_dir: Path) -> Iterator[Path]:
    yield (data_dir / "warehouse.duckdb").resolve()
    yield from (data_dir / f"{name}.duckdb" for name in ("working", "build", "events"))
    yield from sorted((data_dir / "inbox").glob("inbox-*.sqlite"))


def _size(path: Path, scratch: Path) -> FileSize:
    copy = scratch / f"compacted-{path.name}"
    if path.suffix == ".sqlite":
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as inbox:
            inbox.execute("vacuum into ?", [str(copy)])
    else:
        _compact(path, copy)
    size, compacted = bytes_with_wal(path), copy.stat().st_size
    copy.unlink()
    return FileSize(path.name, size / MIB, compacted / MIB, size / compacted)


def _compact(path: Path, copy: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"set default_block_size = {BLOCK_SIZE}")
        connection.execute(f"attach {literal(str(path))} as source (read_only)")
        connection.execute(
            f"attach {literal(str(copy))} as compacted (storage_version {literal(STORAGE_VERSION)})"
        )
        connection.execute("copy from database source to compacted")
        connection.execute("checkpoint compacted")
