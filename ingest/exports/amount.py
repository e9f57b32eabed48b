"""The amounts of exports: one spelling for each, and a decimal comma is refused, never guessed."""

from __future__ import annotations

import re
from decimal import Decimal

_PLAIN = re.compile(r"[+-]?\$?(\d*[.]?\d+|\d+[.])([eE][+-]?\d{1,2})?|\$[+-]?\d*[.]?\d+")
_GROUPED = re.compile(r"([+-]?\$?|\$[+-]?)[1-9]\d{0,2}(,\d{3})+([.]\d+)?")


def amount_of(text: str) -> str:
    """Return an amount without zeros at its end: ``20.00``, ``20`` and ``$20.0`` are one.

    Raises:
        ValueError: It is no amount, or a comma in it may be a decimal one.
    """
    if not (_PLAIN.fullmatch(text) or _GROUPED.fullmatch(text)):
        raise ValueError(text)
    number = Decimal(re.sub(r"[$,]", "", text)).normalize()
    return f"{number + 0:f}"
