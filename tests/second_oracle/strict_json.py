"""JSON, read so that a body has one meaning or none."""

import json
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn


class UnreadableError(ValueError):
    """A body that is no unambiguous JSON object; the text of the error is the quarantine's reason."""


def read_object(content: bytes) -> dict[str, Any]:
    """Read one JSON object: numbers are Decimal, a key may occur once, NaN and Infinity are no JSON.

    An escaped lone surrogate, the mark of a text cut inside an emoji, becomes U+FFFD: no event is lost for it.
    """
    try:
        value = json.loads(
            content.decode("utf-8"),
            object_pairs_hook=_object,
            parse_float=_number,
            parse_int=_number,
            parse_constant=_refuse_constant,
        )
    except UnreadableError:
        raise
    except (ValueError, RecursionError) as error:
        raise UnreadableError("invalid_json") from error
    if not isinstance(value, dict):
        raise UnreadableError("not_object")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for key, value in pairs:
        name = _mended(key)
        if name in members:
            raise UnreadableError("duplicate_key")
        members[name] = _mended_value(value)
    return members


def _mended_value(value: Any) -> Any:
    if isinstance(value, str):
        return _mended(value)
    if isinstance(value, list):
        return [_mended_value(element) for element in value]
    return value


def _mended(text: str) -> str:
    return "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in text)


def _number(literal: str) -> Decimal:
    try:
        return Decimal(literal)
    except InvalidOperation:  # an exponent beyond every clock and every purse
        return Decimal("Infinity")


def _refuse_constant(name: str) -> NoReturn:
    raise UnreadableError("invalid_json") from ValueError(name)
