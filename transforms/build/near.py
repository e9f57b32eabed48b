"""The places of rows with some keys, as a query joins them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Near(NamedTuple):
    """The places of rows with some keys; see `transforms.build.places`.

    Attributes:
        key: The column of the key or of its hash.
        placed: The column of places of each table that is placed by the key.
        places: A relation of places.
    """

    key: str
    placed: Mapping[str, str]
    places: str

    def join(self, alias: str, table: str, columns: tuple[str, ...]) -> str:
        """Return the semi-join with the places; empty for a table that is not placed by the key."""
        if columns != (self.key,) or table not in self.placed:
            return ""
        return f" semi join {self.places} as near on {alias}.{self.placed[table]} = near.place"


NO_PLACES = Near("", {}, "")
"""No place is known: DuckDB scans the key's columns of the whole table."""
