"""Classify the keys of amounts: the row's own amount, or the total of the order."""

from __future__ import annotations

import re

_TOTAL = re.compile(r"(^|[.])(c?order|total_?[a-z])[a-z_]*$")
_MINOR = re.compile(r"_(cents|minor)$")


def names_order_total(alias: str | None) -> bool:
    """Return whether a key names the order's own total: it is the same in every row of the order."""
    return alias is not None and _TOTAL.search(_MINOR.sub("", alias.lower())) is not None
