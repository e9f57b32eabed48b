"""How a model is refreshed when only some of its inputs' rows changed, as its header says.

::

    -- refresh by: report_date
    -- from fct_sales: sold_date as report_date
    -- affected by fct_refunds: select report_date from other, changed where changed.receipt = other.receipt
    -- reads int_rate_days: entered_date in (select keys.report_date - 1 from keys)

``refresh by`` names columns of the model (the refresh key, never NULL). The promise behind it: the model's rows
with one value of the refresh key depend only on the input rows with that value. ``from`` says which input columns
hold it, where they are not named like it. An input without those columns is read whole; ``affected by`` then says
which values of the refresh key its changed rows touch, and without it any change rebuilds the model. ``reads`` bounds
what is read of such an input for some values of the key (relation ``keys``), as for a window of days; what the SELECT
then gives for other values is left out. A model without ``refresh by`` is rebuilt whenever an input changed: right for
what is small.

The same SELECT serves "these keys" and "all keys": an incremental run differs only in that the inputs are filtered.
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
    """The refresh key of a model and where its inputs hold it.

    Attributes:
        columns: The refresh key; empty when the model is always rebuilt whole.
        mappings: For each input that names it differently, the input's column for each column of the refresh key.
        affected: For each input read whole, the query for the values its changed rows (relation ``changed``) touch.
        reads: For inputs not to read whole, the condition on the rows that some values (relation ``keys``) need.
    """

    columns: tuple[str, ...] = ()
    mappings: dict[str, dict[str, str]] = field(default_factory=dict)
    affected: dict[str, str] = field(default_factory=dict)
    reads: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_header(cls, lines: list[str]) -> RefreshRule:
        """Read the rule out of a header's lines.

        Raises:
            ValueError: A line is not understood.
        """
        columns: tuple[str, ...] = ()
        mappings: dict[str, dict[str, str]] = {}
        affected: dict[str, str] = {}
        reads: dict[str, str] = {}
        for line in lines:
            if found := _REFRESH.match(line):
                columns = tuple(part.strip() for part in found[1].split(","))
            elif found := _FROM.match(line):
                mappings[found[1]] = column_pairs(found[2])
            elif found := _AFFECTED.match(line):
                affected[found[1]] = found[2]
            elif found := _READS.match(line):
                reads[found[1]] = found[2]
        return cls(columns, mappings, affected, reads)

    def mapping(self, relation: str, available: frozenset[str]) -> tuple[str, ...] | None:
        """Return the input's columns that hold the refresh key, in its order; None when the input is read whole.

        Args:
            relation: The input.
            available: The columns it has.
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
