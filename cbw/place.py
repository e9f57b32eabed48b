"""The place of a process: one data directory, and not whichever has its name later.

A process that starts makes a missing directory. From then on the directory must stay the same: by its device, its
inode, and an id in a file, because a file system gives the inode of a deleted directory to the next one.
"""

from __future__ import annotations

import errno
import os
import sys
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from cbw.data_dir import DIRECTORY_ID
from cbw.durable import sync
from cbw.errors import MovedError

if TYPE_CHECKING:
    from pathlib import Path

    from cbw.errors import CbwError

WATCH_SECONDS = 1.0
_ABSENT = {errno.ENOENT, errno.ENOTDIR, errno.ESTALE}


@dataclass(frozen=True, slots=True)
class Place:
    """A data directory as it was when the process started.

    Attributes:
        path: Its name.
        device: The device that holds it.
        inode: Its number there.
        id: The content of its id file; empty where none could be written, as on a full disk.
    """

    path: Path
    device: int
    inode: int
    id: str

    @classmethod
    def at_start(cls, data_dir: Path) -> Place:
        """Return the place of a process that starts; write the id file where it is missing.

        Args:
            data_dir: A directory that exists.

        Raises:
            OSError: The directory cannot be read.
        """
        path = data_dir / DIRECTORY_ID
        try:
            if not path.exists():
                _write_id(path)
            found = path.read_text(encoding="utf-8")
        except OSError:  # the disk is full or read-only: device and inode must do
            found = ""
        status = data_dir.stat()
        return cls(data_dir, status.st_dev, status.st_ino, found)

    @property
    def is_here(self) -> bool:
        """Whether the directory of this name is still the same."""
        try:
            status = self.path.stat()
            found = (self.path / DIRECTORY_ID).read_text(encoding="utf-8") if self.id else ""
        except OSError as exc:
            return exc.errno not in _ABSENT
        return (status.st_dev, status.st_ino, found) == (self.device, self.inode, self.id)

    def require(self) -> None:
        """Raise unless the directory is still the same.

        Raises:
            MovedError: It was moved away, deleted, emptied or replaced.
        """
        if not self.is_here:
            raise MovedError(
                f"{self.path} is no longer the data directory that this process began with: "
                "it was moved away, emptied or replaced",
                hint="put it back and start the service again; only a start makes a new one",
            )

    def watch(self) -> NoReturn:
        """End this process with one line as soon as the directory is another; run it in a thread of its own."""
        while True:
            time.sleep(WATCH_SECONDS)
            try:
                self.require()
            except MovedError as exc:
                leave(exc)


def leave(error: CbwError) -> NoReturn:
    """End this process at once: a regular end would checkpoint and delete files by name, which are others now."""
    sys.stderr.write(f"cbw: {error}\n")
    sys.stderr.flush()
    os._exit(error.exit_code)


def _write_id(path: Path) -> None:
    """Write a new id durably; of two processes that start together the first wins."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        fresh.write_text(f"{uuid.uuid4()}\n", encoding="utf-8")
        sync(fresh)
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink(missing_ok=True)
    sync(path.parent)
