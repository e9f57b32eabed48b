"""The refresh rule of a model: which of its rows a refresh recomputes after some rows of its inputs changed.

::

    -- refresh by: report_date
    -- from fct_sales: sold_date as report_date
    -- affected by fct_refunds: select report_date from other, changed where changed.receipt = other.receipt
    -- reads int_rate_days: entered_date in (select keys.report_date - 1 from keys)

The rule is part of the model's header:

- ``refresh by`` names columns of the model, its refresh key, which is never NULL. It promises that the model's rows
  with one value of the refresh key depend only on the input rows with that value.
- ``from`` names an input's columns for the refresh key where their names differ. A refresh reads an input without
  these columns whole.
- ``affected by`` is a query for the values of the refresh key that the changed rows of such an input affect. Without
  it, any change of the input rebuilds the model.
- ``reads`` restricts such an input to the rows that some values of the key need (relation ``keys``), such as a window
  of days; the refresh discards the SELECT's rows with other values.

A refresh rebuilds a model without ``refresh by`` whenever an input changed, which suits a small model.

One SELECT serves "these keys" and "all keys": an incremental run differs only in that it filters the inputs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_FROM = re.compile(r"^from (\w+): *(.+)$")
_AFFECTED = re.compile(r"^affected by (\w+): *(.+)$")
_READS = re.compile(r"^reads (\w+): *(.+)$")
_REFRESH = re.compile(r"^refresh by: *(.+)$")
_PAIR = re.compile(r"^(\w+)(?: as (\w+))?$")


@dataclass(frozen=True)
class RefreshRule:
    """The refresh key of a model, and the columns of its inputs that hold it.

    Attributes:
        columns: The refresh key; empty for a model that every refresh rebuilds.
        mappings: For each input with other names, its column for each column of the refresh key.
        affected: For each input read whole, the query for the values that its changed rows (``changed``) affect.
        reads: For each restricted input, the condition on the rows that some values (``keys``) need.
    """

    columns: tuple[str, ...] = ()
    mappings: dict[str, dict[str, str]] = field(default_factory=dict)
    affected: dict[str, str] = field(default_factory=dict)
    reads: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_header(cls, lines: list[str]) -> RefreshRule:
        """Read the rule from the lines of a header.

        Raises:
            ValueError: A line is not understood.
        """
        columns: tuple[str, ...] = ()
        mappings: dict[str, dict[str, str]] = {}
        affected: dict[str, str] = {}
        reads: dict[str, str] = {}
        for line in lines:
            if match := _REFRESH.match(line):
                columns = tuple(part.strip() for part in match[1].split(","))
            elif match := _FROM.match(line):
                mappings[match[1]] = column_pairs(match[2])
            elif match := _AFFECTED.match(line):
                affected[match[1]] = match[2]
            elif match := _READS.match(line):
                reads[match[1]] = match[2]
        return cls(columns, mappings, affected, reads)

    def mapping(self, relation: str, available: frozenset[str]) -> tuple[str, ...] | None:
        """Return the columns of an input that hold the refresh key, in its order; None for an input to read whole.

        Args:
            relation: The input.
            available: The input's columns.
        """
        renamed = self.mappings.get(relation, {})
        columns = tuple(renamed.get(column, column) for column in self.columns)
        if not columns or relation in self.affected or not set(columns) <= available:
            return None
        return columns


def column_pairs(text: str) -> dict[str, str]:
    """Read ``column as name_here, other_column``; return the column for each name here.

    Raises:
        ValueError: A part is neither a column nor ``column as name_here``.
    """
    pairs = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        match = _PAIR.match(part)
        if match is None:
            raise ValueError(f"{part!r} is not 'column as name_here'")
        pairs[match[2] or match[1]] = match[1]
    return pairs
