"""Bodies that hold an address, in any spelling that a sender may give it."""

from __future__ import annotations

import json
from random import Random
from urllib.parse import quote

SHORT_ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\b": "\\b", "\f": "\\f", "/": "\\/", '"': '\\"'}
MUST_ESCAPE = {'"', "\\", *map(chr, range(32))}
# Text around an address that is no part of it: the first list before it, the second after it.
BEFORE = [
    "", " ", "\n", "\t", "\r\n", "note\n", "note\t", '"', "<", "(", "[", "mailto:", "to: ", ", ", "a;b;", "\\ ",
    "«", "“", "„", "\N{ZERO WIDTH SPACE}", "\N{NO-BREAK SPACE}", "é, ", "Ada <", "bob@example.com,", "x@y@ ",
]  # fmt: skip
AFTER = [
    "", " ", "\n", "\tnote", "\r\n", '"', ">", ")", "]", ",", ";b", ": yes", ". ", "!", "?", "»", "”", "\\",
    "\N{HORIZONTAL ELLIPSIS}", "\N{NO-BREAK SPACE}", ", bob@example.com", " x@y", "…", "'", "|b", "&x=1", "/",
]  # fmt: skip
# Separators, which count inside longer text only.
SEPARATED = [
    ("see https://example.org/?e=", "&x=1"), ("see https://example.org/u/", "/edit"), ("a|", "|b"), ("{", "}"),
    ("'", "'"), ("*", "*"), ("_", "_"), ("__", "__."), ("`", "`"), ("say 'it is ", "'"), ("email=", ", b=2"),
    ("email='", "'"), ("see #", " there"), ("~", "~"), ("see ?a=1&", "&b=2"), ("- ", "\n- b"), ("$", "$"),
    ("|| ", "||"), ("\N{LEFT SINGLE QUOTATION MARK}", "\N{RIGHT SINGLE QUOTATION MARK}"), ("say \\'", "\\' to"),
]  # fmt: skip


class Speller:
    """Writes texts in ways that a seed decides.

    Args:
        seed: The same one gives the same ways.
    """

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def spelt(self, address: str) -> str:
        """Return an address in upper or lower case, percent-encoded not at all, once or twice."""
        text = "".join(each.upper() if each.isascii() and self._heads() else each for each in address)
        for _ in range(self._random.randint(0, 2)):
            text = self._percent_encoded(text)
        return text

    def body(self, text: str) -> bytes:
        """Return a body that holds a string: as a value or a key, in JSON inside a string, or in no JSON at all."""
        for _ in range(self._random.randint(0, 2)):
            text = self._random.choice(['{{"note":{}}}', "[1,{}]", "{}"]).format(self._json_string(text))
        shape = self._random.choice(
            ['{{"x":{}}}', "{{{}:1}}", '{{"data":{{"x":["a",{}]}}}}', '{{"x":{},}}', "{}"]
        )
        return shape.format(self._json_string(text)).encode()

    def _heads(self) -> bool:
        return self._random.random() < 0.5

    def _percent_encoded(self, text: str) -> str:
        """Return a text as a URL holds it, with any further characters encoded."""
        encoded = "".join(
            "".join(f"%{byte:02X}" for byte in each.encode()) if self._heads() else quote(each, safe="@")
            for each in text
        )
        return encoded.lower() if self._heads() else encoded

    def _json_string(self, text: str) -> str:
        """Return a string as JSON, each character written in any way that JSON allows."""
        is_free = self._heads()
        ways = [self._random.choice(_ways(each)) if is_free else _ways(each)[0] for each in text]
        return '"' + "".join(ways) + '"'


def _ways(mark: str) -> list[str]:
    """Return the ways to write a character in a JSON string, the usual one first."""
    units = mark.encode("utf-16-be")
    escaped = "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
    plain = json.dumps(mark)[1:-1] if mark in MUST_ESCAPE else mark
    return [plain, plain, escaped, SHORT_ESCAPES.get(mark, plain)]
