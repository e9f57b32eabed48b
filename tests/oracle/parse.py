"""Parse the bytes of a body into one JSON object, or return the first fault in a fixed order.

The order: `empty`, `bom`, `not_utf8`, `too_deep`, `bad_json`, `bad_number`, `non_finite`, `duplicate_key`,
`not_object`.
Half of an escaped character is U+FFFD.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from typing import Any

MAX_DEPTH = 64
MAX_DIGITS = 4300
DOUBLE_DIGITS = 15
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class JsonNumber:
    """A number as text without the loss of a digit: a double's own spelling up to 15 digits, else the sender's.

    The spelling matters only where a number serves as a name: 1.50 and 1.5 are the same receipt.
    """

    text: str


@dataclass
class _Faults:
    found: set[str] = field(default_factory=set)

    def integer(self, text: str) -> JsonNumber:
        if len(text.lstrip("-")) > MAX_DIGITS:
            self.found.add("bad_number")
        return JsonNumber("0" if text == "-0" else text)

    def real(self, text: str) -> JsonNumber:
        if math.isinf(float(text)):
            self.found.add("non_finite")
        digits = re.sub("[eE].*|[-.]", "", text).lstrip("0")
        return JsonNumber(text if len(digits) > DOUBLE_DIGITS else repr(float(text)))

    def constant(self, text: str) -> JsonNumber:
        self.found.add("non_finite")
        return JsonNumber(text)

    def pairs(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in pairs}) < len(pairs):
            self.found.add("duplicate_key")
        return {_whole(key): _whole(_without_nil(value)) for key, value in pairs}


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
    if _is_too_deep(text):
        return "too_deep"
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
    for verdict in ("bad_number", "non_finite", "duplicate_key"):
        if verdict in faults.found:
            return verdict
    return value if isinstance(value, dict) else "not_object"


def _is_too_deep(text: str) -> bool:
    """Return whether a bracket opens level 65, even if the text has other faults."""
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(text):
        token = match.group()
        if token in ("[", "{"):
            depth += 1
        elif token in ("]", "}"):
            depth -= 1
        if depth > MAX_DEPTH:
            return True
    return False


def _whole(value: Any) -> Any:
    """Replace halves of characters; objects below have already been read by `pairs`."""
    if isinstance(value, list):
        return [_whole(element) for element in value]
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", value) if isinstance(value, str) else value


def _without_nil(value: Any) -> Any:
    """Read the Orders API's spelling of null; `pairs` has already read the objects below."""
    if isinstance(value, list):
        return [_without_nil(element) for element in value]
    return None if value in ({"@nil": "true"}, {"@nil": True}) else value
