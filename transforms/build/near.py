"""The places where rows with some keys are stored, as a query joins them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Near(NamedTuple):
    """Where rows with some keys stand.

    Attributes:
        key: The column of the key or of its hash.
        placed: For each table that is placed by it, its column of places.
        places: The relation of places.
    """

    key: str
    placed: Mapping[str, str]
    places: str

    def join(self, alias: str, table: str, columns: tuple[str, ...]) -> str:
        """Return the join that leaves out what stands elsewhere; empty for a table that is not placed by the key."""
        if columns != (self.key,) or table not in self.placed:
            return ""
        return f" semi join {self.places} as near on {alias}.{self.placed[table]} = near.place"


NOWHERE = Near("", {}, "")
"""Where no place is known: a table is looked through from end to end."""
