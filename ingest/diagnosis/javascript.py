"""JSON as JavaScript writes it: the result of ``JSON.stringify(JSON.parse(text))``."""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal
from typing import Any

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_ARRAY_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")
# Beyond these bounds JavaScript writes an exponent.
_MOST_DIGITS = 21
_LEAST_EXPONENT = -6


def parse(text: bytes) -> Any:
    """Return the value of a JSON text, with every number a float as it is in JavaScript.

    Raises:
        ValueError: It is not JSON, or not UTF-8.
        RecursionError: It is nested too deeply.
    """
    return json.loads(text.decode("utf-8"), parse_int=float)


def stringify(value: Any, *, indent: str = "", sort_keys: bool = False) -> str:
    """Return the text that JSON.stringify writes for a value of `parse`.

    Args:
        value: The value.
        indent: The indentation of one level; empty for one line without spaces.
        sort_keys: Whether keys are sorted, as other languages do.
    """
    return _write(value, indent, sort_keys, "\n")


def _write(value: Any, indent: str, sort_keys: bool, line: str) -> str:  # noqa: FBT001 - passed through the recursion
    inner = line + indent
    if isinstance(value, dict):
        colon = ": " if indent else ":"
        keys = sorted(value) if sort_keys else _in_javascript_order(value)
        parts = [f"{_quote(key)}{colon}{_write(value[key], indent, sort_keys, inner)}" for key in keys]
        return _enclose("{}", parts, indent, line)
    if isinstance(value, list):
        return _enclose("[]", [_write(item, indent, sort_keys, inner) for item in value], indent, line)
    if isinstance(value, float):
        return _number(value)
    return _quote(value) if isinstance(value, str) else json.dumps(value)


def _enclose(brackets: str, parts: list[str], indent: str, line: str) -> str:
    if not parts or not indent:
        return brackets[0] + ",".join(parts) + brackets[1]
    inner = line + indent
    return brackets[0] + inner + f",{inner}".join(parts) + line + brackets[1]


def _in_javascript_order(value: dict[str, Any]) -> list[str]:
    """Return keys that look like array indexes first, by number, then the others as they came."""
    indexes = [key for key in value if _ARRAY_INDEX.fullmatch(key) and int(key) < 2**32 - 1]
    return sorted(indexes, key=int) + [key for key in value if key not in indexes]


def _quote(text: str) -> str:
    quoted = json.dumps(text, ensure_ascii=False)
    return _LONE_SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


def _number(value: float) -> str:
    """Return the shortest digits that give the same double, laid out as JavaScript lays them out."""
    if not math.isfinite(value):
        return "null"
    if value == 0:
        return "0"
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    text, point = "".join(map(str, digits)), len(digits) + int(exponent)
    return ("-" if sign else "") + _lay_out(text, point)


def _lay_out(digits: str, point: int) -> str:
    if len(digits) <= point <= _MOST_DIGITS:
        return digits + "0" * (point - len(digits))
    if 0 < point <= _MOST_DIGITS:
        return f"{digits[:point]}.{digits[point:]}"
    if _LEAST_EXPONENT < point <= 0:
        return "0." + "0" * -point + digits
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{fraction}e{point - 1:+d}"
