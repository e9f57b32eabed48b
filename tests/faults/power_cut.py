"""Computes what a disk may hold after a power cut, from a journal of everything that was written and synced.

A file's content is sure up to its last sync, a name up to the last sync of its directory. Of everything later, any
sectors may have arrived and any may not. A sync that failed makes nothing sure, and what it should have written is
clean in the page cache from then on: a later sync writes it no more (as Linux does).
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
    """Give the entries in the order in which they happened."""
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
    """One file: what the disk surely holds, and what was done to it since."""

    sure: bytearray = field(default_factory=bytearray)
    since: list[Record] = field(default_factory=list)

    def sync(self) -> None:
        """Everything is on the disk now."""
        for record in self.since:
            _apply(self.sure, record, keeps=lambda _: True)
        self.since.clear()

    def after_a_cut(self, arrived: Callable[[], bool]) -> bytes:
        """Return what may be found; ``arrived`` decides for each sector that was written since the last sync."""
        content = bytearray(self.sure)
        for record in self.since:
            _apply(content, record, keeps=lambda _: arrived())
        return bytes(content)


def _apply(content: bytearray, record: Record, *, keeps: Callable[[int], bool]) -> None:
    """Do to a content what a record did, sector by sector; one that does not arrive leaves zeros or what was there."""
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
    """The disk as the journal goes by."""

    def __init__(self) -> None:
        self.acknowledged: set[bytes] = set()
        self._files: dict[int, File] = {}
        self._names: dict[str, File] = {}
        self._sure_names: dict[str, File] = {}

    def happens(self, record: Record) -> None:
        """Take in the next entry."""
        getattr(self, f"_on_{record.kind.lower()}")(record)

    def after_a_cut(self, random: Random) -> dict[str, bytes]:
        """Return the files that may be found after a power cut now: one of the possible outcomes, by chance."""
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
        self._files.pop(record.inode, None)  # the number may be given to another file

    def _on_a(self, record: Record) -> None:
        self.acknowledged.add(record.data)
