"""Receipt numbers that look random and never repeat."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_PAIRS = ["".join(pair) for pair in product(_DIGITS, repeat=2)]
_BASE = len(_PAIRS)
_SPACE = _BASE**4
# Coprime with 36 (odd, and no multiple of 3), so stepping by it visits every number once.
_STEP = 1_618_033_988_747 % _SPACE


class Receipts:
    """A permutation of all eight-character receipts.

    Args:
        rng: Draws its start.
    """

    def __init__(self, rng: Random) -> None:
        self._at = rng.randrange(_SPACE)

    def take(self) -> str:
        """Return a receipt that this object has not returned before."""
        self._at = (self._at + _STEP) % _SPACE
        high, low = divmod(self._at, _BASE * _BASE)
        return _PAIRS[high // _BASE] + _PAIRS[high % _BASE] + _PAIRS[low // _BASE] + _PAIRS[low % _BASE]
