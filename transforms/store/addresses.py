"""E-mail addresses in a string: where one begins and ends. Pure, and linear in the length of the string.

A string that as a whole is an address is that address, with every character that RFC 5322 allows: ``o'brien@x`` and
``a&brien@x`` never name ``brien@x``. The same holds between ``"`` and ``"``, and between ``<`` and ``>``. Only inside
longer text do separators count, and the longest legal reading comes first.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# RFC 5321 allows 64 octets, and reply tokens of some senders are longer.
LONGEST_LOCAL = 128
_LOCAL = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]"
_LABEL = r"[A-Za-z0-9\u0080-\u2018\u201a-\U0010ffff]++"  # without U+2019, the closing quotation mark
_DOMAIN = rf"{_LABEL}(?:[-_]++{_LABEL})*+(?:\.{_LABEL}(?:[-_]++{_LABEL})*+)*+"
# The domain is looked at, not taken: in a@b@c it is the local part of the next address.
_ADDRESS = re.compile(rf"(?<!{_LOCAL})({_LOCAL}++)@(?=({_DOMAIN}))")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
# An apostrophe as word processors write it; it belongs to a name as the straight one does.
_APOSTROPHE = "\N{RIGHT SINGLE QUOTATION MARK}"
# The character for bytes that are no text.
_UNREADABLE = "\N{REPLACEMENT CHARACTER}"
# Separators inside longer text; an ampersand is one only where a form's "=" or "?" is before it.
SEPARATORS = "=?/|{}`"
# Legal characters with which no address of a person begins.
_LEADING = SEPARATORS + "&'!#*~^%-+." + _APOSTROPHE
# Legal first characters, which are punctuation where the same one follows the address.
_PAIRED = "_$"
PUNCTUATION = _LEADING + _PAIRED
DELIMITERS = {('"', '"'), ("<", ">"), (">", "<")}
_FORM_FIELD = re.compile(r"[\w.\[\]-]+=")


def normalised(address: str) -> str:
    """Return the form in which addresses are compared: without case, and without full stops at either end."""
    return unicodedata.normalize("NFC", address.casefold()).strip(".")


def whole_address(text: str) -> str | None:
    """Return the address that a string is as a whole, normalised; None when it is no address or holds more."""
    stripped = _spaced(text).strip()
    match = _ADDRESS.match(stripped)
    if match is None or stripped[match.end(2) :] not in {"", "."} or not _is_legal(match[1]):
        return None
    return _joined(match[1], match[2])


def is_form_field(text: str) -> bool:
    """Tell whether a string begins as a field of a form does: a name and an equals sign."""
    return _FORM_FIELD.match(text.lstrip()) is not None


def addresses(text: str, *, is_alone: bool = True) -> Iterator[tuple[str, ...]]:
    """Yield the readings of each address in a string, normalised: the longest first, the likeliest last.

    Args:
        text: The string.
        is_alone: Whether it may be an address as a whole; a word of a longer text may not.
    """
    if "@" not in text:
        return
    text = _spaced(text).strip()
    for match in _ADDRESS.finditer(text):
        start, end = match.start(), match.end(2)
        before, after = text[max(start - 1, 0) : start], text[end : end + 1]
        is_whole = not before and text[end : end + 2] in {"", "."} and is_alone
        is_bounded = is_whole or (before, after) in DELIMITERS
        readings = [match[1]] if is_bounded else _readings(match[1], after)
        if legal := [_joined(local, match[2]) for local in readings if _is_legal(local)]:
            yield tuple(legal)


def possible_addresses(text: str) -> Iterator[str]:
    """Yield more than every reading of every address, whatever is around it: for a quick test that misses none."""
    if "@" not in text:
        return
    text = _spaced(text)
    for match in _ADDRESS.finditer(text):
        local, start = match[1], max(0, len(match[1]) - LONGEST_LOCAL)
        starts = {start} | {at for at in range(start, len(local)) if at and local[at - 1] in PUNCTUATION}
        if local[0] in "bfnrt" and text[max(match.start() - 1, 0) : match.start()] == "\\":
            starts.add(1)  # the letter may be that of an escape
        for at in starts:
            if _is_legal(local[at:]):
                yield _joined(local[at:], match[2])


def _readings(local: str, after: str) -> list[str]:
    """Return the readings of a local part inside longer text, the longest first."""
    has_form = False
    cuts = [0]
    for at, mark in enumerate(local, 1):
        if mark in SEPARATORS or (mark == "&" and has_form):
            cuts.append(at)
        has_form = has_form or mark in "=?"
    near = [at for at in cuts if len(local) - at <= LONGEST_LOCAL]
    leading = _LEADING + (after if after and after in _PAIRED else "")
    core = local[cuts[-1] :].lstrip(leading)
    return list(dict.fromkeys([*(local[at:] for at in near), core]))


def _is_legal(local: str) -> bool:
    return len(local) <= LONGEST_LOCAL and bool(local.strip("."))


def _joined(local: str, domain: str) -> str:
    return normalised(f"{local}@{domain}")


def _spaced(text: str) -> str:
    """Return a text with a blank for each character outside ASCII that no address holds: punctuation and blanks."""
    return text if text.isascii() else _NOT_ASCII.sub(_blank_or_same, text)


def _blank_or_same(match: re.Match[str]) -> str:
    mark = match[0]
    is_blank = mark == _UNREADABLE or (unicodedata.category(mark)[0] in "PZC" and mark != _APOSTROPHE)
    return " " if is_blank else mark
