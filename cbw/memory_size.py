"""Amounts of memory as an operator writes them: ``300MB``, ``1.5 GB``, ``2GiB``."""

from __future__ import annotations

import re

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s?([MGT])(i?)B")


def bytes_of(text: str) -> int:
    """Return the bytes of a number with a unit of MB, GB or TB (or MiB, GiB or TiB).

    Raises:
        ValueError: The text is no such number.
    """
    found = _SIZE.fullmatch(text)
    if found is None:
        raise ValueError("must be a number with a unit of MB, GB or TB")
    number, unit, is_binary = found.groups()
    return int(float(number) * (1024 if is_binary else 1000) ** ("MGT".index(unit) + 2))
