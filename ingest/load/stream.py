"""A history that comes through a pipe: it is stored in a file first, because its first bytes decide how it is read."""

from __future__ import annotations

import os
import select
import stat
from typing import TYPE_CHECKING

from cbw.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

STANDARD_INPUT = "-"
# The sender of a pipe may pause, and must not be waited for without an end.
MOST_SILENT_SECONDS = 600.0
CHUNK_BYTES = 1 << 20


def is_stream(path: Path) -> bool:
    """Return whether a path is standard input, a pipe or another file that can be read only once."""
    if str(path) == STANDARD_INPUT:
        return True
    try:
        mode = path.stat().st_mode
    except OSError:  # opening it names the fault
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def store_stream(path: Path, target: Path, *, most_silent_seconds: float = MOST_SILENT_SECONDS) -> None:
    """Read a stream to its end into a file.

    Args:
        path: The stream; ``-`` is standard input.
        target: The file; a former one is replaced.
        most_silent_seconds: How long to wait for the next bytes.

    Raises:
        ConfigurationError: It cannot be read, or nothing came for that long.
        OSError: The file cannot be written.
    """
    try:
        descriptor = os.dup(0) if str(path) == STANDARD_INPUT else os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as exc:
        raise ConfigurationError(f"{path} cannot be read: {exc.strerror}") from exc
    try:
        with target.open("wb") as copy:
            while chunk := _next(descriptor, path, most_silent_seconds):
                copy.write(chunk)
    finally:
        os.close(descriptor)


def _next(descriptor: int, path: Path, most_silent_seconds: float) -> bytes:
    ready, _, _ = select.select([descriptor], [], [], most_silent_seconds)
    if not ready:
        raise ConfigurationError(
            f"nothing came through {path} for {most_silent_seconds:,.0f} s; nothing of it is imported",
            hint="look at the program that writes to it",
        )
    try:
        return os.read(descriptor, CHUNK_BYTES)
    except OSError as exc:
        raise ConfigurationError(f"{path} cannot be read: {exc.strerror}") from exc
