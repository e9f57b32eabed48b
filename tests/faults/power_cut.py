"""Compute the possible contents of a disk after a power cut from a journal of all writes and syncs.

A file's content is durable up to its last sync, a name up to the last sync of its directory. Of all later writes, any
sector may be on the disk or not. A failed sync makes nothing durable, and Linux marks its pages clean in the page
cache: no later sync writes them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from tests.faults.shim import HEAD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from random import Random

SECTOR = 512


class Record(NamedTuple):
    """One entry of the journal."""

    kind: str
    name: str
    inode: int
    offset: int
    data: bytes


def read_journal(path: Path) -> Iterator[Record]:
    """Yield the entries in the order of the calls."""
    whole = path.read_bytes()
    at = 0
    while at < len(whole):
        kind, name_length, inode, offset, length = HEAD.unpack_from(whole, at)
        name_at = at + HEAD.size
        data_at = name_at + name_length
        at = data_at + length
        yield Record(kind.decode(), whole[name_at:data_at].decode(), inode, offset, whole[data_at:at])


@dataclass
class File:
    """One file: its durable content, and the writes since the last sync."""

    sure: bytearray = field(default_factory=bytearray)
    since: list[Record] = field(default_factory=list)

    def sync(self) -> None:
        """Make all writes so far durable."""
        for record in self.since:
            _apply(self.sure, record, keeps=lambda _: True)
        self.since.clear()

    def after_a_cut(self, arrived: Callable[[], bool]) -> bytes:
        """Return a possible content; ``arrived`` decides for each sector that was written since the last sync."""
        content = bytearray(self.sure)
        for record in self.since:
            _apply(content, record, keeps=lambda _: arrived())
        return bytes(content)


def _apply(content: bytearray, record: Record, *, keeps: Callable[[int], bool]) -> None:
    """Apply a record to a content, sector by sector; a lost sector leaves zeros or its old bytes."""
    if record.kind == "T":
        if keeps(0):
            content[record.offset :] = bytes(max(0, record.offset - len(content)))
        return
    end = record.offset + len(record.data)
    content.extend(bytes(max(0, end - len(content))))
    at = record.offset
    while at < end:
        upto = min(end, (at // SECTOR + 1) * SECTOR)
        if keeps(at):
            content[at:upto] = record.data[at - record.offset : upto - record.offset]
        at = upto


class Disk:
    """The state of the disk while the journal is replayed."""

    def __init__(self) -> None:
        self.acknowledged: set[bytes] = set()
        self._files: dict[int, File] = {}
        self._names: dict[str, File] = {}
        self._sure_names: dict[str, File] = {}

    def happens(self, record: Record) -> None:
        """Replay the next entry of the journal."""
        getattr(self, f"_on_{record.kind.lower()}")(record)

    def after_a_cut(self, random: Random) -> dict[str, bytes]:
        """Return the files after a power cut at this moment: one of the possible outcomes, chosen by ``random``."""
        names = random.choice([self._names, self._sure_names])
        share = random.choice([0.0, 0.5, 1.0])
        return {name: file.after_a_cut(lambda: random.random() < share) for name, file in names.items()}

    def _file(self, record: Record) -> File:
        file = self._files.setdefault(record.inode, File())
        self._names[record.name] = file
        return file

    def _on_w(self, record: Record) -> None:
        self._file(record).since.append(record)

    _on_t = _on_w

    def _on_s(self, record: Record) -> None:
        self._file(record).sync()

    def _on_e(self, record: Record) -> None:
        if record.name:
            self._file(record).since.clear()

    def _on_d(self, record: Record) -> None:
        listed = {
            name: int(inode)
            for inode, _, name in (line.partition(" ") for line in record.data.decode().splitlines())
        }
        self._sure_names = {
            name: self._files[inode] for name, inode in listed.items() if inode in self._files
        }

    def _on_r(self, record: Record) -> None:
        self._names[record.name] = self._names.pop(
            record.data.decode(), self._files.setdefault(record.inode, File())
        )

    def _on_u(self, record: Record) -> None:
        self._names.pop(record.name, None)
        self._files.pop(record.inode, None)  # the file system may reuse the number

    def _on_a(self, record: Record) -> None:
        self.acknowledged.add(record.data)
