"""Search the bytes of every file of the data directory for a person, and so prove an erasure.

It opens and closes files as they are, which would release the locks of DuckDB and SQLite on them: it belongs into a
process that holds none of them open.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from transforms.privacy.person import Person

CHUNK_BYTES = 4 * 1024 * 1024
# The bytes around a place that decide which address is there: more than the longest spelling of one.
AROUND_BYTES = 2_048
_ENTITIES = {"&": "amp", "'": "apos", "@": "commat", "+": "plus", ".": "period"}


@dataclass(frozen=True, slots=True)
class Proof:
    """The result of a search of every file.

    Attributes:
        files: The number of files.
        bytes: Their size.
        found: The number of places that name the person, by file.
        similar: The number of places where the same characters are a part of a longer address, by file.
    """

    files: int
    bytes: int
    found: Mapping[str, int]
    similar: Mapping[str, int]


def search_files(
    data_dir: Path, person: Person, in_rows: Mapping[str, int], on_file: Callable[[str, int, int], None]
) -> Proof:
    """Search every file.

    Args:
        data_dir: The data directory.
        person: The addresses.
        in_rows: The number of values that name the person by file, from a search that reads rows: files compress them.
        on_file: Called with each name, the number of files before it and of all files.
    """
    pattern = re.compile(b"|".join(map(_pattern, sorted(person.addresses))), re.DOTALL)
    paths = sorted(path for path in data_dir.rglob("*") if path.is_file() and not path.is_symlink())
    found, similar, size = dict(in_rows), {}, 0
    for number, path in enumerate(paths):
        name = path.relative_to(data_dir).as_posix()
        on_file(name, number, len(paths))
        with suppress(FileNotFoundError):  # a process that goes on has removed it
            size += path.stat().st_size
            named = [person.count_in(around) > 0 for around in _places(path, pattern)]
            if any(named):
                found[name] = max(found.get(name, 0), sum(named))
            if not all(named):
                similar[name] = len(named) - sum(named)
    return Proof(len(paths), size, found, similar)


def _places(path: Path, pattern: re.Pattern[bytes]) -> Iterator[bytes]:
    """Yield the bytes around each place that matches."""
    with path.open("rb") as file:
        held, start = b"", 0  # of `held`, the part before `start` is searched
        while True:
            chunk = file.read(CHUNK_BYTES)
            held += chunk
            end = len(held) - AROUND_BYTES if chunk else len(held)
            for match in pattern.finditer(held, start):
                if match.start() < end:
                    yield held[max(match.start() - AROUND_BYTES, 0) : match.end() + AROUND_BYTES]
            if not chunk:
                return
            kept = max(end - AROUND_BYTES, 0)
            held, start = held[kept:], max(end, start) - kept


def _pattern(address: str) -> bytes:
    return b"".join(b"(?:" + b"|".join(sorted(set(_ways(mark)))) + b")" for mark in address)


def _ways(mark: str) -> Iterator[bytes]:
    r"""Yield a pattern for each spelling of a character, however many backslashes or ``%25`` precede it."""
    for each in {mark, mark.upper(), mark.title()}:
        yield re.escape(each.encode())
        yield _escaped(each.encode("utf-16-be"), 2, rb"\\+u")
        yield _escaped(each.encode(), 1, rb"%(?:25)*")
        yield from (b"&#0*%d;" % ord(one) for one in each)
        yield from (b"&#[xX]0*(?i:%x);" % ord(one) for one in each)
    if mark in _ENTITIES:
        yield b"&%s;" % _ENTITIES[mark].encode()
    if mark in "/'":
        yield rb"\\+" + mark.encode()


def _escaped(units: bytes, size: int, prefix: bytes) -> bytes:
    pieces: Iterable[bytes] = (units[at : at + size] for at in range(0, len(units), size))
    return b"".join(prefix + b"(?i:" + piece.hex().encode() + b")" for piece in pieces)
