"""Decide what the bytes of a body are: one JSON object, or the first fault in a fixed order.

The order: `empty`, `bom`, `not_utf8`, `bad_json`, `too_deep`, `bad_number`, `non_finite`, `bad_unicode`,
`duplicate_key`, `not_object`.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from typing import Any

MAX_DEPTH = 64
MAX_DIGITS = 4300
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class JsonNumber:
    """A number exactly as it was written: no digit is lost before the field's own rule reads it."""

    text: str


@dataclass
class _Faults:
    found: set[str] = field(default_factory=set)

    def integer(self, text: str) -> JsonNumber:
        if len(text.lstrip("-")) > MAX_DIGITS:
            self.found.add("bad_number")
        return JsonNumber(text)

    def real(self, text: str) -> JsonNumber:
        if math.isinf(float(text)):
            self.found.add("non_finite")
        return JsonNumber(text)

    def constant(self, text: str) -> JsonNumber:
        self.found.add("non_finite")
        return JsonNumber(text)

    def pairs(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in pairs}) < len(pairs):
            self.found.add("duplicate_key")
        for key, value in pairs:
            self.strings(key)
            self.strings(value)
        return dict(pairs)

    def strings(self, value: Any) -> None:
        """Note lone surrogates; objects below have already been seen by `pairs`."""
        if isinstance(value, str) and _SURROGATE.search(value):
            self.found.add("bad_unicode")
        elif isinstance(value, list):
            for element in value:
                self.strings(element)


def parse_body(body: bytes) -> dict[str, Any] | str:
    """Return the decoded object, or the verdict (a reason code) why there is none."""
    if not body:
        return "empty"
    if body.startswith(_BOMS):
        return "bom"
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return "not_utf8"
    return _parse_text(text)


def _parse_text(text: str) -> dict[str, Any] | str:
    deep_at = _first_bracket_too_deep(text)
    if deep_at is not None:
        return "too_deep" if _is_well_formed_up_to(text, deep_at) else "bad_json"
    faults = _Faults()
    try:
        value = json.loads(
            text,
            parse_int=faults.integer,
            parse_float=faults.real,
            parse_constant=faults.constant,
            object_pairs_hook=faults.pairs,
        )
    except json.JSONDecodeError:
        return "bad_json"
    faults.strings(value)
    for verdict in ("bad_number", "non_finite", "bad_unicode", "duplicate_key"):
        if verdict in faults.found:
            return verdict
    return value if isinstance(value, dict) else "not_object"


def _first_bracket_too_deep(text: str) -> int | None:
    """Return the position of the first bracket that opens level 65, if there is one."""
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(text):
        token = match.group()
        if token in ("[", "{"):
            depth += 1
        elif token in ("]", "}"):
            depth -= 1
        if depth > MAX_DEPTH:
            return match.start()
    return None


def _is_well_formed_up_to(text: str, position: int) -> bool:
    """Tell whether a value may stand at `position`: everything before it is sound JSON."""
    try:
        json.loads(text[:position] + "null", parse_int=str, parse_float=str)
    except json.JSONDecodeError as error:
        return error.pos > position
    return False
