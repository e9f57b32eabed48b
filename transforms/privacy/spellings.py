"""The strings that a text stands for: without JSON escapes, HTML entities and percent-encoding, also inside each other.

`strings_in` reads exactly. `simplified` undoes every escape anywhere and misses nothing, for the quick test.
"""

from __future__ import annotations

import codecs
import html
import json
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, unquote_plus

from transforms.privacy.json_literals import literals
from transforms.store.addresses import DELIMITERS, addresses, is_form_field, possible_addresses, whole_address

if TYPE_CHECKING:
    from collections.abc import Iterator

# The number of layers: a body that is no JSON, JSON inside a string, inside another, percent-encoding twice, and two
# more for a backslash that reads as an escape.
LAYERS = 7
MAX_DEPTH = 64
_ENCODINGS = (
    (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
# Of JSON, and the apostrophe's that PHP adds.
_ESCAPE = re.compile(
    r"\\(?:u(?P<unit>[0-9a-fA-F]{4})|(?P<same>[\x22\x27\\/])|(?P<blank>[bfnrt]))"
    r"|&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|amp|apos|quot|lt|gt|commat|nbsp|plus|period);"
)
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_WORD = re.compile(r"[^\s\"<>]+")
_FORM = re.compile(r"[?&=]")


def texts_of(body: bytes) -> Iterator[str]:
    """Yield a body as text, in each encoding that it may have."""
    encoding = next((encoding for mark, encoding in _ENCODINGS if body.startswith(mark)), "utf-8")
    yield body.decode(encoding, errors="replace")
    if b"\0" in body:  # UTF-16 or UTF-32 without a mark
        yield body.replace(b"\0", b"").decode("utf-8", errors="replace")
    if encoding == "utf-8" and not _is_utf8(body):
        yield body.decode("latin-1")


def mentions(text: str) -> Iterator[tuple[str, ...]]:
    """Yield the readings of each address in a string, in any spelling; see `addresses`."""
    for string, is_alone in strings_in(text):
        yield from addresses(string, is_alone=is_alone)


def possible_mentions(text: str) -> Iterator[str]:
    """Yield every reading that `mentions` yields for this text or for a JSON string in it, and more."""
    for simple in simplified(text):
        yield from possible_addresses(simple)


def strings_in(text: str, *, layers: int = LAYERS, is_alone: bool = True) -> Iterator[tuple[str, bool]]:
    """Yield each string that a text stands for, and whether it may be an address as a whole."""
    inner = _inner_strings(text) if layers else None
    if inner is not None:
        for each in inner:
            yield from strings_in(each, layers=layers - 1)
        return
    simple = _unescaped(text, has_blanks='"' in text) if layers else text
    if simple != text:
        yield from strings_in(simple, layers=layers - 1, is_alone=is_alone)
        return
    yield text, is_alone
    if layers and "%" in text:
        for each, is_part in _decoded(text, is_alone=is_alone):
            yield from strings_in(each, layers=layers - 1, is_alone=is_part)


def simplified(text: str) -> Iterator[str]:
    """Yield a text and every text that comes of it by undoing escapes and percent-encoding, in any order."""
    seen = {text}
    newest = [text]
    for _ in range(LAYERS + 1):
        yield from newest
        simpler = [
            simple for each in newest for simple in (_unescaped(each, has_blanks=False), unquote(each))
        ]
        newest = [each for each in dict.fromkeys(simpler) if each not in seen]
        seen.update(newest)
    yield from newest


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _inner_strings(text: str) -> list[str] | None:
    """Return the strings of a text that is JSON itself; None for another text."""
    if not text.lstrip().startswith(("{", "[", '"')) or text.count("{") + text.count("[") > MAX_DEPTH:
        return None
    try:
        json.loads(text)
    except ValueError:
        return None
    return [each.text for each in literals(text)]


def _unescaped(text: str, *, has_blanks: bool) -> str:
    r"""Undo one layer of JSON escapes and HTML entities.

    Args:
        text: The text.
        has_blanks: Whether ``\n`` is a line end; outside of quotation marks it is a backslash and a letter.
    """
    if "\\" not in text and "&" not in text:
        return text

    def character(match: re.Match[str]) -> str:
        if match["unit"]:
            return chr(int(match["unit"], 16))
        if match["blank"]:
            return " " if has_blanks else match[0]
        return match["same"] or html.unescape(match[0])

    return _PAIR.sub(_character_of_pair, _ESCAPE.sub(character, text))


def _character_of_pair(match: re.Match[str]) -> str:
    return match[0].encode("utf-16", "surrogatepass").decode("utf-16")


def _decoded(text: str, *, is_alone: bool) -> Iterator[tuple[str, bool]]:
    """Undo one layer of percent-encoding in each part that was encoded by itself: a word, or each field of a form."""
    for match in _WORD.finditer(text):
        word, plain = match[0], unquote(match[0])
        is_form = "=" in word or "?" in word
        is_bounded = (is_alone and word == text.strip()) or _neighbours(text, match) in DELIMITERS
        if not is_form or (is_bounded and whole_address(plain) and not is_form_field(plain)):
            if plain != word:
                yield plain, is_bounded and not is_form_field(plain)
            continue
        for part in _FORM.split(word):
            # A form writes a blank as a plus sign, and a plus sign as %2B.
            plain = unquote_plus(part) if "%40" in part else unquote(part)
            if plain != part:
                yield plain, not is_form_field(plain)


def _neighbours(text: str, match: re.Match[str]) -> tuple[str, str]:
    start, end = match.span()
    return text[max(start - 1, 0) : start], text[end : end + 1]
