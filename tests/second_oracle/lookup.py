"""The first told value among a list of keys: the more specific key stands first in every list."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.second_oracle.coercion import flag_of, is_null, text_of


def value_at(data: Mapping[str, Any], path: str) -> Any:
    """Return the value at a dotted path; a number in the path is a place in a list."""
    value: Any = data
    for step in path.split("."):
        if isinstance(value, list):
            place = int(step) if step.isdigit() else len(value)
            value = value[place] if place < len(value) else None
        elif isinstance(value, dict):
            value = value.get(step)
        else:
            return None
    return value


def first(data: Mapping[str, Any], paths: Sequence[str]) -> tuple[str, Any] | None:
    """Return the first path whose value is told and a scalar, and that value."""
    for path in paths:
        value = value_at(data, path)
        if not is_null(value) and not isinstance(value, dict | list):
            return path, value
    return None


def first_value(data: Mapping[str, Any], paths: Sequence[str]) -> Any:
    """Return the first told scalar, or None."""
    match = first(data, paths)
    return None if match is None else match[1]


def first_text(data: Mapping[str, Any], paths: Sequence[str]) -> str | None:
    """Return the first told text, trimmed, or None."""
    for path in paths:
        value = value_at(data, path)
        if not is_null(value) and (text := text_of(value)):
            return text
    return None


def first_flag(data: Mapping[str, Any], paths: Sequence[str]) -> bool | None:
    """Return the first told flag, or None."""
    for path in paths:
        flag = flag_of(value_at(data, path))
        if flag is not None:
            return flag
    return None
