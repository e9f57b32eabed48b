"""Exclusive locks on files: a process holds one until it ends, and the kernel releases it even after a kill -9."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

from cbw.data_dir import PIPELINE_LOCK, RECEIVER_LOCK, make_data_dir
from cbw.durable import sync
from cbw.errors import AlreadyServedError, ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from cbw.errors import CbwError
    from cbw.settings import Settings


def held(path: Path) -> int | None:
    """Lock a file, created where it is missing, and return the lock's descriptor; None while another process holds it.

    Raises:
        OSError: The file cannot be created or opened.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def hold(path: Path, *, otherwise: CbwError) -> int:
    """Lock a file as `held` does, and return the lock's descriptor.

    Args:
        path: The lock's file.
        otherwise: Raised while another process holds the lock.

    Raises:
        CbwError: ``otherwise``.
        ConfigurationError: The file cannot be created or opened.
    """
    try:
        descriptor = held(path)
    except OSError as exc:
        raise ConfigurationError(
            f"CBW_DATA_DIR: {path.parent} cannot be written: {exc.strerror}",
            hint="name a directory that this user may write",
        ) from exc
    if descriptor is None:
        raise otherwise
    return descriptor


def is_held(path: Path) -> bool:
    """Return whether a running process holds the lock of a file; create and change nothing."""
    if not path.exists():
        return False
    with path.open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def hold_data_dir(settings: Settings) -> int:
    """Lock the data directory for a receiver, for the life of this process, and return the lock's descriptor.

    Raises:
        ConfigurationError: The directory cannot be written.
        AlreadyServedError: Another receiver works on it.
    """
    try:
        _make_durably(settings)
    except OSError as exc:
        raise ConfigurationError(
            f"CBW_DATA_DIR: {settings.data_dir} cannot be written: {exc.strerror}",
            hint="name a directory that this user may write",
        ) from exc
    return hold(
        settings.data_dir / RECEIVER_LOCK,
        otherwise=AlreadyServedError(
            f"another receiver already works on {settings.data_dir}",
            hint="stop it, or give this one a CBW_DATA_DIR of its own",
        ),
    )


def hold_files(data_dir: Path) -> int:
    """Lock the private files for a pipeline, whether or not they exist, and return the lock's descriptor.

    DuckDB locks a file that exists; this lock alone keeps two processes from creating the same missing one.

    Raises:
        AlreadyServedError: Another pipeline process works on this data directory.
        ConfigurationError: The directory cannot be created or written.
    """
    make_data_dir(data_dir)
    return hold(
        data_dir / PIPELINE_LOCK,
        otherwise=AlreadyServedError(
            f"another pipeline process already works on {data_dir}",
            hint="stop it, or ask it with `cbw status`; the published warehouse.duckdb can always be read",
        ),
    )


def _make_durably(settings: Settings) -> None:
    """Create the directories and sync them: a power cut must not remove them with the deliveries below."""
    is_new = not settings.data_dir.exists()
    settings.inbox_dir.mkdir(parents=True, exist_ok=True)
    sync(settings.data_dir)
    if is_new:
        sync(settings.data_dir.absolute().parent)
