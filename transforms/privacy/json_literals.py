"""The position of each string and number in a JSON text, so that one can be replaced and every other byte kept."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLANKS = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"')
_BARE = re.compile(r"[^ \t\r\n,\]}]+")


class Literal(NamedTuple):
    """A string, a number or a key.

    The path is that of the value: the keys that lead to it. Elements of an array have the array's path.
    """

    path: tuple[str, ...]
    start: int
    end: int
    text: str
    """The decoded string, or the number as it is written."""
    is_key: bool


def literals(text: str) -> Iterator[Literal]:
    """Yield every literal but true, false and null, in the order of the text, which must be strict JSON."""
    yield from _Walk(text).value(())


class _Walk:
    """One pass over a text; `_at` is the present position."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def value(self, path: tuple[str, ...]) -> Iterator[Literal]:
        match self._next():
            case "{":
                yield from self._object(path)
            case "[":
                yield from self._array(path)
            case '"':
                yield self._string(path, is_key=False)
            case _:
                yield from self._bare(path)

    def _object(self, path: tuple[str, ...]) -> Iterator[Literal]:
        self._at += 1
        while self._next() != "}":
            if self._text[self._at] == ",":
                self._at += 1
                self._next()
            key = self._string(path, is_key=True)
            key = key._replace(path=(*path, key.text))
            yield key
            self._next()
            self._at += 1  # the colon
            yield from self.value(key.path)
        self._at += 1

    def _array(self, path: tuple[str, ...]) -> Iterator[Literal]:
        self._at += 1
        while (mark := self._next()) != "]":
            if mark == ",":
                self._at += 1
            yield from self.value(path)
        self._at += 1

    def _string(self, path: tuple[str, ...], *, is_key: bool) -> Literal:
        match = self._take(_STRING)
        return Literal(path, match.start(), match.end(), json.loads(match[0]), is_key)

    def _bare(self, path: tuple[str, ...]) -> Iterator[Literal]:
        match = self._take(_BARE)
        if match[0] not in {"true", "false", "null"}:
            yield Literal(path, match.start(), match.end(), match[0], is_key=False)

    def _next(self) -> str:
        """Skip blanks and return the character that follows."""
        self._take(_BLANKS)
        return self._text[self._at]

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str]:
        match = pattern.match(self._text, self._at)
        assert match is not None  # the text is strict JSON
        self._at = match.end()
        return match
