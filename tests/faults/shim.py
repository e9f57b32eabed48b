"""Compile ``shim.c`` and control it: faults of disk and clock for a process under test, and a journal of its writes."""

from __future__ import annotations

import mmap
import os
import shutil
import struct
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("shim.c")
# `struct control`: clock offset in seconds, errno of syncs, errno of writes, milliseconds a sync takes longer.
CONTROL = struct.Struct("qiii4x")


def compiled(directory: Path) -> Path:
    """Compile the shim; without a compiler the function skips the test, and in CI fails it."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        if os.environ.get("CI"):
            pytest.fail("no C compiler: install what .ci/packages names")
        pytest.skip("needs a C compiler (Debian: gcc libc6-dev)")
    library = directory / "shim.so"
    subprocess.run(
        [compiler, "-O1", "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-ldl"],
        check=True,
        timeout=300,
    )
    return library


@dataclass
class Shim:
    """The shim for one data directory.

    Attributes:
        library: The shared library that the process loads before libc.
        directory: The directory whose files the shim watches.
        journal: The file to which the shim appends every write and sync below the directory.
    """

    library: Path
    directory: Path
    journal: Path
    _control: mmap.mmap = field(init=False, repr=False)

    def __post_init__(self) -> None:
        path = self.journal.with_suffix(".control")
        path.write_bytes(bytes(CONTROL.size))
        with path.open("r+b") as file:
            self._control = mmap.mmap(file.fileno(), CONTROL.size)

    @property
    def variables(self) -> dict[str, str]:
        """The environment of a process that runs under the shim."""
        return {
            "LD_PRELOAD": str(self.library),
            "FAULT_DIR": str(self.directory),
            "FAULT_JOURNAL": str(self.journal),
            "FAULT_CONTROL": str(self.journal.with_suffix(".control")),
        }

    def set(
        self, *, clock_offset: int = 0, sync_errno: int = 0, write_errno: int = 0, sync_delay: float = 0
    ) -> None:
        """Set every fault from now on; a fault that the caller does not name ends."""
        self._control[:] = CONTROL.pack(clock_offset, sync_errno, write_errno, round(sync_delay * 1000))

    def note_acknowledged(self, body: bytes) -> None:
        """Record in the journal that a sender now holds a 200 for this body."""
        self.note(b"A", body)

    def note(self, kind: bytes, data: bytes) -> None:
        descriptor = os.open(self.journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, HEAD.pack(kind, 0, 0, 0, len(data)) + data)
        finally:
            os.close(descriptor)


# `struct record`: kind, length of the name, inode, offset, length of the data; name and data follow.
HEAD = struct.Struct("c3xIQQQ")
