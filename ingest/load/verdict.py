"""The one strict parser: it alone decides whether a body is JSON that SQL may touch.

DuckDB and Python disagree on trailing commas, NaN and which of two equal keys wins, so one of them has to give the
verdict once, at load. A body that fails here is still stored byte for byte; it is quarantined with the reason.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any

MAX_DEPTH = 64
MAX_INTEGER_DIGITS = 4300
# A decimal of up to 15 significant digits survives the trip through a double, and DuckDB's JSON reader makes one.
EXACT_DIGITS = 15

_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
# Half of a character, as where a sender cut a text inside an emoji: no text can hold it, and no encoding knows it.
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
# An unterminated string is taken to the end in one step: without that, a body of quotes costs quadratic time.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The strict parser's verdict on one body.

    Attributes:
        reason: The fault for which SQL must not read the body; None when it is a JSON object.
        document: The text SQL reads instead of the body; None unless a number needs more than a double to be exact,
            in which case that number is a string here, or a text holds half of a character, which is U+FFFD here.
    """

    reason: str | None
    document: str | None = None


def examine(body: bytes) -> Verdict:
    """Parse a body strictly.

    Args:
        body: The exact bytes received.

    Returns:
        The verdict; never raises, for any bytes. Of several faults the first in this order is named:
        ``empty bom not_utf8 too_deep bad_json bad_number non_finite duplicate_key not_object``.
    """
    if not body:
        return Verdict("empty")
    if body.startswith(_BOMS):
        return Verdict("bom")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return Verdict("not_utf8")
    if _is_too_deep(text):
        return Verdict("too_deep")
    return _Reader().read(text)


def _is_too_deep(text: str) -> bool:
    if text.count("{") + text.count("[") <= MAX_DEPTH:
        return False
    depth = 0
    for token in _TOKEN.finditer(text):
        mark = token[0][0]
        if mark in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif mark in "]}":
            depth -= 1
    return False


class _Reader:
    """One reading of one text, with the faults it meets."""

    def __init__(self) -> None:
        self.faults: set[str] = set()
        self.has_exact = False
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_float=self._float,
            parse_int=self._integer,
            parse_constant=self._constant,
        )

    def read(self, text: str) -> Verdict:
        try:
            value = self._decoder.decode(text)
        except json.JSONDecodeError:
            return Verdict("bad_json")
        for fault in ("bad_number", "non_finite", "duplicate_key"):
            if fault in self.faults:
                return Verdict(fault)
        if not isinstance(value, dict):
            return Verdict("not_object")
        if not self.has_exact and not _ESCAPED_SURROGATE.search(text):
            return Verdict(None)
        document, cut = _LONE_SURROGATE.subn(_REPLACEMENT, json.dumps(value, ensure_ascii=False))
        return Verdict(None, document if self.has_exact or cut else None)

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) != len(pairs):
            self.faults.add("duplicate_key")
        return made

    def _float(self, literal: str) -> float | str:
        value = float(literal)
        if math.isinf(value):
            self.faults.add("non_finite")
        if len(literal) > EXACT_DIGITS and _significant_digits(literal) > EXACT_DIGITS:
            self.has_exact = True
            return literal
        return value

    def _integer(self, literal: str) -> int:
        if len(literal.lstrip("-")) > MAX_INTEGER_DIGITS:
            self.faults.add("bad_number")
            return 0
        return int(literal)

    def _constant(self, _literal: str) -> float:
        self.faults.add("non_finite")
        return 0.0


def _significant_digits(literal: str) -> int:
    mantissa = re.split("[eE]", literal, maxsplit=1)[0]
    return len(mantissa.lstrip("-").replace(".", "").lstrip("0"))
