"""How much a slow suite tries: a slice in every run, all of it in the long form."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

Case = TypeVar("Case")

IS_LONG = "CBW_LONG" in os.environ


def amount(a_slice: int, all_of_it: int, variable: str = "CBW_EXAMPLES") -> int:
    """Return how many examples or rounds a suite tries.

    Args:
        a_slice: In every run.
        all_of_it: With ``CBW_LONG``, as `make test-long` sets it.
        variable: The environment variable that may name another number.
    """
    return int(os.environ.get(variable, all_of_it if IS_LONG else a_slice))


def some_of(cases: Iterable[Case], every: int) -> list[Case]:
    """Return the first of every few cases; with ``CBW_LONG``, as `make test-long` sets it, all of them."""
    return list(cases)[:: 1 if IS_LONG else every]
